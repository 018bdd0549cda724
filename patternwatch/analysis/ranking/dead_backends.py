"""A replica that ended, and the proxy before it that says so: the replica is the cause."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from patternwatch.analysis.entities.entities import Ranked
from patternwatch.analysis.identity.knowledge import host_of
from patternwatch.analysis.identity.part_labels import KIND_OF_PART, explains
from patternwatch.analysis.ranking.onset_evaluation import OnsetEvaluation
from patternwatch.analysis.ranking.troubled_nodes import STRONG
from patternwatch.contracts.lives import ENDED, LifeEvent


def backend_first(evaluation: OnsetEvaluation, events: Iterable[LifeEvent]) -> list[Ranked]:
    """The entities; one whose replica ended before a first one that says it of just that replica.

    A load balancer tells loudly of a server that is gone (it is down, requests are sent elsewhere, some
    fail), under the name or address that its configuration has for it. As what ended as a whole, it is lifted
    by the score of whoever misses it.

    events  what ended

    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> from patternwatch.analysis.ranking.best_onset import evaluate_onsets
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> from patternwatch.contracts.shard_results import ShardResult
    >>> settings, now_ms = AnalysisSettings(), 1_760_000_010_000
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', now_ms - 600_000, None, "", settings, now_ms, "r1"
    ... )
    >>> quiet = ShardResult(shard_id="r1-0", number=0, of=1, request=request, votes=[0] * 300)
    >>> backend_first(evaluate_onsets(request.window, [quiet], settings), [])
    []
    """
    ranked = list(evaluation.ranked)
    ended = [e for e in events if e.is_trouble and e.kind in ENDED]
    if not ranked or not ended or ranked[0].entity.name in {e.entity for e in ended}:
        return ranked
    told = _told_of(evaluation, ranked[0])
    gone = {
        event.entity
        for event in ended
        for values in told
        if all(any(_are_one(name, value) for name in event.names) for value in values)
    }
    found = next((r for r in ranked[1:] if r.entity.name in gone), None)
    if found is None:
        return ranked
    lifted = replace(found, score=found.score + ranked[0].score)
    return [lifted, *(r for r in ranked if r is not found)]


def _told_of(evaluation: OnsetEvaluation, ranked: Ranked) -> Sequence[set[str]]:
    """What the strong series of an entity say of others, under each label."""
    scores = {i: float(evaluation.scores[i]) for i in ranked.members}
    best = max(scores.values(), default=0.0)
    values: defaultdict[str, set[str]] = defaultdict(set)
    for i in (i for i, score in scores.items() if score >= STRONG * best):
        labels = evaluation.series.candidates[i].labels
        for label, value in labels.items():
            if label not in KIND_OF_PART and explains(label, labels):  # parts are its own
                values[label].add(value)
    return list(values.values())


def _are_one(instance: str, named: str) -> bool:
    """Whether a proxy's name for a server is that of an instance, with its port or without.

    >>> [_are_one("web-1:3000", named) for named in ("web-1", "web-1:3000", "web-1:9090", "web-2")]
    [True, True, False, False]
    """
    return named in (instance, host_of(instance)) if instance else False
