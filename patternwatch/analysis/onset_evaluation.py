"""From the scans of a request to its onset, and to each candidate's score from there on."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from patternwatch.analysis.call_graph import NO_CALLS, CallGraph, call_graph
from patternwatch.analysis.call_labels import first_calls
from patternwatch.analysis.candidates import candidates_considered
from patternwatch.analysis.chance import ChanceWeights
from patternwatch.analysis.changed import by_meaning
from patternwatch.analysis.entities import Entity, Ranked, rank_entities
from patternwatch.analysis.family_movements import family_of
from patternwatch.analysis.identity.calls import calls_in_scope
from patternwatch.analysis.identity.scope import Scope
from patternwatch.analysis.lifecycle.facts import desired_by_entity, is_intended
from patternwatch.analysis.lifecycle.judgement import EventSeries
from patternwatch.analysis.lifecycle.scores import whole_first, with_events
from patternwatch.analysis.lifecycle.succession import without_warm_up
from patternwatch.analysis.lifecycle.termination import without_termination
from patternwatch.analysis.name_servers import name_servers
from patternwatch.analysis.onset import likely_onsets
from patternwatch.analysis.onsets_again import is_again, onset_before, tried_again
from patternwatch.analysis.recording_rules import NOTHING_RECORDED, Recorded, recorded_among
from patternwatch.analysis.remaining_traffic import remaining_traffic_ratio
from patternwatch.analysis.scoring import (
    DeviationStats,
    ScoreBreakdown,
    deviation_stats,
    pooled_floors,
    score_breakdown,
)
from patternwatch.analysis.seasonal import intersect, residual_of
from patternwatch.contracts.ids import series_id
from patternwatch.contracts.messages import AnalysisRequest, Candidate, ShardResult
from patternwatch.contracts.series import Matrix, Vector, Window
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.subject import Subject
from patternwatch.detectors import CHANGE, Detection

_HALF_LIFE_ROWS = 20
"""What moves so many rows after a row is half as much evidence that the trouble began at that row.

