"""Seasonality: what the same window one day (or one week) earlier foretells of this one.

A daily rise is new to the window but not to the series. Where the earlier window moved alike, its
movement is taken off, and what is left is judged as any series is. Three rules keep this from hiding a
fault: the earlier movement counts as much as it was or less, likeness by chance counts nothing, and a
series is abnormal only if it is so both as it is and without that movement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import median_filter

from patternwatch.contracts.messages import Candidate
from patternwatch.contracts.series import Matrix
from patternwatch.detectors import CHANGE, Detection
from patternwatch.detectors.quantiles import quantile, sorted_rows

Vector = npt.NDArray[np.float64]

_MAX_LEFT = 0.7
"""Share of a series' squared movement that the earlier one may leave; more of it, and they are not alike."""
_WIDTH = 9
"""Rows of the running median of the earlier movement: it keeps steps and ramps, and drops noise."""
_LAGS = (-1, 0, 1)
"""Rows by which a movement may come later than then."""


@dataclass(frozen=True, slots=True)
class SeasonalComparison:
    """What the earlier window does to the judgement of N series.

    known     which series it knows, shape (N,)
    foretold  movement that it foretells, by row: shape (T,), from the baseline's median
    score     the change ratio's score at the split, never more than without it, shape (N,)
    interest  its best score at any split from the earliest on, likewise, shape (N,)
    """

    known: npt.NDArray[np.bool_]
    expected: Mapping[int, Vector]
    score: Vector
    screening_score: Vector

    def residual(self, values: Matrix) -> Matrix:
        """The values without the movement that was foretold."""
        residual = values.copy()
        for row, movement in self.expected.items():
            residual[row] -= movement
        return residual


def compare(
    values: Matrix,
    earlier: Matrix,
    split: int,
    earliest: int,
    score: Vector,
    screening_score: Vector,
    min_score: float,
) -> SeasonalComparison:
    """Judge anew, without what the earlier window foretells, the series that changed.

    values, earlier  this window and the earlier one, shape (N, T); NaN is a gap
    score, interest  as `CHANGE.over_splits` tells them, shape (N,)
    least            interest under which a series is left as it is
    """
    known = np.asarray(~np.isnan(earlier).all(axis=1))
    rows = np.flatnonzero(known & (screening_score >= min_score))
    movement = expected(values[rows], earlier[rows], split)
    detection, best = CHANGE.over_splits(values[rows] - movement, split, earliest)
    score, screening_score = score.copy(), screening_score.copy()
    score[rows] = np.minimum(score[rows], detection.score)
    screening_score[rows] = np.minimum(screening_score[rows], best)
    moved = movement.any(axis=1)
    return SeasonalComparison(
        known, dict(zip(rows[moved].tolist(), movement[moved], strict=True)), score, screening_score
    )


def residual_of(candidates: Sequence[Candidate], values: Matrix) -> Matrix:
    """The candidates' values, shape (N, T), without what was foretold of each."""
    residual = values
    for i, candidate in enumerate(candidates):
        if candidate.expected is not None and len(candidate.expected):
            residual = values.copy() if residual is values else residual
            residual[i] -= candidate.expected
    return residual


def intersect(change: Detection, residual: Detection) -> Detection:
    """Abnormal only where both are: as the series is, and without what was foretold of it."""
    return Detection(
        np.minimum(change.score, residual.score), change.flagged & residual.flagged, change.figures
    )


def expected(values: Matrix, earlier: Matrix, split: int) -> Matrix:
    """The movement that the earlier window foretells, shape (N, T); 0 all along where none.

    The running median of the earlier movement (from its own median before the split), moved by the lag and
    times the gain of 0 to 1 that fit best by least squares.
    """
    own = _movement(values, split)
    then = _held(_movement(earlier, split))
    then = median_filter(then, size=(1, _WIDTH), mode="nearest")
    best = np.zeros_like(own)
    residual = _MAX_LEFT * _squares(own)
    for lag in _LAGS:
        moved = _later(then, lag)
        seen = np.where(np.isnan(own), 0.0, moved)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            gain = np.nansum(own * seen, axis=1) / _squares(seen)
        gain = np.clip(np.nan_to_num(gain, nan=0.0), 0.0, 1.0)[:, None]
        rest = _squares(own - gain * seen)
        better = rest < residual
        best[better] = (gain * moved)[better]
        residual[better] = rest[better]
    return best


def _squares(moved: Matrix) -> Vector:
    with np.errstate(over="ignore"):
        return np.asarray(np.nansum(moved**2, axis=1))


def _movement(values: Matrix, split: int) -> Matrix:
    return values - quantile(*sorted_rows(values[:, :split]), 0.5)[:, None]


def _held(moved: Matrix) -> Matrix:
    """Gaps hold the point before them, 0 before the first."""
    rows = np.arange(moved.shape[1])
    last = np.maximum.accumulate(np.where(np.isnan(moved), -1, rows), axis=1)
    return np.where(last >= 0, np.take_along_axis(moved, np.maximum(last, 0), axis=1), 0.0)


def _later(moved: Matrix, lag: int) -> Matrix:
    """The same, `lag` rows later; the edges hold their value."""
    last = moved.shape[1] - 1
    return np.asarray(moved[:, np.clip(np.arange(last + 1) - lag, 0, last)])
