"""A workload that was scaled to nothing, and another one that fails from then on: it is missed.

Its specification says that it should have no replicas, which may have been a mistake: a wrong command, a
wrong value of a chart, a scaler that lost its metric. By itself that is no trouble. But who called it fails
at once, as callers do of one that crashed, and there is nothing else to see of it.
"""

from dataclasses import replace

import numpy as np

from patternwatch.analysis.entities.entities import Ranked
from patternwatch.analysis.lifecycle.judgement import EventSeries
from patternwatch.analysis.lifecycle.turnover import TOGETHER_ROWS
from patternwatch.analysis.ranking.onset_evaluation import OnsetEvaluation
from patternwatch.analysis.ranking.troubled_nodes import STRONG
from patternwatch.analysis.scoring.ended_work import fell_to_nothing, tells_consumers
from patternwatch.contracts.severity import CLEAR_SCORE

_MISSES = frozenset(("error", "availability", "health", "latency", "saturation"))
"""Categories of what others show that miss it: their calls fail or wait, what it worked off piles up."""
_WEIGHT = 0.5
"""What its ended series count where nothing says that the one in trouble calls it; judgement."""


def with_missed_workload(evaluation: OnsetEvaluation, events: EventSeries) -> OnsetEvaluation:
    """The same, with the workload that was scaled to nothing as the first entity's trouble began, if any.

    It comes first where an entity in trouble is known to call it, or is a queue that lost its consumers with
    it, lifted by the score of the first as what ended as a whole is; else second, with the score of the
    first: either may be the cause. Where several were scaled to nothing, nothing tells which of them is
    missed but who calls them.

    events  what ended or began

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
    >>> with_missed_workload(evaluation, EventSeries.none(300)) is evaluation
    True
    """
    ranked = evaluation.ranked
    if not events.away or not ranked or ranked[0].score < CLEAR_SCORE:
        return evaluation
    first, series = ranked[0], evaluation.series
    if first.entity.name in events.whole or series.categories[first.members[0]] not in _MISSES:
        return evaluation
    left = _left_by_consumers(evaluation, first)
    began = int(evaluation.begun[first.members[0]]) if left is None else left
    gone = {name for name, row in events.away.items() if abs(row - began) <= TOGETHER_ROWS}
    hurt = {r.entity.name for r in ranked if r.score >= STRONG * first.score}
    called = {name for name in gone if not hurt.isdisjoint(series.calls.callers.get(name, ()))}
    names = called or gone
    if len(names) != 1:
        return evaluation
    is_missed = bool(called) or left is not None
    name, weight = next(iter(names)), 1.0 if is_missed else _WEIGHT
    n = len(series.candidates)
    members = [i for i in range(n - len(events.rows), n) if series.entities[i].name == name]
    if not members:
        return evaluation
    life = evaluation.breakdown.life.copy()
    life[members] = weight
    breakdown = replace(evaluation.breakdown, life=life)
    score = first.score + (float(np.max(breakdown.scores[members])) if is_missed else 0.0)
    missed = Ranked(series.entities[members[0]], score, tuple(members))
    others = [r for r in ranked if r.entity.name != name]
    place = 0 if is_missed else 1
    return replace(evaluation, breakdown=breakdown, ranked=[*others[:place], missed, *others[place:]])


def _left_by_consumers(evaluation: OnsetEvaluation, ranked: Ranked) -> int | None:
    """The row from which on nobody takes work from a queue of this entity that grows; None without one."""
    series, moved = evaluation.series, evaluation.moved
    own = [i for i in ranked.members if not series.candidates[i].derivation]
    names = [series.candidates[i].labels.get("__name__", "") for i in own]
    values = series.values[own]
    left = fell_to_nothing(values, evaluation.onset, np.array([tells_consumers(n) for n in names], bool))
    grows = any(series.categories[i] == "saturation" and moved.peak[i] > moved.median[i] for i in own)
    if not grows or not left.any():
        return None
    return min(int(np.flatnonzero(one == 0.0)[0]) for one in values[left])
