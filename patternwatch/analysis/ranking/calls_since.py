"""Who calls whom in a request, with what the candidates say of these calls since an onset."""

from dataclasses import replace

import numpy as np

from patternwatch.analysis.entities.asked_for_more import asked_for_more
from patternwatch.analysis.entities.blamed_callees import blamed_callees
from patternwatch.analysis.entities.call_graph import CallGraph
from patternwatch.analysis.entities.outgoing_calls import asked_in_vain
from patternwatch.analysis.entities.queried_stores import queried_stores
from patternwatch.analysis.entities.slower_calls import slowed
from patternwatch.analysis.entities.stores import slow_stores
from patternwatch.analysis.entities.waiting_stores import waiting_stores
from patternwatch.analysis.ranking.request_candidates import Candidates
from patternwatch.analysis.scoring.deviations import DeviationStats
from patternwatch.analysis.scoring.limits_reached import reach_limits
from patternwatch.compiled import Integers
from patternwatch.contracts.series import Vector


def calls_since(series: Candidates, moved: DeviationStats, scores: Vector, begun: Integers) -> CallGraph:
    """Who calls whom, with what became slower and busier since the onset.

    moved   how far each candidate moved from there on
    scores  of each, shape (N,)
    begun   the row at which each began to move, shape (N,)

    >>> from patternwatch.analysis.identity.scope import Scope
    >>> from patternwatch.analysis.lifecycle.judgement import EventSeries
    >>> from patternwatch.analysis.ranking.request_candidates import candidates_in_columns
    >>> from patternwatch.analysis.scoring.deviations import deviation_stats
    >>> from patternwatch.contracts.series import Window
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> window, none = Window.ending(3_000_000, 2_400_000, 10_000), np.empty(0)
    >>> series = candidates_in_columns([], window, Scope([], AnalysisSettings()), EventSeries.none(300))
    >>> calls_since(series, deviation_stats(np.empty((0, 300)), 240), none, np.empty(0, np.int64)).callees
    {}
    """
    told = [entity.name for entity in series.entities]
    callers = series.callers or [""] * len(told)
    called = series.called or [""] * len(told)
    up = moved.peak > moved.median
    rose = np.where(up, moved.usual, 0.0).tolist()
    slower = slowed(told, callers, series.categories, series.families, rose)
    metrics = [(c.labels.get("__name__", ""), c.derivation) for c in series.candidates]
    known = {*series.calls.callees, *series.calls.callers}
    labels = [candidate.labels for candidate in series.candidates]
    waiting = waiting_stores(
        series.entities,
        [metric for metric, _ in metrics],
        series.categories,
        scores.tolist(),
        begun.tolist(),
        [c.born is not None for c in series.candidates],
        series.calls.callees,
        np.flatnonzero(reach_limits(moved, series.limits)).tolist(),
    )
    blamed = blamed_callees(told, series.categories, scores.tolist(), callers, called, series.calls.callers)
    return replace(
        series.calls,
        slower=slower,
        slow_stores=slow_stores(series.entities, slower, known),
        queried=queried_stores(series.entities, metrics, series.categories, scores.tolist(), rose),
        in_vain=asked_in_vain(series.entities, labels, series.categories, scores.tolist()),
        blamed=waiting | blamed,
        busier=asked_for_more(series.calls, told, series.categories, np.where(up, scores, 0.0).tolist()),
    )
