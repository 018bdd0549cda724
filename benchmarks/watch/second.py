"""Whether a cause that comes while an episode is open is told too, and no consequence of the first one.

kept    a fault, and ten minutes later one of another service, without calls between them: two reports
ended   the same, where the first one is over by then
grows   a fault that grows after ten minutes, and its callers feel it: one report
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.output import Result, progress
from benchmarks.watch.faults import Fault
from benchmarks.watch.felt import FELT_RATE
from benchmarks.watch.generated import GeneratedCluster
from benchmarks.watch.labels import service_name
from benchmarks.watch.metrics import DAY_ROWS
from benchmarks.watch.replay import LEARNED_DAYS, TICK_ROWS, Replay, Tick
from benchmarks.watch.sharp import LATER, NAMED, place_of
from benchmarks.watch.topology import Topology, drawn

SERIES = 1000
FIRST_ROW, APART_ROWS = 60, 200
LATER_ROWS, LASTS_ROWS, ENDED_ROWS = 20, 40, 16
"""From a fault to the next one, how long that lasts, and the first one where it is over by then."""
FIRST_KINDS, SECOND_KINDS = ("latency", "errors", "cpu hog"), ("kill", "errors", "latency", "cpu hog")
FORMS = ("kept", "ended", "grows")
SIZE, SMALL, LARGE = 3.0, 2.0, 5.0


@dataclass(frozen=True, slots=True)
class Pair:
    """Two faults, the second one of the same service where the first one grows."""

    form: str
    first: Fault
    second: Fault


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a pair: whether an opening names each, and how many openings there were too many."""

    pair: Pair
    first: bool
    second: bool
    too_many: int


def second_causes(seeds: list[int]) -> tuple[Result, list[Result]]:
    """The figures, and a row of each form."""
    found = [told for seed in seeds for told in _told_of(seed)]
    two = [told for told in found if told.pair.form != "grows"]
    rows = []
    for form in FORMS:
        mine = [told for told in found if told.pair.form == form]
        rows.append(
            {
                "form": form,
                "n": len(mine),
                "first_told": _part(mine, first=True),
                "second_told": None if form == "grows" else _part(mine, first=False),
                "too_many": sum(told.too_many for told in mine),
            }
        )
    figures = {
        "second_cause_told": _part(two, first=False),
        "second_cause_again": sum(told.too_many for told in found),
        "second_causes": len(two),
    }
    return figures, rows


def pairs_of(topology: Topology, seed: int) -> list[Pair]:
    """Pairs of one day, one after the other."""
    rng = np.random.default_rng([seed, 11])
    busy = np.flatnonzero(topology.rate >= FELT_RATE)
    begin, found = LEARNED_DAYS * DAY_ROWS, list[Pair]()
    for n, row in enumerate(range(begin + FIRST_ROW, begin + DAY_ROWS - APART_ROWS, APART_ROWS)):
        form, kind = FORMS[n % len(FORMS)], FIRST_KINDS[n // len(FORMS) % len(FIRST_KINDS)]
        service = int(rng.choice(busy))
        others = [one for one in busy.tolist() if not _calls(topology, service, one)]
        other = int(rng.choice(others))
        grows, then = form == "grows", row + LATER_ROWS
        rows = {"kept": LATER_ROWS + LASTS_ROWS, "ended": ENDED_ROWS, "grows": LATER_ROWS}[form]
        first = Fault(row, service, kind, SMALL if grows else SIZE, rows)
        second = Fault(then, other, SECOND_KINDS[n % len(SECOND_KINDS)], SIZE, LASTS_ROWS)
        found.append(Pair(form, first, Fault(then, service, kind, LARGE, LASTS_ROWS) if grows else second))
    return found


def _calls(topology: Topology, one: int, other: int) -> bool:
    """Whether one of them waits for the other, or is it."""
    of = (topology.callers(service) for service in (one, other))
    waiting = [{caller for hop in hops for caller in hop} for hops in of]
    return one == other or other in waiting[0] or one in waiting[1]


def _told_of(seed: int) -> list[Told]:
    pairs = pairs_of(drawn(SERIES, seed), seed)
    cluster = GeneratedCluster(SERIES, seed, [fault for pair in pairs for fault in (pair.first, pair.second)])
    [(_, ticks)] = Replay(cluster).days(1)
    found = [told_of(pair, ticks) for pair in pairs]
    progress(f"seed {seed}: {sum(told.second for told in found)} of {len(found)} later ones told")
    return found


def told_of(pair: Pair, ticks: list[Tick]) -> Told:
    """What the ticks of its day say of a pair."""
    first, second = pair.first, pair.second
    since = [n for n, tick in enumerate(ticks) if first.row - TICK_ROWS < tick.row < first.row + APART_ROWS]
    opened = [n for n in since if ticks[n].observation.opening]
    until = second.row + LATER * TICK_ROWS
    named = [_names(first.service, ticks[n : n + 2]) for n in opened if ticks[n].row < second.row - 1]
    later = [
        _names(second.service, ticks[n : n + 2]) for n in opened if second.row - 1 <= ticks[n].row < until
    ]
    expected = 1 if pair.form == "grows" else 2
    return Told(pair, any(named), any(later), max(len(opened) - expected, 0))


def _names(service: int, ticks: list[Tick]) -> bool:
    """Whether an opening names this service, or shows it among the first ones then or a tick later."""
    hurt, opening = {service_name(service)}, ticks[0].observation.opening
    assert opening is not None
    places = (place_of(hurt, tick) for tick in ticks)
    return opening.entity.rsplit("/", maxsplit=1)[-1] in hurt or any(0 < place <= NAMED for place in places)


def _part(told: list[Told], *, first: bool) -> float | None:
    return sum(one.first if first else one.second for one in told) / len(told) if told else None
