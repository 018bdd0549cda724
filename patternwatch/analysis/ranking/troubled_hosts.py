"""Hosts that went down with the machines on them: a hypervisor, a physical server.

Each machine on it fails as loudly as it does, and there are several of them. Their series name it
(`host_name` of vmware_exporter); it says itself that it is off, or that it is not reached.
"""

from patternwatch.analysis.entities.entities import Ranked
from patternwatch.analysis.ranking.onset_evaluation import OnsetEvaluation
from patternwatch.analysis.ranking.troubled_nodes import (
    FOLLOW,
    MIN_WORKLOADS,
    STRONG,
    TroubledNode,
    strong_members,
)
from patternwatch.contracts.severity import CLEAR_SCORE

_DOWN = frozenset(("health", "availability"))
"""Categories of what a host tells that is down; one that is busy may be so for what runs on it."""
_HOSTED = frozenset(("node", "server"))
"""Kinds of what a host carries, as far as it counts here: virtual machines, told as servers or as nodes."""


def troubled_host(evaluation: OnsetEvaluation) -> TroubledNode | None:
    """The host that is down, and on which most of the machines are that fail; None without one.

    Its `workloads` are these machines.

    >>> from patternwatch.analysis.ranking.best_onset import evaluate_onsets
    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> from patternwatch.contracts.shard_results import ShardResult
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> settings, now_ms = AnalysisSettings(), 1_760_000_010_000
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', now_ms - 600_000, None, "", settings, now_ms, "r1"
    ... )
    >>> quiet = ShardResult(shard_id="r1-0", number=0, of=1, request=request, votes=[0] * 300)
    >>> troubled_host(evaluate_onsets(request.window, [quiet], settings)) is None
    True
    """
    if not evaluation.ranked or evaluation.ranked[0].score < CLEAR_SCORE:
        return None
    bar = STRONG * evaluation.ranked[0].score
    strong = [r for r in evaluation.ranked if r.score >= bar and r.entity.kind in _HOSTED]
    for host in (r for r in strong if r.entity.kind == "node" and _is_down(evaluation, r)):
        machines = [r for r in strong if r is not host]
        on_it = [r.entity.name for r in machines if _is_on(evaluation, r, host.entity.name)]
        if len(on_it) >= max(MIN_WORKLOADS, FOLLOW * len(machines)):
            return TroubledNode(host.entity.name, on_it, host.members, "host")
    return None


def _is_down(evaluation: OnsetEvaluation, ranked: Ranked) -> bool:
    """Whether one of its strong series says that it is off, or not reached."""
    moved, categories = evaluation.moved, evaluation.series.categories
    strong = strong_members(evaluation, ranked)
    return any(categories[i] in _DOWN and moved.peak[i] < moved.median[i] for i in strong)


def _is_on(evaluation: OnsetEvaluation, ranked: Ranked, host: str) -> bool:
    """Whether one of its strong series names the host."""
    labels = (evaluation.series.candidates[i].labels for i in strong_members(evaluation, ranked))
    return any(host in own.values() for own in labels)
