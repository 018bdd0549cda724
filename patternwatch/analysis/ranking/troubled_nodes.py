"""Nodes that are found through their workloads: the pods on one changed or ended, those elsewhere did not."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from patternwatch.analysis.entities.entities import Entity, Ranked
from patternwatch.analysis.lifecycle.judgement import Lifecycle
from patternwatch.analysis.ranking.onset_evaluation import OnsetEvaluation
from patternwatch.contracts.severity import CLEAR_SCORE

_BEFORE_ROWS, _WITH_ROWS = 3, 10
"""Rows around the onset within which a node is lost that is its cause, as of a workload that ended."""
STRONG = 0.5
"""Part of the strongest score from which series, and workloads, count as changed; judgement."""
FOLLOW = 0.6
"""Part of the changed workloads that follow a node which is their cause; judgement."""
MIN_WORKLOADS = 2
"""Of one workload the trouble may be its own."""
_DECAY = 0.5
"""What another workload counts, relative to the one before it; as categories of one entity do."""


@dataclass(frozen=True, slots=True)
class TroubledNode:
    """A node with the workloads whose pods tell that it is the cause, the most suspicious first.

    name       as the cluster calls it
    workloads  entities of the report
    members    positions of their series on it
    kind       what it is: another kind where it is found alike (`new_neighbours`, `troubled_places`,
               `troubled_hosts`)
    """

    name: str
    workloads: Sequence[str]
    members: Sequence[int]
    kind: str = "node"


def troubled_node(evaluation: OnsetEvaluation, life: Lifecycle) -> TroubledNode | None:
    """The node that the trouble follows, None where it follows none.

    A node that was lost at the onset, with all of its pods; else one where of most changed workloads only the
    pods on it changed. Callers that have their trouble from a callee do not count.

    >>> from patternwatch.analysis.lifecycle.judgement import EventSeries
    >>> from patternwatch.analysis.ranking.best_onset import evaluate_onsets
    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> from patternwatch.contracts.shard_results import ShardResult
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> settings, now_ms = AnalysisSettings(), 1_760_000_010_000
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', now_ms - 600_000, None, "", settings, now_ms, "r1"
    ... )
    >>> quiet = ShardResult(shard_id="r1-0", number=0, of=1, request=request, votes=[0] * 300)
    >>> evaluation = evaluate_onsets(request.window, [quiet], settings)
    >>> troubled_node(evaluation, Lifecycle([], EventSeries.none(300), 0, 0)) is None
    True
    """
    if not evaluation.ranked:
        return None
    onset = evaluation.onset
    lost = [n for n in life.lost_nodes if onset - _BEFORE_ROWS <= n.row <= onset + _WITH_ROWS]
    if len(lost) == 1:
        pods = {r.name for r in lost[0].replicas}
        hurt = {g.entity for g in lost[0].groups}
        members = {
            r.entity.name: _on(evaluation, r, pods) for r in evaluation.ranked if r.entity.name in hurt
        }
        return _node(lost[0].name, members)
    return _sick(evaluation, life.nodes)


def node_first(ranked: Sequence[Ranked], node: TroubledNode | None) -> list[Ranked]:
    """The entities with this node: its own score, and those of its workloads, each half of what went before.

    So several workloads are evidence as several categories of one entity are.

    >>> ranked = [Ranked(Entity(name, "pod"), 4.0, (i,)) for i, name in enumerate(("cart", "web"))]
    >>> [(r.entity.name, r.score) for r in node_first(ranked, TroubledNode("n3", ["cart", "web"], [0, 1]))]
    [('n3', 6.0), ('cart', 4.0), ('web', 4.0)]
    """
    if node is None:
        return list(ranked)
    own = next((r for r in ranked if r.entity.name == node.name), None)
    if own is None:
        own = Ranked(Entity(node.name, node.kind, node.kind), 0.0, tuple(node.members))
    if node.kind == "host":  # to the labels it is a node, and no pods run on it
        own = replace(own, entity=replace(own.entity, kind=node.kind))
    scores = sorted((r.score for r in ranked if r.entity.name in node.workloads), reverse=True)
    lifted = replace(own, score=own.score + sum(score * _DECAY**k for k, score in enumerate(scores)))
    return sorted([lifted, *(r for r in ranked if r.entity.name != node.name)], key=lambda r: -r.score)


def _sick(evaluation: OnsetEvaluation, nodes: Mapping[str, Mapping[str, str]]) -> TroubledNode | None:
    """The node that most of the changed workloads follow which have pods on it and elsewhere."""
    best = evaluation.ranked[0].score
    if best < CLEAR_SCORE:
        return None
    followed: dict[str, dict[str, list[int]]] = defaultdict(dict)
    judged = 0
    for ranked in evaluation.ranked:
        pods = nodes.get(ranked.entity.name, {})
        if ranked.score < STRONG * best or len(set(pods.values())) < 2 or ranked.passed_on:
            continue
        changed = _on(evaluation, ranked, pods)
        if not changed:
            continue
        judged += 1
        own = {pods[evaluation.series.subjects[i].pod] for i in changed}
        if len(own) == 1:
            followed[own.pop()][ranked.entity.name] = changed
    node = max(sorted(followed), key=lambda name: len(followed[name]), default="")
    found = followed.get(node, {})
    if len(found) < max(MIN_WORKLOADS, FOLLOW * judged):
        return None
    return _node(node, found)


def _on(evaluation: OnsetEvaluation, ranked: Ranked, pods: Mapping[str, str] | set[str]) -> list[int]:
    """The entity's series of these pods that changed about as strongly as its strongest."""
    subjects = evaluation.series.subjects
    return [i for i in strong_members(evaluation, ranked) if subjects[i].pod in pods]


def strong_members(evaluation: OnsetEvaluation, ranked: Ranked) -> list[int]:
    """The entity's series that changed about as strongly as its strongest, by position.

    >>> strong_members(None, Ranked(Entity("cart", "pod"), 0.0, ()))
    []
    """
    bar = STRONG * max((float(evaluation.scores[i]) for i in ranked.members), default=0.0)
    return [i for i in ranked.members if evaluation.scores[i] >= bar]


def _node(name: str, members: Mapping[str, Sequence[int]]) -> TroubledNode | None:
    told = [i for own in members.values() for i in own]
    return TroubledNode(name, list(members), told) if told else None
