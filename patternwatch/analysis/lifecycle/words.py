"""What ended or began, in words."""

from collections.abc import Iterable, Mapping, Sequence

from patternwatch.analysis.identity.exporters import TOLD_FROM_OUTSIDE
from patternwatch.analysis.lifecycle.restarts import Anew
from patternwatch.analysis.lifecycle.takeovers import MACHINE
from patternwatch.analysis.lifecycle.turnover import Turnover
from patternwatch.analysis.verdict import clock
from patternwatch.contracts.lives import LOST, LifeEvent
from patternwatch.contracts.series import Window

_SHOWN_NAMES = 3


def event_of(turnover: Turnover, window: Window) -> LifeEvent:
    """What happened to one workload.

    >>> from patternwatch.analysis.lifecycle.replica import Group, Replica, Teller
    >>> cart = Replica("cart-0", "", {"cart": Teller(6, 3, None, None, None)})
    >>> group = Group("cart", "", frozenset(), [cart])
    >>> window = Window(start_ms=0, split_ms=3_000, end_ms=9_000, step_ms=1000)
    >>> event_of(Turnover("ended", group, 3, 3, [cart], 1, 1.0), window).text
    'cart ended: all 6 of its series stopped at 00:00:03 UTC'
    """
    at_ms, until_ms = (window.start_ms + row * window.step_ms for row in (turnover.row, turnover.last))
    group, n = turnover.group, len(turnover.replicas)
    return LifeEvent(
        kind=turnover.kind,
        entity=group.entity,
        at_ms=at_ms,
        until_ms=until_ms if until_ms > at_ms else None,
        series=sum(r.series for r in turnover.replicas),
        of_series=sum(r.series for r in group.replicas),
        replicas=n,
        of_replicas=turnover.of,
        names=names_of([r.name for r in turnover.replicas]),
        text=f"{group.entity} {what_happened(turnover)} {when(at_ms, until_ms)}",
        is_trouble=turnover.kind in LOST and turnover.weight > 0.0,
    )


def what_happened(turnover: Turnover) -> str:
    """What the workload's replicas did, a verb and more, without the time.

    >>> from patternwatch.analysis.lifecycle.replica import Group, Replica, Teller
    >>> cart = [Replica(f"cart-{n}", "", {"cart": Teller(6, 3, None, None, None)}) for n in range(3)]
    >>> group = Group("cart", "", frozenset(), cart)
    >>> what_happened(Turnover("part_ended", group, 3, 3, cart[:1], 3, 0.6))
    'lost 1 of its 3 replicas (cart-0), and none came in its place: the series stopped'
    """
    if turnover.kind in LOST:
        return _trouble(turnover)
    n, of, some = len(turnover.replicas), turnover.of, _some(turnover)
    if turnover.kind == "replaced" and turnover.group.kind == MACHINE:
        return "was replaced: another machine had begun before it ended"
    if turnover.kind == "scaled_in" and turnover.group.kind == MACHINE:
        return "was taken away on purpose: it had been drained, or its group was told to let one go"
    said = {
        "rollout": f"was rolled out: {n} of {of} replicas ended and others began",
        "replaced": f"had {some} replaced by others",
        "scaled_in": f"was scaled {_in(turnover)} by its specification: {n} of {of} replicas ended",
        "scaled_out": f"was scaled out: {n} replicas began beside {of}",
        "job_finished": f"finished: a task that is made to end ({n} of them)",
        "came_and_went": f"had {n} more beside its {of - n} replicas for a while ({_named(turnover)})",
        "relabelled": f"goes on under other labels: the series of {some} ended and began again",
        "began": f"began: all {_series(turnover)} of its series are new",
        "usual": f"ended as often before: {n} of {of} replicas",
    }
    return said[turnover.kind]


def _in(turnover: Turnover) -> str:
    return "in" if len(turnover.replicas) < len(turnover.group.replicas) else "to nothing"


