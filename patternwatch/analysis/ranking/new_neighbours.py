"""A workload that is new on the nodes that got busy: what it takes there, the others lack."""

from patternwatch.analysis.lifecycle.judgement import Lifecycle
from patternwatch.analysis.ranking.onset_evaluation import OnsetEvaluation
from patternwatch.analysis.ranking.troubled_nodes import TroubledNode
from patternwatch.contracts.severity import CLEAR_SCORE

_TAKEN = ("cpu", "memory", "disk", "network", "saturation")
"""Categories of what pods of a node share."""
_BEFORE_ROWS, _AFTER_ROWS = 20, 10
"""Rows around the onset within which a workload began that may be its cause: it loads up first; judgement."""
_STRONG = 0.5
"""Part of the first entity's score from which a node counts as troubled; judgement."""


def new_neighbour(evaluation: OnsetEvaluation, life: Lifecycle) -> TroubledNode | None:
    """The workload that began at the onset with a pod on every node that got busy; None without one.

    Its `workloads` are these nodes. Where several began there, nothing tells them apart.

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
    >>> new_neighbour(evaluation, Lifecycle([], EventSeries.none(300), 0, 0)) is None
    True
    """
    if not evaluation.ranked or evaluation.ranked[0].score < CLEAR_SCORE:
        return None
    bar = max(_STRONG * evaluation.ranked[0].score, CLEAR_SCORE / 2)
    busy = {
        r.entity.name: r.members[0]
        for r in evaluation.ranked
        if r.entity.kind == "node"
        and r.score >= bar
        and evaluation.series.categories[r.members[0]] in _TAKEN
        and evaluation.moved.peak[r.members[0]] > evaluation.moved.median[r.members[0]]
    }
    onset = evaluation.onset
    found = [
        name
        for name, row in life.new.items()
        if onset - _BEFORE_ROWS <= row <= onset + _AFTER_ROWS
        and busy.keys() <= set(life.nodes.get(name, {}).values())
    ]
    if not busy or len(found) != 1:
        return None
    return TroubledNode(found[0], list(busy), list(busy.values()), "workload")
