"""The ratios of `ChangeRatio`, a series at a time: steps, steps of the roots and levels since a split.

Each is the largest moving average since the split over the largest one before, in either direction.
"""

import math

import numpy as np

from patternwatch.compiled import Floats, kernel
from patternwatch.detectors.base import EPSILON, MAX_RATIO, MIN_BASELINE
from patternwatch.detectors.innovations import innovations_of
from patternwatch.detectors.kernels import close_gaps, finite_before
from patternwatch.detectors.moves import crowding, moves_before

STEP_WIDTHS = (1, 3, 8)
"""Rows over which unexpected steps are averaged."""
LEVEL_WIDTH = 10
"""Rows over which the distance from the median is averaged."""
MANY_POINTS = 48
"""Points that differ under which the largest move bounds others less well: a fifth of the usual 240 rows.

With fewer, the log of a ratio counts as much less as the largest of so few is expected to lie lower: by the
ratio of the logs of both numbers. A point that repeats the one before is no move: of a baseline that held its
value for hours, only its moves count. For what a short baseline bounds less, see `few_points`."""
OPPOSITE_WEIGHT = 0.6
"""Weight of a baseline move against a move of the current part in the other direction."""
LEVEL_OPPOSITE_WEIGHT = 1.0
"""The same for distances from the median: a season swings as far up as down."""


@kernel
def change_ratios(
    values: Floats, median: Floats, least: Floats, split: int, earliest: int, out: Floats
) -> None:
    """Fill (12, N): ratios of steps, of steps of the roots and of levels, and the baseline's points.

    Each at `split` and at `earliest`; then the baseline's moves, and how the later ones crowd; then how many
    points there are from `split` and from `earliest` on. Gaps are
    closed up: a row's finite points are taken as if they followed each other. NaN where there is no point
    on one of both sides.
    """
    n_series, rows = values.shape
    x = np.empty(rows)
    e = np.empty(rows)
    levels = np.zeros(rows + 1)
    steps = np.zeros(rows + 1)
    for i in range(n_series):
        n, k = close_gaps(values[i], split, x)
        first = min(max(finite_before(values[i], earliest), MIN_BASELINE), k)
        if k < MIN_BASELINE or first == n:
            out[:, i] = np.nan
            continue
        out[6, i], out[7, i] = k, first
        out[10, i], out[11, i] = n - k, n - first
        moves = moves_before(x, k)
        out[8, i] = moves
        out[9, i] = crowding(x, k, n, moves) if moves + 1 < MANY_POINTS else 0.0
        x[:n] -= median[i]
        epsilon = EPSILON * abs(median[i])

        innovations_of(x, n, k, e)
        for t in range(n):  # both in one loop: each sum waits for the one before it
            levels[t + 1] = levels[t] + x[t]
            steps[t + 1] = steps[t] + e[t]
        out[4, i], out[5, i] = _ratios(levels, 0, first, k, n, LEVEL_WIDTH, LEVEL_OPPOSITE_WEIGHT, epsilon)
        out[0, i], out[1, i] = _step_ratios(steps, first, k, n, epsilon)

        # the differences' running sum is the root itself
        if least[i] >= 0.0:
            _signed_roots(x, median[i], n, steps)
            epsilon = EPSILON * math.sqrt(abs(median[i]))
        else:
            for t in range(n):  # not a slice: that takes numba seconds to compile
                steps[t + 1] = x[t]
        out[2, i], out[3, i] = _step_ratios(steps, first, k, n, epsilon)


@kernel
def _signed_roots(x: Floats, median: float, n: int, sums: Floats) -> None:
    for t in range(n):
        value = x[t] + median
        sums[t + 1] = math.copysign(math.sqrt(abs(value)), value)


@kernel
def _step_ratios(sums: Floats, first: int, at: int, n: int, epsilon: float) -> tuple[float, float]:
    largest, largest_first = np.nan if at == n else 0.0, 0.0
    for width in STEP_WIDTHS:
        ratio, ratio_first = _ratios(sums, 1, first, at, n, width, OPPOSITE_WEIGHT, epsilon)
        largest, largest_first = max(largest, ratio), max(largest_first, ratio_first)
    return largest, largest_first


@kernel
def _ratios(
    sums: Floats, begin: int, first: int, at: int, n: int, width: int, opposite_weight: float, epsilon: float
) -> tuple[float, float]:
    """The largest moving average in either direction since a split, over that before it; at `at`, at `first`.

    sums  sums[t] is the sum of the rows before t, of the rows begin .. n

    With fewer rows than the width after a split, both sides are averaged over that many; NaN with none.
    Running sums do no harm: what a huge value leaves behind in them is far smaller than the largest average,
    which has seen it.
    """
    if n - at < width:
        return (
            _ratio(sums, begin, at, n, n - at, opposite_weight, epsilon),
            _ratio(sums, begin, first, n, min(width, n - first), opposite_weight, epsilon),
        )
    # Each average is looked at once: by which of both splits it lies before, and which behind.
    epsilon *= width
    before = _extremes(sums, begin, first - width + 1, width)
    across_first = _extremes(sums, max(first - width + 1, begin), min(first, at - width + 1), width)
    between = _extremes(sums, first, at - width + 1, width)
    across_at = _extremes(sums, max(first, at - width + 1), at, width)
    behind = _extremes(sums, at, n - width + 1, width)
    return (
        _either(_wider(_wider(before, across_first), between), behind, opposite_weight, epsilon),
        _either(before, _wider(_wider(between, across_at), behind), opposite_weight, epsilon),
    )


@kernel
def _ratio(
    sums: Floats, begin: int, at: int, n: int, width: int, opposite_weight: float, epsilon: float
) -> float:
    if width == 0:
        return np.nan
    before = _extremes(sums, begin, at - width + 1, width)
    behind = _extremes(sums, at, n - width + 1, width)
    return _either(before, behind, opposite_weight, epsilon * width)


@kernel
def _either(
    before: tuple[float, float], behind: tuple[float, float], opposite_weight: float, epsilon: float
) -> float:
    """The larger of both directions' ratios, of extremes before a split and behind it."""
    rise = _over(behind[0] + epsilon, max(before[0], opposite_weight * before[1]) + epsilon)
    fall = _over(behind[1] + epsilon, max(before[1], opposite_weight * before[0]) + epsilon)
    return max(rise, fall)


@kernel
def _wider(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return max(one[0], other[0]), max(one[1], other[1])


@kernel(fastmath=frozenset({"nnan", "nsz"}))
def _extremes(sums: Floats, begin: int, end: int, width: int) -> tuple[float, float]:
    """The largest and the negated smallest sum of `width` rows that begins in begin .. end, at least 0."""
    count = max(end - begin, 0)
    early, late = sums[begin : begin + count], sums[begin + width : begin + width + count]
    up, down = 0.0, 0.0
    for t in range(count):
        total = late[t] - early[t]
        up, down = max(up, total), min(down, total)
    return up, -down


@kernel
def _over(over: float, under: float) -> float:
    if over == 0.0:
        return 1.0
    return MAX_RATIO if over >= MAX_RATIO * under else over / under
