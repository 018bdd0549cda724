"""Seasonality: the movement that the same window one day (or one week) earlier leads to expect.

A daily rise is new to the window but not to the series. Where the earlier window moved alike, its movement
is subtracted, and the residual is judged as any series is. Three rules keep this from hiding a fault: the
earlier movement counts at most as large as it was, likeness by chance does not count, and a series is
abnormal only if both the series and its residual are. The constants were chosen on generated series; their
figures are in docs/method.md, "Seasonality".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter

from patternwatch.analysis.scoring.changed import by_meaning
from patternwatch.contracts.series import Flags, Matrix, Vector
from patternwatch.contracts.shard_results import Candidate
from patternwatch.detectors import CHANGE, Detection
from patternwatch.detectors.quantiles import quantile, sorted_rows

_MAX_UNEXPLAINED = 0.7
"""Part of a series' squared movement that the earlier one may leave unexplained and still count as alike."""
_MEDIAN_WIDTH = 9
"""Rows of the running median of the earlier movement: it keeps steps and ramps, and drops noise."""
_LAGS = (-1, 0, 1)
"""Rows by which a movement may come later than it did in the earlier window."""


@dataclass(frozen=True, slots=True)
class SeasonalComparison:
    """How the earlier window changes the scores of N series.

    known            whether the earlier window holds the series, shape (N,)
    expected         by series, the expected movement from the baseline's median, shape (T,); only for
                     series of which a movement is expected
    score            the change ratio's score at the split, at most as high as without it, shape (N,)
    change           its best score at any split from the earliest on, likewise, shape (N,)
    """

    known: Flags
    expected: Mapping[int, Vector]
    score: Vector
    change: Vector

    def residual(self, values: Matrix) -> Matrix:
        """The values, shape (N, T), less the expected movement; a new array."""
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
    change: Vector,
    min_score: float,
    categories: Sequence[str],
) -> SeasonalComparison:
    """Score the series that changed again, without the movement that the earlier window leads to expect.

    values, earlier         this window and the earlier one, shape (N, T); NaN is a gap
    split, earliest         the nominal split, and the first row at which an onset may lie
    score, change           from `CHANGE.over_splits`, shape (N,)
    min_score               screening score under which a series keeps its scores
    categories              N metric categories

    >>> rng = np.random.default_rng(0)
    >>> morning = 20.0 * np.clip((np.arange(300) - 235) / 50, 0, 1)
    >>> today, yesterday = (100.0 + rng.normal(size=(1, 300)) + morning for _ in range(2))
    >>> detection, change = CHANGE.over_splits(today, 240, 60)
    >>> compared = compare(today, yesterday, 240, 60, detection.score, change, 0.5, ["cpu"])
    >>> bool(detection.score[0] >= CHANGE.threshold), bool(compared.score[0] >= CHANGE.threshold)
    (True, False)
    """
    known = np.asarray(~np.isnan(earlier).all(axis=1))
    rows = np.flatnonzero(known & (change >= min_score))
    movement = expected(values[rows], earlier[rows], split)
    detection, best = CHANGE.over_splits(values[rows] - movement, split, earliest)
    detection = by_meaning(detection, [categories[i] for i in rows.tolist()])
    score, change = score.copy(), change.copy()
    score[rows] = np.minimum(score[rows], detection.score)
    change[rows] = np.minimum(change[rows], best)
    moved = movement.any(axis=1)
    return SeasonalComparison(
        known, dict(zip(rows[moved].tolist(), movement[moved], strict=True)), score, change
    )


def residual_of(candidates: Sequence[Candidate], values: Matrix) -> Matrix:
    """The candidates' values, shape (N, T), less the expected movement of each.

    Returns `values` itself where no movement is expected of any.

    >>> candidate = Candidate(
    ...     labels={}, derivation="", category="cpu", screening_score=1.0,
    ...     values=np.array([1, 3], np.float32), expected=np.array([0, 2], np.float32),
    ... )
    >>> residual_of([candidate], np.array([[1.0, 3.0]])).tolist()
    [[1.0, 1.0]]
    """
    residual = values
    for i, candidate in enumerate(candidates):
        if candidate.expected is not None and len(candidate.expected):
            residual = values.copy() if residual is values else residual
            residual[i] -= candidate.expected
    return residual


def intersect(change: Detection, residual: Detection) -> Detection:
    """Flagged only where both detections are; the score is the lower one, the figures those of `change`.

    change, residual  the change ratio of N series and of their residuals

    >>> change = Detection(np.array([3.0, 3.0]), np.array([True, True]))
    >>> residual = Detection(np.array([2.0, 0.5]), np.array([True, False]))
    >>> intersect(change, residual).flagged.tolist()
    [True, False]
    """
    return Detection(
        np.minimum(change.score, residual.score), change.flagged & residual.flagged, change.figures
    )


def expected(values: Matrix, earlier: Matrix, split: int) -> Matrix:
    """The movement that the earlier window leads to expect, shape (N, T); 0 in every row where none.

    values, earlier  this window and the earlier one, shape (N, T); NaN is a gap
    split            first row of the current part; movements are distances from the median before it

    The running median of the earlier movement, shifted by the lag and multiplied by the gain (0 to 1) that
    fit best by least squares.

    >>> step = np.where(np.arange(300) >= 240, 10.0, 0.0)[None]
    >>> expected(100.0 + step, 50.0 + step, 240)[0, [0, 250]].tolist()
    [0.0, 10.0]
    >>> expected(100.0 + step, 50.0 - step, 240)[0, [0, 250]].tolist()  # moved the other way
    [0.0, 0.0]
    """
    own = _movement(values, split)
    then = _held(_movement(earlier, split))
    then = median_filter(then, size=(1, _MEDIAN_WIDTH), mode="nearest")
    best = np.zeros_like(own)
    residual = _MAX_UNEXPLAINED * _squares(own)
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
    """Gaps take the value of the point before them, 0 before the first point."""
    rows = np.arange(moved.shape[1])
    last = np.maximum.accumulate(np.where(np.isnan(moved), -1, rows), axis=1)
    return np.where(last >= 0, np.take_along_axis(moved, np.maximum(last, 0), axis=1), 0.0)


def _later(moved: Matrix, lag: int) -> Matrix:
    """The movement `lag` rows later; the edges repeat their value."""
    last = moved.shape[1] - 1
    return np.asarray(moved[:, np.clip(np.arange(last + 1) - lag, 0, last)])
