"""Of rows that are about as likely an onset, the one right before the likeliest goes first.

A cause comes before its effects, and what is scraped every other row is told a row late. The first rows of a
fault among what was normal hide it: they widen what is usual for the very series that moved first. One row
more of what was normal since the onset hides nothing.
"""

from collections.abc import Iterable

from patternwatch.analysis.ranking.onset_evaluation import OnsetEvaluation

_AS_LIKELY = 0.97
"""Part of the best row's product from which a row right before it goes first; judgement."""
_RIGHT_BEFORE = 2
"""Rows before the best one that count as right before it: what is scraped every other row is told so late."""


def earliest_of_as_likely(tried: Iterable[tuple[float, OnsetEvaluation]], split: int) -> OnsetEvaluation:
    """The evaluation with the largest product of prior and evidence, or one right before it nearly as large.

    tried  (prior, evaluation) of each row
    split  the alert's own row, which goes first among equals

    >>> from patternwatch.contracts.series import Window
    >>> from patternwatch.analysis.ranking.best_onset import evaluate_onsets
    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> from patternwatch.contracts.shard_results import ShardResult
    >>> settings, now_ms = AnalysisSettings(), 1_760_000_010_000
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', now_ms - 600_000, None, "", settings, now_ms, "r1"
    ... )
    >>> quiet = ShardResult(shard_id="r1-0", number=0, of=1, request=request, votes=[0] * 300)
    >>> found = evaluate_onsets(request.window, [quiet], settings)
    >>> earliest_of_as_likely([(1.0, found)], 240) is found
    True
    """
    tried = list(tried)
    prior, best = max(tried, key=lambda t: (t[0] * t[1].evidence, t[1].onset == split))
    least = _AS_LIKELY * prior * best.evidence
    near = (
        one
        for weight, one in tried
        if weight * one.evidence >= least > 0.0 and best.onset - _RIGHT_BEFORE <= one.onset < best.onset
    )
    return min([best, *near], key=lambda one: one.onset)
