"""How far series moved from their baselines since a row, and how far they usually lie from them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.metrics.category_rules import COUNTED
from patternwatch.analysis.scoring.offsets import OffsetsSince, offsets_since
from patternwatch.contracts.series import Flags, Matrix, Vector
from patternwatch.detectors.quantiles import SortedRows, quantile, sorted_rows

_USUAL_QUANTILE = 0.8
"""Quantile of the distances since the onset that counts as the usual one."""
_CHANCE = 0.02
"""Rare failures count by their mean where so many of them lie since the row by chance in fewer cases: three
in 60 rows after 240, five in 120 after 180 (`detectors/moves.py`)."""
_MOVED = 0.5
"""Part of the peak's distance from which a series has moved."""
_IQR_OF_NORMAL = 1.349
"""Interquartile range of a normal distribution, in standard deviations."""
_FARTHEST_OF_NORMAL = 3.0
"""The farthest of some 240 normal points, in standard deviations."""


@dataclass(frozen=True, slots=True)
class DeviationStats:
    """How far N series moved from their baselines since a row; shape (N,) each, in the series' own unit.

    median    of the baseline; NaN where the baseline has no point
    spread    robust scale of the baseline: the IQR as a standard deviation, or a third of the largest
              distance from the median, whichever is larger
    peak      the value farthest from the median since the row
    distance  |peak - median|
    usual     80 % quantile of |x - median| since the row; of failures that come more seldom, how many more
              there are in the mean than before it
    onset     first row where the series was at least half as far from the median as at its peak
    opposite  how far it went in the other direction, as a part of `distance`
    """

    median: Vector
    spread: Vector
    peak: Vector
    distance: Vector
    usual: Vector
    onset: npt.NDArray[np.intp]
    opposite: Vector


def baseline_scale(baseline: SortedRows) -> tuple[Vector, Vector]:
    """Median and spread (see `DeviationStats`) of the rows of a baseline, shape (N,) each.

    >>> median, spread = baseline_scale(sorted_rows(np.array([[1.0, 2.0, 3.0, 2.0]])))
    >>> median.tolist(), spread.round(2).tolist()
    ([2.0], [0.37])
    """
    ordered, counts = baseline
    median, iqr = _middle(baseline)
    rows = np.arange(len(ordered))
    highest = ordered[rows, np.maximum(counts - 1, 0).astype(np.intp)]
    return median, _spread(iqr, np.maximum(highest - median, median - ordered[:, 0]))


def lasting_spread(values: Matrix, baseline: SortedRows) -> Vector:
    """Spread of a baseline (see `DeviationStats`) as far as both of its halves have it, shape (N,).

    values    its rows, shape (N, T); NaN is a gap
    baseline  `sorted_rows` of them

    What lies far out in one half alone is not usual: a fault that began before its alert came, say. A half
    without a point says nothing.

    >>> values = np.array([[1.0, 2.0, 3.0, 2.0, 1.0, 3.0, 2.0, 90.0]])
    >>> lasting_spread(values, sorted_rows(values)).round(2).tolist()
    [0.93]
    """
    median, iqr = _middle(baseline)
    distance = np.abs(values - median[:, None])
    earlier, later = (np.fmax.reduce(half, axis=1) for half in np.array_split(distance, 2, axis=1))
    return _spread(iqr, np.fmin(earlier, later))


def _middle(baseline: SortedRows) -> tuple[Vector, Vector]:
    """Median and interquartile range, shape (N,) each."""
    return quantile(*baseline, 0.5), quantile(*baseline, 0.75) - quantile(*baseline, 0.25)


def _spread(iqr: Vector, farthest: Vector) -> Vector:
    return np.asarray(np.maximum(iqr / _IQR_OF_NORMAL, farthest / _FARTHEST_OF_NORMAL))


def are_failures(categories: Sequence[str], derivations: Sequence[str]) -> Flags:
    """Which of N series count failures, one by one: where few calls come, they come in few rows.

    >>> are_failures(["error", "error", "traffic"], ["rate", "", "rate"]).tolist()
    [True, False, False]
    """
    told = zip(categories, derivations, strict=True)
    return np.array([category == "error" and own in COUNTED for category, own in told], dtype=bool)


def deviation_stats(
    values: Matrix,
    split: int,
    baseline: SortedRows | None = None,
    failures: Flags | None = None,
) -> DeviationStats:
    """How far a batch moved from the row `split` on.

    values    shape (N, T); NaN is a gap
    baseline  `sorted_rows` of the rows before `split`, where they are at hand
    failures  which of them count failures (`are_failures`), where that is known

    >>> stats = deviation_stats(np.array([[1.0, 2.0, 3.0, 2.0, 3.0, 9.0]]), 4)
    >>> stats.peak.tolist(), stats.distance.tolist(), stats.onset.tolist()
    ([9.0], [7.0], [5])
    """
    median, spread = baseline_scale(sorted_rows(values[:, :split]) if baseline is None else baseline)
    rows, seen = np.arange(len(values)), np.empty((len(OffsetsSince._fields), len(values)))
    offsets_since(values, split, median, _USUAL_QUANTILE, _MOVED, seen)
    since = OffsetsSince(*seen)
    distance, usual = np.maximum(since.highest, -since.lowest), since.usual
    if failures is not None:
        by_chance = (1.0 - split / values.shape[1]) ** since.moved
        rare = np.flatnonzero(failures & (usual == 0.0) & (by_chance < _CHANCE))
        usual[rare] = _more_in_the_mean(values[rare], split, median[rare])
    with np.errstate(invalid="ignore"):
        opposite = np.nan_to_num(np.minimum(since.highest, -since.lowest) / distance, nan=0.0)
    return DeviationStats(
        median=median,
        spread=spread,
        peak=values[rows, since.farthest.astype(np.intp)],
        distance=distance,
        usual=usual,
        onset=since.onset.astype(np.intp),
        opposite=opposite,
    )


def _more_in_the_mean(values: Matrix, split: int, median: Vector) -> Vector:
    """How much farther from the median N series are since the row than before it, in the mean; at least 0."""
    distance = np.abs(values - median[:, None])
    return np.asarray(
        np.maximum(np.nanmean(distance[:, split:], axis=1) - np.nanmean(distance[:, :split], axis=1), 0.0)
    )
