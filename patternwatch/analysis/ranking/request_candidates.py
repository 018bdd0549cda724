"""The strongest series of a request, put together from its scans, and those that tell best when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.entities.call_graph import NO_CALLS, CallGraph
from patternwatch.analysis.entities.entities import Entity
from patternwatch.analysis.identity.queue_consumers import with_queues_of_consumers
from patternwatch.analysis.identity.scope import Scope
from patternwatch.analysis.identity.unseen_callees import with_unseen_callees
from patternwatch.analysis.identity.unserved_queues import with_unserved_queues
from patternwatch.analysis.lifecycle.judgement import EventSeries
from patternwatch.analysis.lifecycle.warm_up import without_warm_up
from patternwatch.analysis.planning.candidates import candidates_considered
from patternwatch.analysis.scoring.chance import ChanceWeights
from patternwatch.analysis.scoring.family_movements import family_of
from patternwatch.analysis.scoring.limits_reached import Limits
from patternwatch.analysis.scoring.recurrent_trouble import MAX_RECURRENT, past_trouble
from patternwatch.analysis.scoring.seasonal import residual_of
from patternwatch.analysis.series.recording_rules import NOTHING_RECORDED, Recorded, recorded_among
from patternwatch.contracts.ids import series_id
from patternwatch.contracts.series import Matrix, Window
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shard_results import Candidate
from patternwatch.contracts.subject import Subject

PastRows: TypeAlias = npt.NDArray[np.bool_]
Placed: TypeAlias = tuple[Candidate, str]
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
    called      of those that are about calls of their entity to one that is seen: whom, else empty
    texts       of those that ended or began: what happened to their workload; they are the last of them, and
                `values` holds whether they are there (1 or 0)
    past        rows in which each had the trouble before that it has now, shape (N, T)
    limits      how much there may be of what each counts, where that is known
    """

    candidates: Sequence[Candidate]
    ids: Sequence[str]
    entities: Sequence[Entity]
    categories: Sequence[str]
    families: Sequence[str]
    values: Matrix
    residual: Matrix
    limits: Limits
    subjects: Sequence[Subject]
    recorded: Recorded = NOTHING_RECORDED
    calls: CallGraph = NO_CALLS
    callers: Sequence[str] = ()
    called: Sequence[str] = ()
    texts: Sequence[str] = ()
    past: PastRows = field(default_factory=lambda: np.zeros((0, 0), dtype=bool))

    def before(self, values: Matrix, row: int) -> Matrix:
        """The values, or residuals, without the past trouble before a row, which is not normal."""
        rows = self.past[:, :row] if self.past.any() else self.past[:0]
        if not rows.any():
            return values
        values = values.copy()
        values[:, :row][rows] = np.nan
        return values

    def event_text(self, i: int) -> str:
        """What happened to the workload of candidate `i`, where it ended or began; else empty."""
        place = i - (len(self.candidates) - len(self.texts))
        return self.texts[place] if place >= 0 else ""


def strongest(
    candidates: Iterable[Candidate], weights: ChanceWeights, settings: AnalysisSettings
) -> list[Placed]:
    """Those that moved farthest, what is expected by chance taken off, the first one most.

    candidates  of all shards, in any order; those that moved count
    weights     from sizes to what of them is not chance

    Ties by series id, so that the same scans in any order give the same candidates. Nothing may be left out
    before: a lone shard has sent the strongest only, and could not fill the places that become free.

    >>> sent = [Candidate(labels={"__name__": name}, derivation="", category="cpu", screening_score=score,
    ...                   values=np.zeros(3)) for name, score in (("idle", 0.1), ("busy", 3.0))]
    >>> [own.labels["__name__"] for own, _ in strongest(sent, ChanceWeights([]), AnalysisSettings())]
    ['busy', 'idle']
    """
    placed = [(c, series_id(c.labels, c.derivation)) for c in candidates if not c.event and not c.recurs]
    families = [family_of(c.labels, c.derivation) for c, _ in placed]
    sizes = np.array([c.screening_score for c, _ in placed], dtype=np.float64)
    worth = sizes * weights.of(families, sizes)
    order = sorted(range(len(placed)), key=lambda i: (-worth[i], -sizes[i], placed[i][1]))
    return [placed[i] for i in order[: candidates_considered(settings)]]


