"""The candidates of a request, evaluated as if the trouble had begun at one row or another."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from patternwatch.analysis.entities.entities import rank_entities
from patternwatch.analysis.entities.remaining_traffic import remaining_traffic_ratio
from patternwatch.analysis.entities.waiting_stores import tells_waiting
from patternwatch.analysis.lifecycle.judgement import EventSeries
from patternwatch.analysis.lifecycle.scores import SIZE, whole_first, with_events
from patternwatch.analysis.lifecycle.stores_down import falls_of_stores
from patternwatch.analysis.metrics.categories import CATEGORIES
from patternwatch.analysis.onset.own_onset import begun_at
from patternwatch.analysis.ranking.calls_since import calls_since
from patternwatch.analysis.ranking.lost_traffic import Replicas, without_traffic
from patternwatch.analysis.ranking.onset_evaluation import OnsetEvaluation, is_any_broad
from patternwatch.analysis.ranking.request_candidates import Candidates
from patternwatch.analysis.scoring.chance import ChanceWeights
from patternwatch.analysis.scoring.changed import by_meaning
from patternwatch.analysis.scoring.deviations import DeviationStats, are_failures, deviation_stats
from patternwatch.analysis.scoring.ended_work import are_running_work, changed_by_its_end, fell_to_nothing
from patternwatch.analysis.scoring.exchanged import EXCHANGED, Exchanges
from patternwatch.analysis.scoring.first_failures import FirstFailures
from patternwatch.analysis.scoring.limits_reached import newly_full, newly_out
from patternwatch.analysis.scoring.mixed_statistics import in_another_mix
from patternwatch.analysis.scoring.recurrent_work import comes_again
from patternwatch.analysis.scoring.scores import ScoreBreakdown, score_breakdown
from patternwatch.analysis.scoring.seasonal import intersect
from patternwatch.analysis.series.own_interval import own_intervals
from patternwatch.compiled import Integers
from patternwatch.contracts.series import Flags, Matrix, Vector
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.detectors import CHANGE, Detection
from patternwatch.detectors.quantiles import sorted_rows


@dataclass(frozen=True, slots=True)
class _Scored:
    """How far each candidate moved from a row on, and what that says; arrays of shape (N,)."""

    row: int
    moved: DeviationStats
    moved_rest: DeviationStats
    begun: Integers
    change: Detection
    rest: Detection
    breakdown: ScoreBreakdown


class OnsetEvaluator:
    """Evaluates all candidates at a row: how each moved from there on, and whose trouble that makes it.

    series    the candidates, N of them
    floors    the usual scale of each metric, shape (N,)
    weights   how likely so large a change is by chance, by family
    first     the same of first failures
    events    what ended or began
    rises     rows at which slow rises begin
    split     the first row of the current window
    replicas  how many replicas of an entity tell of a family

    >>> from patternwatch.analysis.identity.scope import Scope
    >>> from patternwatch.analysis.ranking.request_candidates import candidates_in_columns
    >>> from patternwatch.contracts.series import Window
    >>> from patternwatch.contracts.shard_results import Candidate
    >>> settings, events = AnalysisSettings(), EventSeries.none(300)
    >>> window = Window(start_ms=0, split_ms=240_000, end_ms=299_000, step_ms=1000)
    >>> values = np.random.default_rng(0).normal(size=300) + np.repeat((5.0, 50.0), (250, 50))
    >>> slow = Candidate(labels={"__name__": "latency_seconds", "job": "cart"}, derivation="",
    ...                  category="latency", screening_score=3.0, values=values)
    >>> series = candidates_in_columns([(slow, "s1")], window, Scope([], settings), events)
    >>> chance = ChanceWeights([]), FirstFailures([])
    >>> evaluator = OnsetEvaluator(series, np.zeros(1), *chance, settings, events, [], 240, {})
    >>> evaluator.at(250).ranked[0].entity.name, evaluator.at(250).evidence > evaluator.at(230).evidence
    ('cart', True)
    >>> evaluator.broad_at(250) is None
    True
    """

    def __init__(
        self,
        series: Candidates,
        floors: Vector,
        weights: ChanceWeights,
        first: FirstFailures,
        settings: AnalysisSettings,
        events: EventSeries,
        rises: Collection[int],
        split: int,
        replicas: Replicas,
    ) -> None:
        self._series, self._floors, self._events, self._rises = series, floors, events, rises
        self._weights, self._first, self._replicas = weights, first, replicas
        self._from_outside = settings.client_entity_pattern
        self._labels = [c.labels for c in series.candidates]
        self._names = [own.get("__name__", "") for own in self._labels]
        self._failures = are_failures(series.categories, [c.derivation for c in series.candidates])
        self._running = are_running_work(self._labels, [c.derivation for c in series.candidates])
        self._intervals = np.nan_to_num(own_intervals(series.values, split), nan=1.0)
        self._waiting = np.array([tells_waiting(name) for name in self._names], dtype=bool)
        self._falls = falls_of_stores(self._names, series.values)
        self._exchanges = Exchanges(series.categories, self._labels, series.subjects, series.families)

    def at(self, row: int) -> OnsetEvaluation:
        """The evaluation if the trouble began at this row."""
        return self._ranked(self._scored(row))

    def broad_at(self, row: int) -> OnsetEvaluation | None:
        """The same where the first entity shows trouble of many categories (`is_broad`), else None."""
        scored = self._scored(row)
        if not is_any_broad(self._series, scored.breakdown.scores):
            return None  # before the costly half: most rows end here
        found = self._ranked(scored)
        return found if found.is_broad else None

    def _scored(self, row: int) -> _Scored:
        series, failures = self._series, self._failures
        moved, change = _moved(series.before(series.values, row), row, series.categories, failures)
        ended = fell_to_nothing(series.values, row, self._running)
        ended |= newly_full(series.values, row, moved, series.limits)
        ended |= newly_out(self._names, series.values, row, moved)
        change = changed_by_its_end(change, ended)
        rest, moved_rest = change, moved
        if series.residual is not series.values:
            residual = series.before(series.residual, row)
            moved_rest, rest = _moved(residual, row, series.categories, failures)
        judged = intersect(change, rest)
        again = comes_again(series.values, row, moved, series.categories)
        if series.past.any():  # what goes on and off together with trouble is no job
            again &= ~series.past.any(axis=1)
        judged = replace(judged, flagged=judged.flagged & ~again)
        # For how long something waits rises with the clock: half-way is no beginning.
        rises = judged.flagged if row in self._rises else judged.flagged & self._waiting
        begun = begun_at(series.residual, row, moved_rest, rises)
        traffic = remaining_traffic_ratio(
            series.values, row, moved.median, series.categories, series.entities
        )
        breakdown = score_breakdown(
            replace(moved_rest, onset=begun),
            self._floors,
            judged,
            series.categories,
            row,
            series.values.shape[1],
            traffic,
            lambda sizes: np.minimum(
                self._weights.of(series.families, sizes),
                self._first.of(series.families, series.residual, row, failures),
            ),
            self._names,
            self._intervals,
            series.values[:, :row],
            series.limits,
        )
        mixed = in_another_mix(moved_rest, judged.flagged, series.categories, self._labels)
        breakdown = replace(
            breakdown,
            exchanged=np.where(self._exchanges.among(moved_rest), EXCHANGED, 1.0),
            category=np.where(mixed, CATEGORIES["latency"].fall, breakdown.category),
        )
        breakdown = with_events(breakdown, self._events, row, series.values.shape[1])
        lost = without_traffic(series, row, moved_rest, breakdown.scores, self._replicas)
        if lost.any():  # as much as `up` from 1 to 0
            breakdown = replace(
                breakdown,
                size=np.where(lost, SIZE, breakdown.size),
                category=np.where(lost, 1.0, breakdown.category),
            )
        return _Scored(row, moved, moved_rest, begun, change, rest, breakdown)

    def _ranked(self, scored: _Scored) -> OnsetEvaluation:
        series, row, breakdown = self._series, scored.row, scored.breakdown
        ranked = rank_entities(
            series.entities,
            series.categories,
            breakdown.scores.tolist(),
            series.ids,
            calls_since(series, scored.moved_rest, breakdown.scores, scored.begun),
            self._from_outside,
            series.recorded,
            series.callers,
        )
        down = {
            series.entities[i].name: min(rows, key=lambda at: abs(at - row))
            for i, rows in self._falls.items()
            if breakdown.scores[i] > 0.0
        }
        ranked = whole_first(ranked, {**down, **self._events.whole}, row)
        return OnsetEvaluation(
            series, row, scored.moved, scored.begun, scored.change, scored.rest, breakdown, ranked
        )


def _moved(
    values: Matrix, row: int, categories: Sequence[str], failures: Flags
) -> tuple[DeviationStats, Detection]:
    """How far each series moved from the row on, and its change ratio there."""
    baseline = sorted_rows(values[:, :row])
    change, _ = CHANGE.over_splits(values, row, row, baseline)
    return deviation_stats(values, row, baseline, failures), by_meaning(change, categories)
