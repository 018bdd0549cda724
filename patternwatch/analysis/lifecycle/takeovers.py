"""One track of an application takes over from another: blue and green, a release under a name of its own.

Source: M. Fowler, "BlueGreenDeployment"; Argo Rollouts, "BlueGreen Deployment": the new track is started,
tried, given the traffic, and the old one is ended a while later.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from patternwatch.analysis.lifecycle.replica import Group
from patternwatch.analysis.lifecycle.tracks import application
from patternwatch.analysis.lifecycle.turnover import REPLACED, Turnover


def with_takeovers(turnovers: Iterable[Turnover], groups: Sequence[Group]) -> list[Turnover]:
    """The same, where an end as a whole for which another track had begun in time is a rollout.

    So is the beginning of that track. What was there all along takes nothing over: of three versions side
    by side one that is gone is missed.

    groups  of the request, those that nothing happened to included

    >>> from patternwatch.analysis.lifecycle.replica import Replica, Teller
    >>> def track(name: str, gone: int | None, born: int | None) -> Group:
    ...     told = {"job": Teller(6, gone, born, None, None)}
    ...     return Group(name, "", frozenset(), [Replica("0", "", told)])
    >>> blue, green = track("cart-blue", 250, None), track("cart-green", None, 230)
    >>> ended = Turnover("ended", blue, 250, 250, blue.replicas, 1, 1.0)
    >>> began = Turnover("began", green, 230, 230, green.replicas, 0, 0.3)
    >>> [(t.kind, t.weight) for t in with_takeovers([ended, began], [blue, green])]
    [('rollout', 0.0), ('began', 0.0)]
    """
    found, taking = list(turnovers), set[str]()
    began = [(g.entity, r.born) for g in groups for r in g.replicas if r.born is not None and r.gone is None]
    for i, turnover in enumerate(found):
        name = turnover.group.entity
        if turnover.kind != "ended":
            continue
        in_time = (heir for heir, born in began if heir != name and born <= turnover.last)
        heirs = [heir for heir in in_time if application(heir) == application(name)]
        if heirs and len(heirs) >= REPLACED * len(turnover.replicas):
            found[i] = replace(turnover, kind="rollout", weight=0.0)
            taking.update(heirs)
    return [replace(t, weight=0.0) if t.kind == "began" and t.group.entity in taking else t for t in found]
