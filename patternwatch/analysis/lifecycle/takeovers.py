"""One takes over from another: a track of an application from the last one, a machine from an older one.

Source: M. Fowler, "BlueGreenDeployment"; Argo Rollouts, "BlueGreen Deployment": the new track is started,
tried, given the traffic, and the old one is ended a while later. So are the machines of a group that is
renewed (Amazon EC2 Auto Scaling, "Instance refresh"; Google Cloud, "maxSurge" of managed instance groups).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from patternwatch.analysis.lifecycle.replica import Group
from patternwatch.analysis.lifecycle.tracks import application
from patternwatch.analysis.lifecycle.turnover import APART_ROWS, REPLACED, Turnover
from patternwatch.contracts.subject import Place

MACHINE = "node"


def with_takeovers(
    turnovers: Iterable[Turnover], groups: Sequence[Group], place_of: Callable[[str], Place]
) -> list[Turnover]:
    """The same, where an end as a whole for which another track had begun in time is a rollout.

    So is the beginning of that track. What was there all along takes nothing over: of three versions side
    by side one that is gone is missed. Nor does a track of another cluster or namespace. A machine is
    replaced where another one of the same scrape jobs had begun shortly before it ended: after a crash it
    comes later.

    groups    those of the request to which something happened
    place_of  where the entity of a name lies

    >>> from patternwatch.analysis.lifecycle.replica import Replica, Teller
    >>> def track(name: str, gone: int | None, born: int | None) -> Group:
    ...     told = {"job": Teller(6, gone, born, None, None)}
    ...     return Group(name, "", frozenset(), [Replica("0", "", told)])
    >>> blue, green = track("cart-blue", 250, None), track("cart-green", None, 230)
    >>> ended = Turnover("ended", blue, 250, 250, blue.replicas, 1, 1.0)
    >>> began = Turnover("began", green, 230, 230, green.replicas, 0, 0.3)
    >>> found = with_takeovers([ended, began], [blue, green], lambda name: ("", "", "shop"))
    >>> [(t.kind, t.weight) for t in found]
    [('rollout', 0.0), ('began', 0.0)]
    """
    found, taking = list(turnovers), set[str]()
    began = defaultdict[tuple[str, Place], list[tuple[str, int]]](list)
    for group in groups:
        name = group.entity
        born = [(name, r.born) for r in group.replicas if r.born is not None and r.gone is None]
        began[application(name), place_of(name)] += born
    for i, turnover in enumerate(found):
        if turnover.kind != "ended":
            continue
        name = turnover.group.entity
        tracks = began[application(name), place_of(name)]
        heirs = [heir for heir, born_at in tracks if heir != name and born_at <= turnover.last]
        if heirs and len(heirs) >= REPLACED * len(turnover.replicas):
            found[i] = replace(turnover, kind="rollout", weight=0.0)
            taking.update(heirs)
    for i, heir in _renewed_machines(found, groups, place_of):
        found[i] = replace(found[i], kind="replaced", weight=0.0)
        taking.add(heir)
    return [replace(t, weight=0.0) if t.kind == "began" and t.group.entity in taking else t for t in found]


def _renewed_machines(
    turnovers: Sequence[Turnover], groups: Sequence[Group], place_of: Callable[[str], Place]
) -> list[tuple[int, str]]:
    """The machines that ended, by position, each with the one that had begun for it."""
    begun = sorted(
        (born, group.entity, _told_by(group))
        for group in groups
        if group.kind == MACHINE and (born := _born(group)) is not None
    )
    ended = sorted(
        (turnover.row, i)
        for i, turnover in enumerate(turnovers)
        if turnover.kind == "ended" and turnover.group.kind == MACHINE
    )
    found = []
    for row, i in ended:
        group = turnovers[i].group
        for heir in begun:
            born, name, jobs = heir
            is_near = row - APART_ROWS <= born <= row
            if is_near and jobs == _told_by(group) and place_of(name) == place_of(group.entity):
                found.append((i, name))
                begun.remove(heir)
                break
    return found


def _born(group: Group) -> int | None:
    """The row at which a machine began that lives; None where it was there before."""
    rows = [r.born for r in group.replicas if r.gone is None]
    return None if not rows or None in rows else min(row for row in rows if row is not None)


def _told_by(group: Group) -> list[str]:
    return sorted({job for replica in group.replicas for job in replica.tellers})
