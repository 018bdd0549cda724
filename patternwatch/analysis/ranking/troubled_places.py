"""Zones, regions, data centers and racks found through workloads: what these have elsewhere is well."""

from collections import defaultdict
from collections.abc import Mapping

from patternwatch.analysis.identity.explanations import Explanation
from patternwatch.analysis.identity.part_labels import KIND_OF_PART, order_of_label
from patternwatch.analysis.ranking.onset_evaluation import OnsetEvaluation
from patternwatch.analysis.ranking.troubled_nodes import FOLLOW, MIN_WORKLOADS, STRONG, TroubledNode
from patternwatch.contracts.severity import CLEAR_SCORE


def troubled_place(evaluation: OnsetEvaluation, explained: Mapping[str, Explanation]) -> TroubledNode | None:
    """The place that most of the changed workloads follow, None where they follow none.

    explained  what the trouble of each entity follows, by name

    A place has hardly a series of its own; that the trouble of one workload follows it may be that one's own
    (a deployment by zone). Callers that have their trouble from a callee do not count. Of places that as many
    follow the smallest is told.

    >>> from patternwatch.analysis.ranking.best_onset import evaluate_onsets
    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> from patternwatch.contracts.shard_results import ShardResult
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> settings, now_ms = AnalysisSettings(), 1_760_000_010_000
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', now_ms - 600_000, None, "", settings, now_ms, "r1"
    ... )
    >>> quiet = ShardResult(shard_id="r1-0", number=0, of=1, request=request, votes=[0] * 300)
    >>> troubled_place(evaluate_onsets(request.window, [quiet], settings), {}) is None
    True
    """
    if not evaluation.ranked or evaluation.ranked[0].score < CLEAR_SCORE:
        return None
    bar = STRONG * evaluation.ranked[0].score
    judged = {r.entity.name: r.members for r in evaluation.ranked if r.score >= bar and not r.passed_on}
    followed: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in judged:
        for share in explained[name].places:
            followed[share.label, share.value].append(name)
    place = min(followed, key=lambda at: (-len(followed[at]), order_of_label(at[0]), at), default=("", ""))
    workloads = followed.get(place, [])
    if len(workloads) < max(MIN_WORKLOADS, FOLLOW * len(judged)):
        return None
    scores = evaluation.scores
    members = [
        i
        for name in workloads
        for i in judged[name]
        if scores[i] >= STRONG * max(float(scores[k]) for k in judged[name])
    ]
    label, value = place
    return TroubledNode(value, workloads, members, KIND_OF_PART[label])
