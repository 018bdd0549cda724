"""How much does a series tell? Its movement since the onset, in units of its usual spread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.metric_categories import CATEGORIES
from patternwatch.contracts.series import Matrix
from patternwatch.detectors import Detection
from patternwatch.detectors.quantiles import quantile, sorted_rows

Vector = npt.NDArray[np.float64]

_LATE_COST = 0.3
_MAX_FLOOR = 0.05


@dataclass(frozen=True, slots=True)
class DeviationStats:
    """What N series did since a row, each of shape (N,); NaN where no point is there.

    median   of the baseline
    spread   robust scale of the baseline: the IQR as a standard deviation, or a third of the largest
             distance from the median, whichever is larger
    peak     the value farthest from the median since the onset
    distance |peak - median|
    usual    80 % quantile of |x - median| since the onset
    onset    first row where the series was at least half as far as at its peak
    opposite how far it went the other way, as a part of `distance`
    """

    median: Vector
    spread: Vector
    peak: Vector
    distance: Vector
    usual: Vector
    onset: npt.NDArray[np.intp]
    opposite: Vector


def baseline_scale(values: Matrix, split: int) -> tuple[Vector, Vector]:
    """Median and spread (see `DeviationStats`) of the rows before the split, shape (N,) each."""
    ordered, counts = sorted_rows(values[:, :split])
    median = quantile(ordered, counts, 0.5)
    iqr = quantile(ordered, counts, 0.75) - quantile(ordered, counts, 0.25)
    rows = np.arange(len(ordered))
    highest = ordered[rows, np.maximum(counts - 1, 0).astype(np.intp)]
    farthest = np.maximum(highest - median, median - ordered[:, 0])
    return median, np.maximum(iqr / 1.349, farthest / 3.0)


def deviation_stats(values: Matrix, split: int) -> DeviationStats:
    """Measure a batch, shape (N, T), from the row `split` on."""
    median, spread = baseline_scale(values, split)
    offset = values[:, split:] - median[:, None]
    ordered, counts = sorted_rows(np.abs(offset))
    gap_free = np.nan_to_num(offset, nan=0.0)
    rows = np.arange(len(values))
    at = np.argmax(np.abs(gap_free), axis=1)
    distance = np.abs(gap_free[rows, at])
    other_way = np.where(gap_free[rows, at] >= 0, -gap_free.min(axis=1), gap_free.max(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        opposite = np.nan_to_num(np.maximum(other_way, 0.0) / distance, nan=0.0)
    return DeviationStats(
        median=median,
        spread=spread,
        peak=values[rows, split + at],
        distance=distance,
        usual=np.nan_to_num(quantile(ordered, counts, 0.8), nan=0.0),
        onset=split + np.argmax(np.abs(gap_free) >= 0.5 * distance[:, None], axis=1),
        opposite=opposite,
    )


def scales_with_floors(moved: DeviationStats, categories: Sequence[str], floors: Vector) -> Vector:
    """The scale that a movement is held against, shape (N,).

    A flat baseline would make any twitch enormous: at least 2 % of the median (not for shares), 1 % of
    the peak, and what is usual for series of its kind (`floors`, shape (N,)). The last is at most 5 % of
    the peak, since metrics of one kind may be in different units.
    """
    share = np.array([CATEGORIES[category].is_share for category in categories], dtype=bool)
    min_scale = np.where(share, 0.0, 0.02 * np.abs(moved.median))
    peak = np.abs(moved.peak)
    usual = np.minimum(floors, _MAX_FLOOR * peak)
    return np.asarray(np.maximum.reduce([moved.spread, min_scale, 0.01 * peak, usual]))


def log_size(moved: DeviationStats, scale: Vector) -> Vector:
    """ln(1 + size), shape (N,): the geometric mean of the peak and usual distance, over the scale."""
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.sqrt(moved.distance) * np.sqrt(moved.usual) / scale
    return np.asarray(np.log1p(np.nan_to_num(size, nan=0.0, posinf=0.0)))


@dataclass(frozen=True, slots=True)
class ScoreBreakdown:
    """The score of N series and what it is made of: the product of all but `scale`, each of shape (N,).

    scale   what the movement was held against, in the series' own unit
    size    ln(1 + movement / scale)
    early   1 at the onset, falling to 0.7 at the end of the window
    kind    what a change of this kind in this direction says about a cause
    normal  how abnormal the filter holds it, 0 where it does not flag it
    left    what is left of the traffic that a share is a share of
    """

    scale: Vector
    size: Vector
    early: Vector
    category: Vector
    normal: Vector
    traffic: Vector

    @property
    def scores(self) -> Vector:
        """How strongly each series points at a cause, at least 0."""
        return np.asarray(self.size * self.early * self.category * self.normal * self.traffic)


def score_breakdown(
    moved: DeviationStats,
    floors: Vector,
    change: Detection,
    categories: Sequence[str],
    row: int,
    rows: int,
    traffic: Vector,
) -> ScoreBreakdown:
    """Weigh N series that moved so since `row` of `rows`.

    floors  the usual scale of each series' kind
    change  what the filter says of them from that row on
    left    see `ScoreBreakdown`
    """
    scale = scales_with_floors(moved, categories, floors)
    risen = moved.peak >= moved.median
    category = [
        CATEGORIES[category].weight * (CATEGORIES[category].rise if up else CATEGORIES[category].fall)
        for category, up in zip(categories, risen, strict=True)
    ]
    return ScoreBreakdown(
        scale=scale,
        size=log_size(moved, scale),
        early=1.0 - _LATE_COST * (moved.onset - row) / max(rows - row, 1),
        category=np.array(category, dtype=np.float64),
        normal=np.where(change.flagged, np.clip(change.score, 0.0, 1.0), 0.0),
        traffic=traffic,
    )


def pooled_floors(scales: Mapping[str, Vector]) -> dict[str, float]:
    """The median scale of each pool of like series; sorted first, so that its order is of no account."""
    return {pool: float(np.median(np.sort(scale))) for pool, scale in scales.items() if len(scale)}
