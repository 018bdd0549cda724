"""How often something opens in a cluster that has nothing: every such opening, with what it was."""

from dataclasses import dataclass

from benchmarks.output import Result, progress
from benchmarks.watch.generated import GeneratedCluster
from benchmarks.watch.lives import Event
from benchmarks.watch.metrics import DAY_ROWS, HOUR_ROWS
from benchmarks.watch.replay import Tick
from benchmarks.watch.runs import Run, run_of
from benchmarks.watch.seasons import NIGHTLY_HOUR, SUNDAY, WEEKLY_HOUR
from patternwatch.watch.episodes.observation import SeenSeries

AFTER_ROWS = 130
"""What happened within about an hour before is what it may have been."""
SERIES_SHOWN = 4
DEMO_SERIES, DEMO_DAYS = 600, 7
"""Of the small system that is left alone."""


@dataclass(frozen=True, slots=True)
class FalseOpening:
    """Something opened that was nothing."""

    seed: int
    tick: Tick
    what: str

    def row(self) -> Result:
        """As a row of the results."""
        opening = self.tick.observation.opening
        assert opening is not None
        seen = next((e for e in self.tick.observation.entities if e.name == opening.entity), None)
        series = seen.series[:SERIES_SHOWN] if seen else ()
        return {
            "seed": self.seed,
            "day": round(self.tick.row / DAY_ROWS, 3),
            "entity": opening.entity,
            "score": round(opening.score, 2),
            "what": self.what,
            "why": opening.why,
            "series": "; ".join(map(_shown, series)),
        }


def _shown(one: SeenSeries) -> str:
    name = " ".join(filter(None, (one.labels.get("__name__", ""), one.derivation)))
    return f"{name} {'up' if one.up else 'down'} {one.score:.1f}"


def quiet(
    series: int, days: int, seeds: list[int], fault_days: int = 0
) -> tuple[Result, list[Result], list[FalseOpening]]:
    """The figures, the rows of every false opening, and these themselves, over `days` days of each seed.

    fault_days  how many days with faults follow in the same run, for `sharp`
    """
    found, held, ticks = list[FalseOpening](), 0.0, 0
    for seed in seeds:
        run = run_of(series, seed, days, fault_days)
        mine, count = _openings(run), run.cluster.topology.series
        found += mine
        ticks += sum(not tick.observation.not_judged for tick in run.quiet)
        held += days * count
        progress(f"seed {seed}: {len(mine)} openings in {days} days of {count} series")
    weeks = held / 7 / 10_000
    figures = {
        "false_per_10k_week": len(found) / weeks,
        "false": len(found),
        "replayed_10k_days": held / 10_000,
        "judged_ticks": ticks,
    }
    return figures, [one.row() for one in found], found


def _openings(run: Run) -> list[FalseOpening]:
    return [
        FalseOpening(run.cluster.seed, tick, what_it_was(run.cluster, run.events, tick))
        for tick in run.quiet
        if tick.observation.opening
    ]


def what_it_was(cluster: GeneratedCluster, events: list[Event], tick: Tick) -> str:
    """The usual things that happened to this service, or to all, within the hour before."""
    of, opening = cluster.topology, tick.observation.opening
    assert opening is not None
    service = number_of(opening.entity, of.services)
    mine = {
        event.kind
        for event in events
        if event.service in (service, -1) and event.row <= tick.row + 4 <= event.row + AFTER_ROWS
    }
    hour, day = tick.row % DAY_ROWS / HOUR_ROWS, tick.row // DAY_ROWS
    if service >= 0:
        if of.nightly[service] and NIGHTLY_HOUR <= hour <= NIGHTLY_HOUR + 1:
            mine.add("nightly batch")
        if of.weekly[service] and day % 7 == SUNDAY and WEEKLY_HOUR <= hour <= WEEKLY_HOUR + 1.5:
            mine.add("weekly batch")
        if of.hourly[service]:
            mine.add("hourly job")
    if mine:
        return ", ".join(sorted(mine))
    if service < 0:
        return "a machine"
    busy = "under 0.2 requests/s" if of.rate[service] < 0.2 else f"{of.rate[service]:.1f} requests/s"
    return f"noise; {busy}, {of.replicas[service]} pods"


def number_of(entity: str, services: int) -> int:
    """The service of this entity, by its name; -1 for what is none.

    >>> number_of("svc012", 40), number_of("node003", 40)
    (12, -1)
    """
    digits = entity.rsplit("/", maxsplit=1)[-1].removeprefix("svc")
    return int(digits) if digits.isdigit() and int(digits) < services else -1


def quiet_weeks(seeds: list[int]) -> Result:
    """The most that opens in one week of a small system, one week a seed."""
    counts = list[int]()
    for seed in seeds:
        counts.append(len(_openings(run_of(DEMO_SERIES, seed, DEMO_DAYS))))
        progress(f"seed {seed}: {counts[-1]} openings in a week of {DEMO_SERIES} series")
    return {"quiet_week_reports": max(counts), "quiet_weeks": len(counts)}