def _trouble(turnover: Turnover) -> str:
    replicas, some = turnover.replicas, _some(turnover)
    n, series = len(replicas), _series(turnover)
    down = all(r.down is not None for r in replicas)
    if turnover.kind == "ended":
        whole = f"all {series} of its series" if series > 1 else "its one series"
        where = f" in {n} replicas" if n > 1 else ""
        asked = ", and scrapes of it fail (up is 0)" if down else ""
        return f"ended: {whole}{where} stopped{asked}"
    if turnover.kind == "part_ended":
        asked = "scrapes of it fail (up is 0) and " if down else ""
        came = "none came in its place" if n == 1 else "no others came in their place"
        return f"lost {some}, and {came}: {asked}the series stopped"
    silent = {job for r in replicas for job, t in r.tellers.items() if t.gone is not None}
    others = {job for r in replicas for job in r.tellers} - silent
    verb = "reports" if len(others) == 1 else "report"
    lives = not others or any(TOLD_FROM_OUTSIDE not in job for job in others)
    aside = "" if lives else ", which does not ask it,"
    still = f", while {_jobs(others)}{aside} still {verb} it" if others else ""
    where = f" in {some}" if any(r.name for r in replicas) else ""
    stopped = "that exporter, or what it asks," if lives else "its series"
    return f"is no longer reported by {_jobs(silent)}{where}{still}: {stopped} stopped"


def _jobs(names: Iterable[str]) -> str:
    """Scrape jobs by name, the first few."""
    named = [repr(name) if name else "without a name" for name in sorted(names)]
    more = [f"{len(named) - _SHOWN_NAMES} more"] if len(named) > _SHOWN_NAMES else []
    told = [*named[:_SHOWN_NAMES], *more]
    return (
        f"job{'s' if len(named) > 1 else ''} {' and '.join(filter(None, (', '.join(told[:-1]), told[-1])))}"
    )


def _some(turnover: Turnover) -> str:
    n = len(turnover.replicas)
    if turnover.of == 1:
        return f"its one replica ({_named(turnover)})" if turnover.replicas[0].name else "its one replica"
    return f"{n} of its {turnover.of} replicas ({_named(turnover)})"


def _named(turnover: Turnover) -> str:
    """The replicas by name, the first few."""
    named = ", ".join(names_of([r.name for r in turnover.replicas]))
    return f"{named}{', ...' if len(turnover.replicas) > _SHOWN_NAMES else ''}"


def _series(turnover: Turnover) -> int:
    return sum(r.series for r in turnover.replicas)


def when(at_ms: int, until_ms: int) -> str:
    """At a time, or from one to another.

    >>> when(0, 0), when(0, 60_000)
    ('at 00:00:00 UTC', 'from 00:00:00 UTC to 00:01:00 UTC')
    """
    return f"at {clock(at_ms)}" if until_ms <= at_ms else f"from {clock(at_ms)} to {clock(until_ms)}"


def restart_event_of(entity: str, starts: Mapping[str, Anew], of: int, since: int) -> LifeEvent:
    """That replicas of one entity were started anew in their place.

    starts  by replica; the empty name is the entity itself
    of      how many replicas it has, 0 where that is not known
    since   row from which on it is trouble where one ended by itself or was killed

    >>> restart_event_of("cart", {"cart-1:80": Anew(240, 1000), "cart-2:80": Anew(243, 4000)}, 3, 0).text
    'cart was restarted in 2 of its 3 replicas (cart-1:80, cart-2:80) from 00:00:01 UTC to 00:00:04 UTC'
    """
    # whole seconds, as they are shown
    first, last = (find(anew.at_ms for anew in starts.values()) // 1000 * 1000 for find in (min, max))
    n, of = len(starts), max(of, len(starts))
    names = names_of([name for name in starts if name])
    more = ", ..." if n > _SHOWN_NAMES else ""
    where = f" in {n} of its {of} replicas ({', '.join(names)}{more})" if of > 1 else ""
    reasons = ", ".join(sorted({anew.reason for anew in starts.values() if anew.reason}))
    return LifeEvent(
        kind="restarted",
        entity=entity,
        at_ms=first,
        until_ms=last if last > first else None,
        series=0,
        of_series=0,
        replicas=n,
        of_replicas=of,
        names=names,
        text=f"{entity} was restarted{where} {when(first, last)}{f' ({reasons})' if reasons else ''}",
        is_trouble=any(anew.is_exit and anew.row >= since for anew in starts.values()),
    )


def names_of(names: Sequence[str]) -> list[str]:
    """The first few of these names.

    >>> names_of(["c", "a", "d", "b"])
    ['a', 'b', 'c']
    """
    return sorted(names)[:_SHOWN_NAMES]