def recurrent(candidates: Iterable[Candidate]) -> list[Placed]:
    """Those that burst as before, of all shards in any order, the strongest first.

    >>> sent = [Candidate(labels={"__name__": name}, derivation="", category="cpu", screening_score=3.0,
    ...                   values=np.zeros(3), recurs=name == "backup") for name in ("busy", "backup")]
    >>> [own.labels["__name__"] for own, _ in recurrent(sent)]
    ['backup']
    """
    placed = [(c, series_id(c.labels, c.derivation)) for c in candidates if c.recurs]
    return sorted(placed, key=lambda p: (-p[0].screening_score, p[1]))[:MAX_RECURRENT]


def candidates_in_columns(
    placed: Sequence[Placed], window: Window, scope: Scope, events: EventSeries
) -> Candidates:
    """Those that moved, as they are placed, and those whose trouble is back; then what ended or began.

    placed  the strongest of all shards, the first one most; then those that burst as before
    scope   names the entities

    >>> window = Window(start_ms=0, split_ms=240_000, end_ms=299_000, step_ms=1000)
    >>> busy = Candidate(labels={"__name__": "cpu_usage", "job": "cart"}, derivation="", category="cpu",
    ...                  screening_score=3.0, values=np.repeat((1.0, 9.0), (240, 60)))
    >>> scope, no_events = Scope([], AnalysisSettings()), EventSeries.none(300)
    >>> found = candidates_in_columns([(busy, "s1")], window, scope, no_events)
    >>> found.values.shape, [entity.name for entity in found.entities]
    ((1, 300), ['cart'])
    """
    subjects = [scope.subject_of(c.labels) for c, _ in placed]
    kept, past = _with_past_trouble(placed, window, [scope.entity(one).name for one in subjects])
    placed = [placed[i] for i in kept]
    candidates = [c for c, _ in placed]
    values = _values_of(candidates, window.rows)
    recorded = recorded_among([c.labels for c in candidates], values)
    candidates = [*candidates, *events.candidates]
    values = np.concatenate([values, events.presence]) if len(events.rows) else values
    labels = [c.labels for c in candidates]
    categories = ["health" if c.event else c.category for c in candidates]
    categories = with_unserved_queues(labels, categories, values)
    subjects = [subjects[i] for i in kept] + [scope.subject_of(c.labels) for c in events.candidates]
    subjects = with_queues_of_consumers(labels, categories, subjects)
    subjects, callers, called = with_unseen_callees(labels, categories, subjects, scope)
    entities = [scope.entity(subject) for subject in subjects]
    return Candidates(
        candidates=candidates,
        ids=[*(own for _, own in placed), *(series_id(c.labels, c.derivation) for c in events.candidates)],
        # What a rule made is about what it was made of, whatever labels the rule left.
        entities=[entities[recorded.originals.get(i, i)] for i in range(len(entities))],
        subjects=subjects,
        callers=callers,
        called=called,
        categories=categories,
        families=[family_of(c.labels, c.derivation) for c in candidates],
        values=values,
        residual=residual_of(candidates, values),
        limits=Limits.unknown(len(candidates)),
        recorded=recorded,
        texts=events.texts,
        past=np.concatenate([past, np.zeros(events.presence.shape, dtype=bool)]),
    )


def _with_past_trouble(
    placed: Sequence[Placed], window: Window, names: Sequence[str]
) -> tuple[list[int], PastRows]:
    """Positions of those that do not only burst as before, sharing no trouble; their rows of past trouble.

    names  the entity of each
    """
    candidates = [c for c, _ in placed]
    past = past_trouble(
        _values_of(candidates, window.rows), window.split_row, [c.category for c in candidates], names
    )
    kept = [i for i, c in enumerate(candidates) if not c.recurs or past[i].any()]
    return kept, past[kept]


def most_changed(placed: Sequence[Placed], rows: int) -> Matrix:
    """Those least like their past first, less the expected movement, shape (M, T): they tell when.

    >>> sent = [Candidate(labels={}, derivation="", category="cpu", screening_score=3.0, change_score=score,
    ...                   values=np.full(3, score)) for score in (0.5, 2.0)]
    >>> most_changed([(own, "") for own in sent], 3)[:, 0].tolist()
    [2.0, 0.5]
    """
    ordered = sorted(placed, key=lambda p: (-p[0].change_score, p[1]))
    candidates = [c for c, _ in ordered]
    return residual_of(candidates, _values_of(candidates, rows))


def _values_of(candidates: Sequence[Candidate], rows: int) -> Matrix:
    values = np.array([c.values for c in candidates], dtype=np.float64).reshape(len(candidates), rows)
    return without_warm_up(values, [c.born for c in candidates])
