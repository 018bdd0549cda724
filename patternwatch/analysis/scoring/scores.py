"""The score of a series: its movement since the onset in units of its usual spread, times four weights.

The constants were chosen on public fault injections (`python -m benchmarks.ranking DIR`), on a plateau
where a third more or less of each changes the macro figures by about .01; see docs/method.md, "Measured".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from patternwatch.analysis.metrics.categories import CATEGORIES, tells_a_state
from patternwatch.analysis.metrics.good_states import came_to_good
from patternwatch.analysis.metrics.limits import is_limit
from patternwatch.analysis.metrics.planned import tells_plans
from patternwatch.analysis.metrics.space_left import left_of, runs_out, spread_of_left, usual_swing
from patternwatch.analysis.metrics.time_left import tells_time_left
from patternwatch.analysis.scoring.deviations import DeviationStats
from patternwatch.analysis.scoring.limits_reached import Limits, reach_limits
from patternwatch.contracts.series import Matrix, Vector
from patternwatch.detectors import Detection

LATE_COST = 0.3
"""What a series loses that moves only at the end of the window."""
_MIN_SCALE_OF_MEDIAN = 0.02
"""Least scale as a part of the median: a flat baseline would make any twitch enormous. Not for shares."""
_MIN_SCALE_OF_PEAK = 0.01
"""Least scale as a part of the peak, for baselines around 0."""
_MAX_FLOOR_OF_PEAK = 0.05
"""What is usual for others counts up to this part of the peak: their metrics may differ in unit."""
_SHARES = frozenset(category for category, own in CATEGORIES.items() if own.is_share)
_WEIGHTS = (
    {category: own.weight * own.fall for category, own in CATEGORIES.items()},
    {category: own.weight * own.rise for category, own in CATEGORIES.items()},
)
"""How much a change says about a cause: down, up."""


def scales_with_floors(moved: DeviationStats, categories: Sequence[str], floors: Vector) -> Vector:
    """The scale that each movement is divided by, shape (N,), in the series' own unit.

    categories  N metric categories
    floors      what is usual for each series, shape (N,): the scale of its family or category

    It is the spread of the baseline, but at least 2 % of the median (not for shares), 1 % of the peak and
    the floor, which counts up to 5 % of the peak. For a flat share that fell to 0 (`up`) it is 1 % of the
    median, and for any flag: whether well is told as 1 or as 0 says nothing about how far it moved.

    >>> from patternwatch.analysis.scoring.deviations import deviation_stats
    >>> flat = deviation_stats(np.array([[100.0, 100.0, 100.0, 105.0]]), 3)
    >>> scales_with_floors(flat, ["cpu"], np.array([0.0])).tolist()
    [2.0]
    >>> scales_with_floors(flat, ["availability"], np.array([0.0])).tolist()
    [1.05]
    >>> fell = deviation_stats(np.array([[1.0, 1.0, 0.0]]), 2)
    >>> [scales_with_floors(fell, [category], np.zeros(1)).tolist() for category in ("health", "other")]
    [[0.01], [0.01]]
    """
    share = np.array([category in _SHARES for category in categories], dtype=bool)
    share |= (moved.spread == 0.0) & (moved.median == 1.0) & (moved.peak == 0.0)
    min_scale = np.where(share, 0.0, _MIN_SCALE_OF_MEDIAN * np.abs(moved.median))
    peak = np.abs(moved.peak)
    usual = np.minimum(floors, _MAX_FLOOR_OF_PEAK * peak)
    scale = np.maximum.reduce([moved.spread, min_scale, _MIN_SCALE_OF_PEAK * peak, usual])
    return np.asarray(np.where(scale > 0.0, scale, _MIN_SCALE_OF_PEAK * np.abs(moved.median)))


def log_size(moved: DeviationStats, scale: Vector) -> Vector:
    """ln(1 + size), shape (N,): size is the geometric mean of peak and usual distance, over the scale.

    scale  shape (N,); a movement over a scale of 0 has size 0

    >>> from patternwatch.analysis.scoring.deviations import deviation_stats
    >>> stats = deviation_stats(np.array([[1.0, 2.0, 3.0, 2.0, 9.0, 9.0]]), 4)
    >>> log_size(stats, np.array([7.0])).round(3).tolist()
    [0.693]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.sqrt(moved.distance) * np.sqrt(moved.usual) / scale
    return np.asarray(np.log1p(np.nan_to_num(size, nan=0.0, posinf=0.0)))


