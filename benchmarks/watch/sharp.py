"""Which faults are seen, how soon, and whether the hurt service is named."""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from benchmarks.output import Result, progress
from benchmarks.watch.faults import KINDS, RESOURCE_ONLY, Fault
from benchmarks.watch.felt import felt_after
from benchmarks.watch.labels import service_name
from benchmarks.watch.replay import TICK_ROWS, Tick
from benchmarks.watch.runs import run_of

NAMED = 3
"""The hurt service is named where it is among so many of the strongest."""
SOON, LATER, RESOURCE_LATER = 3, 12, 10
"""Ticks from the fault's first row on."""
KILLS = ("kill",)


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of one fault.

    felt    ticks until users feel it, 0 for the tick that has the fault's first row; None: they never do
    ticks   until something opened, 1 for the tick that has the fault's first row; 0: nothing did
    place   of the hurt service among the strongest entities when it opened, or one tick later; 0: not named
    busy    something was open already when the fault began
    """

    fault: Fault
    felt: int | None
    ticks: int
    place: int
    busy: bool

    def within(self, ticks: int) -> bool:
        """Opened within so many ticks from its first row on, the hurt service named."""
        return 0 < self.ticks <= ticks and 0 < self.place <= NAMED

    def within_felt(self, ticks: int) -> bool:
        """The same from the row on in which users feel it, or before; it is a fault that they do feel."""
        return self.felt is not None and self.within(self.felt + ticks)


def sharp(series: int, days: int, seeds: list[int], quiet_days: int = 0) -> tuple[Result, list[Result]]:
    """The figures, a row for each seed, and for each kind and size, over `days` days full of faults.

    quiet_days  how many days without one come before in the same run, for `quiet`
    """
    seen, by_seed, besides = list[Seen](), list[Result](), 0
    for seed in seeds:
        run = run_of(series, seed, quiet_days, days)
        topology, faults, ticks = run.cluster.topology, run.cluster.faults, run.hurt
        mine = [seen_of(fault, felt_after(fault, topology), ticks, ticks[0].row) for fault in faults]
        seen += mine
        by_seed.append(_row(f"seed {seed}", None, [one for one in mine if one.fault.by_users]))
        besides += openings_besides(faults, ticks)
        progress(
            f"seed {seed}: {sum(one.within(LATER) for one in mine)} of {len(mine)} faults seen and named"
        )
    return figures_of(seen) | {"besides": besides}, by_seed + rows_of(seen)


def seen_of(fault: Fault, unfelt_rows: int | None, ticks: list[Tick], first: int) -> Seen:
    """What the ticks from row `first` on say of this fault, which nobody feels in so many rows."""
    begin = (fault.row - first) // TICK_ROWS
    felt = None if unfelt_rows is None else (fault.row + unfelt_rows - first) // TICK_ROWS - begin
    later = ticks[begin : begin + (felt or 0) + LATER]
    busy = begin > 0 and ticks[begin - 1].observation.open_goes_on
    for n, tick in enumerate(later):
        if tick.observation.opening:
            hurt = {service_name(fault.service)}
            places = [place_of(hurt, each) for each in ticks[begin + n : begin + n + 2]]
            return Seen(fault, felt, n + 1, min(filter(None, places), default=0), busy)
    return Seen(fault, felt, 0, 0, busy)


def place_of(services: Container[str], tick: Tick) -> int:
    """The first place of one of these services, from 1 on; 0 where none is among the entities."""
    names = [entity.name.rsplit("/", maxsplit=1)[-1] for entity in tick.observation.entities]
    return next((place for place, name in enumerate(names, start=1) if name in services), 0)


def openings_besides(faults: Iterable[Fault], ticks: list[Tick]) -> int:
    """Openings while no fault was there, nor had just ended."""
    hurt = [range(fault.row - TICK_ROWS, fault.row + fault.rows + 10) for fault in faults]
    rows = (tick.row for tick in ticks if tick.observation.opening)
    return sum(not any(row in each for each in hurt) for row in rows)


def figures_of(seen: list[Seen]) -> Result:
    """The figures by name; None where there was no such fault.

    >>> kill = Fault(0, 0, "kill", 2.0, 40)
    >>> figures = figures_of([Seen(kill, 0, 2, 1, False), Seen(kill, 0, 0, 0, False)])
    >>> figures["all_3"], figures["kills_3"], figures["first"], figures["resource_10"]
    (0.5, 0.5, 1.0, None)
    """
    by_users = [one for one in seen if one.fault.by_users]
    felt = [one for one in by_users if one.felt is not None]
    kills = [one for one in seen if one.fault.kind in KILLS]
    resources = [one for one in seen if one.fault.kind in RESOURCE_ONLY]
    opened = [one for one in by_users if one.ticks]
    return {
        "all_3": _share(by_users, SOON),
        "all_12": _share(by_users, LATER),
        "felt_3": _part(one.within_felt(SOON) for one in felt),
        "felt_12": _part(one.within_felt(LATER) for one in felt),
        "felt": len(felt),
        "first": sum(one.place == 1 for one in opened) / len(opened) if opened else None,
        "kills_3": _share(kills, SOON),
        "resource_10": _share(resources, RESOURCE_LATER),
        "faults": len(seen),
        "busy": sum(one.busy for one in seen),
    }


def _share(seen: list[Seen], ticks: int) -> float | None:
    return _part(one.within(ticks) for one in seen)


def _part(which: Iterable[bool]) -> float | None:
    each = list(which)
    return sum(each) / len(each) if each else None


def rows_of(seen: list[Seen]) -> list[Result]:
    """A row for each kind and size of fault."""
    rows = []
    for kind in KINDS:
        for size in sorted({one.fault.size for one in seen if one.fault.kind == kind}):
            mine = [one for one in seen if (one.fault.kind, one.fault.size) == (kind, size)]
            rows.append(_row(kind, size, mine))
    return rows


def _row(kind: str, size: float | None, mine: list[Seen]) -> Result:
    opened = sorted(one.ticks for one in mine if one.ticks)
    return {
        "kind": kind,
        "size": size,
        "n": len(mine),
        "within_3": _share(mine, SOON),
        "within_12": _share(mine, LATER),
        "median_ticks": opened[len(opened) // 2] if opened else None,
    }