Chosen on public fault injections with late alerts (`python -m benchmarks.ranking DIR`), on a plateau."""


_Placed: TypeAlias = tuple[Candidate, str]
"""A candidate with its series id."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The strongest series of a request, N of them, strongest first.

    candidates  as the scans sent them
    ids         series ids
    entities    the entity of each
    categories  the metric category of each
    families    metric and derivation of each
    values      shape (N, T); NaN is a gap
    residual    values less the expected movement, shape (N, T); the same array as `values` where the
                request compares with no earlier window
    subjects    what each tells of: the part of its entity too
    recorded    which of them recording rules made
    calls       which entity calls which
    callers     of those that are about calls to their entity: who calls, else empty
    texts       of those that ended or began: what happened to their workload; they are the last of them, and
                `values` holds whether they are there (1 or 0)
    """

    candidates: Sequence[Candidate]
    ids: Sequence[str]
    entities: Sequence[Entity]
    categories: Sequence[str]
    families: Sequence[str]
    values: Matrix
    residual: Matrix
    subjects: Sequence[Subject]
    recorded: Recorded = NOTHING_RECORDED
    calls: CallGraph = NO_CALLS
    callers: Sequence[str] = ()
    texts: Sequence[str] = ()

    def event_text(self, i: int) -> str:
        """What happened to the workload of candidate `i`, where it ended or began; else empty."""
        place = i - (len(self.candidates) - len(self.texts))
        return self.texts[place] if place >= 0 else ""


@dataclass(frozen=True, slots=True)
class OnsetEvaluation:
    """N candidates if the trouble began at the row `onset`; arrays of shape (N,).

    series     the candidates
    onset      the assumed onset, a row of the window
    moved      how far each moved from its baseline
    change     the change ratio at the onset
    residual   the change ratio of the residuals: without what the earlier window leads to expect
    breakdown  the score of each and its factors
    ranked     the entities, the likeliest cause first
    """

    series: Candidates
    onset: int
    moved: DeviationStats
    change: Detection
    residual: Detection
    breakdown: ScoreBreakdown
    ranked: Sequence[Ranked]

    @property
    def scores(self) -> Vector:
        """How strongly each series points at a cause, shape (N,), at least 0."""
        return self.breakdown.scores

    @property
    def evidence(self) -> float:
        """How clearly something begins here: the highest score of an entity, less where it moves later."""
        return max((r.score / self._delay(r.members[0]) for r in self.ranked), default=0.0)

    def _delay(self, first: int) -> float:
        rows = int(self.moved.onset[first]) - self.onset - 1
        return 1.0 + max(rows, 0) / _HALF_LIFE_ROWS


def evaluate_onsets(
    window: Window,
    results: Sequence[ShardResult],
    settings: AnalysisSettings,
    events: EventSeries | None = None,
    request: AnalysisRequest | None = None,
    scope: Scope | None = None,
) -> OnsetEvaluation:
    """The strongest candidates of a request, evaluated at the row where the trouble most likely began.

    window   the request's window
    results  successful results of its shards, at least one
    events   the series that ended or began and count; none where nothing did
    request  where its look may be one before the last (`onsets_again`)
    scope    names the entities of these results, where it is made already

    Each row that votes or gains propose is tried. The one with the largest product of prior and evidence
    wins: a fault that lies in the baseline hides itself, so at a wrong row its entity scores little.

    >>> from patternwatch.analysis.requests import request_for_selector
    >>> settings, now_ms = AnalysisSettings(), 1_760_000_010_000
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', now_ms - 600_000, None, "", settings, now_ms, "r1"
    ... )
    >>> quiet = ShardResult(shard_id="r1-0", number=0, of=1, request=request, votes=[0] * 300)
    >>> evaluation = evaluate_onsets(request.window, [quiet], settings)
    >>> evaluation.onset == request.window.split_row, evaluation.evidence
    (True, 0.0)
    """
    weights = ChanceWeights(r.families for r in results)
    events = events or EventSeries.none(window.rows)
    scope = scope or Scope(results, settings)
    desired = desired_by_entity(results, scope)
    named = [
        (without_termination(c, events.leaving, scope, window.step_ms), series_id(c.labels, c.derivation))
        for r in results
        for c in r.candidates
        if not c.event and not is_intended(c.labels, c.values, desired, scope)
    ]
    told = {series_id(c.labels, c.derivation) for c in events.candidates}
    placed = [p for p in named if p[1] not in told]
    rows = len(results[0].votes)
    calls = call_graph(calls_in_scope(first_calls(r.calls for r in results), scope.names))
    series = _strongest(placed, rows, weights, settings, scope, events)
    metrics = [c.labels.get("__name__", "") for c in series.candidates]
    series = replace(series, calls=replace(calls, asked_by_all=name_servers(metrics, series.entities)))
    votes = np.sum([np.array(r.votes, dtype=np.int64) for r in results], axis=0)
    floors = pooled_floors(_pooled(results))
    at = _evaluator(series, floors, weights, settings, events)
    changed = _most_changed(placed, rows, settings)
    before = onset_before(request, window) if request else None
    told_rows = {*events.rows.astype(int).tolist(), *([] if before is None else [before])}
    split = window.split_row
    priors = likely_onsets(votes, changed, series.residual, split, window.step_ms, told_rows)
    if request and is_again(request):
        priors = tried_again(priors, split, before)
    tried = {row: at(row) for row in priors}
    return tried[max(priors, key=lambda row: (priors[row] * tried[row].evidence, row == window.split_row))]


def _evaluator(
    series: Candidates,
    floors: Mapping[str, float],
    weights: ChanceWeights,
    settings: AnalysisSettings,
    events: EventSeries,
) -> Callable[[int], OnsetEvaluation]:
    floor = np.array([floors.get(category, 0.0) for category in series.categories])

    def at(row: int) -> OnsetEvaluation:
        moved = deviation_stats(series.values, row)
        change = by_meaning(CHANGE(series.values, row), series.categories)
        rest, moved_rest = change, moved
        if series.residual is not series.values:
            rest = by_meaning(CHANGE(series.residual, row), series.categories)
            moved_rest = deviation_stats(series.residual, row)
        traffic = remaining_traffic_ratio(
            series.values, row, moved.median, series.categories, series.entities
        )
        breakdown = score_breakdown(
            moved_rest,
            floor,
            intersect(change, rest),
            series.categories,
            row,
            series.values.shape[1],
            traffic,
            lambda sizes: weights.of(series.families, sizes),
        )
        breakdown = with_events(breakdown, events, row, series.values.shape[1])
        ranked = rank_entities(
            series.entities,
            series.categories,
            breakdown.scores.tolist(),
            series.ids,
            series.calls,
            settings.client_entity_pattern,
            series.recorded,
            series.callers,
        )
        ranked = whole_first(ranked, events.whole, row)
        return OnsetEvaluation(series, row, moved, change, rest, breakdown, ranked)

    return at


def _most_changed(placed: Sequence[_Placed], rows: int, settings: AnalysisSettings) -> Matrix:
    """Those that are least like their past, less the expected movement, shape (M, T): they tell when."""
    ordered = sorted(placed, key=lambda p: (-p[0].change_score, p[1]))
    candidates = [c for c, _ in ordered[: candidates_considered(settings)]]
    return residual_of(candidates, _values_of(candidates, rows))


def _values_of(candidates: Sequence[Candidate], rows: int) -> Matrix:
    values = np.array([c.values for c in candidates], dtype=np.float64).reshape(len(candidates), rows)
    return without_warm_up(values, [c.born for c in candidates])


def _strongest(
    placed: Sequence[_Placed],
    rows: int,
    weights: ChanceWeights,
    settings: AnalysisSettings,
    scope: Scope,
    events: EventSeries,
) -> Candidates:
    """Those that moved farthest, what is expected by chance taken off.

    Ties by series id, so that the same scans in any order give the same candidates.
    """
    families = [family_of(c.labels, c.derivation) for c, _ in placed]
    sizes = np.array([c.screening_score for c, _ in placed], dtype=np.float64)
    worth = sizes * weights.of(families, sizes)
    order = sorted(range(len(placed)), key=lambda i: (-worth[i], -sizes[i], placed[i][1]))
    placed = [placed[i] for i in order[: candidates_considered(settings)]]
    candidates = [c for c, _ in placed]
    values = _values_of(candidates, rows)
    recorded = recorded_among([c.labels for c in candidates], values)
    candidates = [*candidates, *events.candidates]
    values = np.concatenate([values, events.presence]) if len(events.rows) else values
    subjects = [scope.subject_of(c.labels) for c in candidates]
    entities = [scope.entity(subject) for subject in subjects]
    return Candidates(
        candidates=candidates,
        ids=[*(own for _, own in placed), *(series_id(c.labels, c.derivation) for c in events.candidates)],
        # What a rule made is about what it was made of, whatever labels the rule left.
        entities=[entities[recorded.originals.get(i, i)] for i in range(len(entities))],
        subjects=subjects,
        callers=[scope.caller_of(c.labels) for c in candidates],
        categories=["health" if c.event else c.category for c in candidates],
        families=[family_of(c.labels, c.derivation) for c in candidates],
        values=values,
        residual=residual_of(candidates, values),
        recorded=recorded,
        texts=events.texts,
    )


def _pooled(results: Sequence[ShardResult]) -> dict[str, Vector]:
    pools: dict[str, list[Vector]] = defaultdict(list)
    for result in results:
        for category, scales in result.scales.items():
            pools[category].append(scales.astype(np.float64))
    return {category: np.concatenate(parts) for category, parts in pools.items()}