def category_weights(moved: DeviationStats, categories: Sequence[str]) -> Vector:
    """How much a change of each category in its direction says about a cause, shape (N,).

    >>> from patternwatch.analysis.scoring.deviations import deviation_stats
    >>> fell = deviation_stats(np.array([[9.0, 9.0, 9.0, 1.0]]), 3)
    >>> category_weights(fell, ["latency"]).tolist(), category_weights(fell, ["error"]).tolist()
    ([0.5], [0.0])
    """
    ups = (moved.peak >= moved.median).tolist()
    weights = [_WEIGHTS[up][category] for category, up in zip(categories, ups, strict=True)]
    return np.array(weights, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class ScoreBreakdown:
    """The score of N series as the product of its factors (all but `scale`), shape (N,) each.

    scale     what the movement was divided by, in the series' own unit
    size      ln(1 + movement / scale)
    early     1 up to the next point after the onset, falling to 0.7 at the end of the window
    category  how much a change of this category in this direction says about a cause
    normal    0 for a series that the change ratio does not flag: it is normal; else 1
    traffic   for a share of events, the part of its traffic that remains; else 1
    chance    the part of such movements in its family that is not expected by chance (see `chance`)
    life      for a series that ended or began, how much that says about a cause; else 1
    exchanged for a series that took another's place, the part of it that counts; else 1
    """

    scale: Vector
    size: Vector
    early: Vector
    category: Vector
    normal: Vector
    traffic: Vector
    chance: Vector
    life: Vector = field(default_factory=lambda: np.ones(1))
    exchanged: Vector = field(default_factory=lambda: np.ones(1))

    @property
    def scores(self) -> Vector:
        """How strongly each series points at a cause, at least 0."""
        moved = self.size * self.early * self.category * self.normal * self.traffic * self.chance
        return np.asarray(moved * self.life * self.exchanged)


def score_breakdown(
    moved: DeviationStats,
    floors: Vector,
    change: Detection,
    categories: Sequence[str],
    row: int,
    rows: int,
    traffic: Vector,
    chance: Callable[[Vector], Vector],
    names: Sequence[str] = (),
    intervals: Vector | float = 1.0,
    baseline: Matrix | None = None,
    limits: Limits | None = None,
) -> ScoreBreakdown:
    """Score N series.

    moved       how far each moved from `row` on
    floors      the usual scale of each series' family or category, shape (N,)
    change      the change ratio at `row`
    categories  N metric categories
    row, rows   the onset, and the number of rows of the window
    traffic     remaining traffic of each, shape (N,), 0 to 1
    chance      from the sizes, shape (N,), to what is not expected by chance, 0 to 1
    names       of the metrics, where known: a space that runs out (`space_left`) counts whole, against a
                hundredth of what was left, as a flag that falls from 1 does; a time that was made longer
                (`time_left`), what is planned for later (`planned`), and a state that came to the good one
                (`good_states`), count for nothing
    intervals   rows from one point of each to the next, shape (N,), at least 1: what moves by its next point
                moves at the onset, as far as it tells
    baseline    the values before `row`, shape (N, row), where names are known: how far a space usually swings
    limits      how much there may be of each: what is used up counts as a space that runs out

    >>> from patternwatch.analysis.scoring.deviations import deviation_stats
    >>> values = np.array([[1.0, 2.0, 3.0, 2.0, 9.0, 9.0]])
    >>> breakdown = score_breakdown(
    ...     deviation_stats(values, 4), np.zeros(1), Detection(np.array([2.0]), np.array([True])),
    ...     ["latency"], 4, 6, np.ones(1), np.ones_like,
    ... )
    >>> breakdown.early.tolist(), breakdown.category.tolist(), breakdown.scores.round(2).tolist()
    ([1.0], [1.0], [2.99])
    """
    scale, category = scales_with_floors(moved, categories, floors), category_weights(moved, categories)
    if baseline is not None and (out := runs_out(names, moved.median, moved.peak)).any():
        least = np.maximum(spread_of_left(names, baseline), _MIN_SCALE_OF_PEAK * left_of(names, moved.median))
        scale, category = np.where(out, least, scale), np.where(out, 1.0, category)
    if baseline is not None and limits is not None and (full := reach_limits(moved, limits)).any():
        least = np.maximum(usual_swing(-baseline), _MIN_SCALE_OF_PEAK * (limits.before - moved.median))
        scale, category = np.where(full, least, scale), np.where(full, 1.0, category)
    if names:  # a limit that is raised was set so
        raised = np.array([is_limit(name) for name in names], dtype=bool) & (moved.peak > moved.median)
        category = np.where(raised & (moved.median > 0.0) & (moved.spread == 0.0), 0.0, category)
        # of a state that never changed the number says nothing: it did, as a flag does
        changed = np.array([tells_a_state(name) for name in names], dtype=bool) & (moved.spread == 0.0)
        scale = np.where(changed, _MIN_SCALE_OF_PEAK * moved.distance, scale)
        category = np.where(came_to_good(names, moved.peak), 0.0, category)
        renewed = np.array([tells_time_left(name) for name in names], dtype=bool) & (
            moved.peak >= moved.median
        )
        planned = np.array([tells_plans(name) for name in names], dtype=bool)
        category = np.where(renewed | planned, 0.0, category)
    size = log_size(moved, scale)
    return ScoreBreakdown(
        scale=scale,
        size=size,
        early=1.0 - LATE_COST * np.maximum(moved.onset - row - intervals, 0.0) / (rows - row),
        category=category,
        normal=change.flagged.astype(np.float64),
        traffic=traffic,
        chance=chance(size),
    )
