"""The ranked entities as a report tells them: with findings, neighbours, ends, and the part that hurts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from patternwatch.analysis.entities.call_graph import first_by_rank
from patternwatch.analysis.identity.explanations import NOTHING_EXPLAINS, Explanation
from patternwatch.analysis.lifecycle.judgement import Lifecycle
from patternwatch.analysis.ranking.onset_evaluation import OnsetEvaluation
from patternwatch.analysis.ranking.troubled_nodes import TroubledNode
from patternwatch.analysis.verdict.part import follows_in_words
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.findings import Finding

_TOP_FINDINGS = 5
"""Findings that an entity's entry refers to."""


def entity_ranks(
    evaluation: OnsetEvaluation,
    findings: Sequence[Finding],
    life: Lifecycle,
    explained: Mapping[str, Explanation],
    node: TroubledNode | None = None,
) -> list[EntityRank]:
    """The ranked entities, the likeliest cause first.

    findings   those that the report shows
    life       what ended and began
    explained  what the trouble of each follows, by name; of one that is found through others, nothing
    node       the node among them that is found through its workloads, if any

    >>> from patternwatch.analysis.ranking.best_onset import evaluate_onsets
    >>> from patternwatch.analysis.lifecycle.judgement import EventSeries
    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> from patternwatch.contracts.shard_results import ShardResult
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> settings, now_ms = AnalysisSettings(), 1_760_000_010_000
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', now_ms - 600_000, None, "", settings, now_ms, "r1"
    ... )
    >>> quiet = ShardResult(shard_id="r1-0", number=0, of=1, request=request, votes=[0] * 300)
    >>> evaluation = evaluate_onsets(request.window, [quiet], settings)
    >>> entity_ranks(evaluation, [], Lifecycle([], EventSeries.none(300), 0, 0), {})
    []
    """
    shown: dict[str, list[int]] = defaultdict(list)
    for found in findings:
        shown[found.entity].append(found.rank)
    calls = evaluation.series.calls
    follows = {r.entity.name: explained.get(r.entity.name, NOTHING_EXPLAINS) for r in evaluation.ranked}
    places = {r.entity.name: rank for rank, r in enumerate(evaluation.ranked)}
    return [
        EntityRank(
            rank=rank,
            entity=r.entity.name,
            label=r.entity.label,
            score=round(r.score, 6),
            series=len(r.members),
            top_findings=shown[r.entity.name][:_TOP_FINDINGS],
            callers=first_by_rank(calls.callers.get(r.entity.name, ()), places),
            callees=first_by_rank(calls.callees.get(r.entity.name, ()), places),
            passed_on=dict(sorted(r.passed_on.items())),
            kind=r.entity.kind,
            cluster=r.entity.cluster,
            namespace=r.entity.namespace,
            ended=life.ended.get(r.entity.name, 0),
            began=life.began.get(r.entity.name, 0),
            through=list(node.workloads) if node and node.name == r.entity.name else [],
            part=follows[r.entity.name].part,
            explained_by=list(follows[r.entity.name].shares),
            follows=follows_in_words(follows[r.entity.name].part, follows[r.entity.name].shares),
        )
        for rank, r in enumerate(evaluation.ranked, start=1)
    ]
