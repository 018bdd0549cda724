"""From the scans of a request to judged candidates: one onset, and each series' score from there on."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.candidates import candidates_considered
from patternwatch.analysis.entities import Entity, Ranked, callee_of, entity_of, rank_entities
from patternwatch.analysis.onset import likely_onsets
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
from patternwatch.contracts.messages import Candidate, ShardResult
from patternwatch.contracts.series import Matrix, Window
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.detectors import CHANGE, Detection

Vector = npt.NDArray[np.float64]

_HALF_LIFE_ROWS = 20
"""What moves so many rows after a row is half as much evidence that the trouble began at that row."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The strongest series of a request, N of them.

    values  shape (N, T)
    left    the same without what an earlier window foretells, where the request compares with one
    """

    candidates: Sequence[Candidate]
    ids: Sequence[str]
    entities: Sequence[Entity]
    categories: Sequence[str]
    callees: Sequence[str]
    values: Matrix
    residual: Matrix


@dataclass(frozen=True, slots=True)
class OnsetEvaluation:
    """What is known of N candidates if the trouble began at the row `onset`; arrays of shape (N,)."""

    series: Candidates
    onset: int
    moved: DeviationStats
    change: Detection
    residual: Detection
    """The change ratio without what an earlier window foretells."""
    breakdown: ScoreBreakdown
    ranked: Sequence[Ranked]

    @property
    def scores(self) -> Vector:
        """How strongly each series points at a cause."""
        return self.breakdown.scores

    @property
    def evidence(self) -> float:
        """How clearly something begins here: the highest score of an entity, less where it moves later."""
        return max((r.score / self._delay(r.members[0]) for r in self.ranked), default=0.0)

    def _delay(self, first: int) -> float:
        rows = int(self.moved.onset[first]) - self.onset - 1
        return 1.0 + max(rows, 0) / _HALF_LIFE_ROWS


def evaluate_onsets(
    window: Window, results: Sequence[ShardResult], settings: AnalysisSettings
) -> OnsetEvaluation:
    """The strongest candidates, judged from the row on where the trouble most likely began.

    Each row that votes or gains propose is tried: the one from which on something stands out most, times
    how likely it is as an onset, wins. A fault that lies in the baseline hides itself, so at a wrong row
    its entity scores little.
    """
    series = _strongest(results, settings)
    votes = np.sum([np.array(r.votes, dtype=np.int64) for r in results], axis=0)
    floors = pooled_floors(_pooled(results))
    at = _evaluator(series, floors, settings)
    priors = likely_onsets(votes, series.residual, window.split_row, window.step_ms)
    tried = {row: at(row) for row in priors}
    return tried[max(priors, key=lambda row: (priors[row] * tried[row].evidence, row == window.split_row))]


def _evaluator(
    series: Candidates, floors: Mapping[str, float], settings: AnalysisSettings
) -> Callable[[int], OnsetEvaluation]:
    floor = np.array([floors.get(category, 0.0) for category in series.categories])

    def at(row: int) -> OnsetEvaluation:
        moved = deviation_stats(series.values, row)
        change = CHANGE(series.values, row)
        rest, moved_rest = change, moved
        if series.residual is not series.values:
            rest, moved_rest = CHANGE(series.residual, row), deviation_stats(series.residual, row)
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
        )
        ranked = rank_entities(
            series.entities,
            series.categories,
            breakdown.scores.tolist(),
            series.ids,
            series.callees,
            settings.client_entity_pattern,
        )
        return OnsetEvaluation(series, row, moved, change, rest, breakdown, ranked)

    return at


def _strongest(results: Sequence[ShardResult], settings: AnalysisSettings) -> Candidates:
    """Ties by series id, so that the same scans in any order give the same candidates."""
    placed = [(c, series_id(c.labels, c.derivation)) for r in results for c in r.candidates]
    placed.sort(key=lambda p: (-p[0].screening_score, p[1]))
    placed = placed[: candidates_considered(settings)]
    candidates = [c for c, _ in placed]
    rows = len(results[0].votes) if results else 0
    values = np.array([c.values for c in candidates], dtype=np.float64).reshape(len(candidates), rows)
    return Candidates(
        candidates=candidates,
        ids=[own for _, own in placed],
        entities=[entity_of(c.labels, settings.entity_labels) for c in candidates],
        categories=[c.category for c in candidates],
        callees=[callee_of(c.labels, settings.peer_labels) for c in candidates],
        values=values,
        residual=residual_of(candidates, values),
    )


def _pooled(results: Sequence[ShardResult]) -> dict[str, Vector]:
    pools: dict[str, list[Vector]] = defaultdict(list)
    for result in results:
        for category, scales in result.scales.items():
            pools[category].append(scales.astype(np.float64))
    return {category: np.concatenate(parts) for category, parts in pools.items()}
