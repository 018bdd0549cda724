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
    sums = np.zeros(rows + 1)
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

        for t in range(n):
            sums[t + 1] = sums[t] + x[t]
        out[4, i] = _ratio(sums, 0, k, n, LEVEL_WIDTH, LEVEL_OPPOSITE_WEIGHT, epsilon)
        if first != k:
            out[5, i] = _ratio(sums, 0, first, n, LEVEL_WIDTH, LEVEL_OPPOSITE_WEIGHT, epsilon)

        innovations_of(x, n, k, e)
        for t in range(n):
            sums[t + 1] = sums[t] + e[t]
        out[0, i] = _step_ratio(sums, k, n, epsilon)
        if first != k:
            out[1, i] = _step_ratio(sums, first, n, epsilon)

        # the differences' running sum is the root itself
        if least[i] >= 0.0:
            _signed_roots(x, median[i], n, sums)
            epsilon = EPSILON * math.sqrt(abs(median[i]))
        else:
            for t in range(n):  # not a slice: that takes numba seconds to compile
                sums[t + 1] = x[t]
        out[2, i] = _step_ratio(sums, k, n, epsilon)
        if first != k:
            out[3, i] = _step_ratio(sums, first, n, epsilon)
        else:  # one split: both ends say the same
            out[1, i], out[3, i], out[5, i] = out[0, i], out[2, i], out[4, i]
        sums[0] = 0.0


@kernel
def _signed_roots(x: Floats, median: float, n: int, sums: Floats) -> None:
    for t in range(n):
        value = x[t] + median
        sums[t + 1] = math.copysign(math.sqrt(abs(value)), value)


@kernel
def _step_ratio(sums: Floats, at: int, n: int, epsilon: float) -> float:
    if at == n:
        return np.nan
    largest = 0.0
    for width in STEP_WIDTHS:
        largest = max(largest, _ratio(sums, 1, at, n, width, OPPOSITE_WEIGHT, epsilon))
    return largest


@kernel
def _ratio(
    sums: Floats, begin: int, at: int, n: int, width: int, opposite_weight: float, epsilon: float
) -> float:
    """The largest moving average in either direction over the rows at .. n, over that of begin .. at.

    sums  sums[t] is the sum of the rows before t

    With fewer rows than the width after `at`, both sides are averaged over that many; NaN with none.
    Running sums do no harm: what a huge value leaves behind in them is far smaller than the largest average,
    which has seen it.
    """
    width = min(width, n - at)
    if width == 0:
        return np.nan
    epsilon *= width
    up_before, down_before = _extremes(sums, begin, at, width)
    up, down = _extremes(sums, at, n, width)
    rise = _over(up + epsilon, max(up_before, opposite_weight * down_before) + epsilon)
    fall = _over(down + epsilon, max(down_before, opposite_weight * up_before) + epsilon)
    return max(rise, fall)


@kernel(fastmath=frozenset({"nnan", "nsz"}))
def _extremes(sums: Floats, begin: int, end: int, width: int) -> tuple[float, float]:
    """The largest and the negated smallest sum of `width` rows in begin .. end, at least 0.

    Odd and even rows by themselves: a maximum has to wait for the one before it.
    """
    count = end - width + 1 - begin
    early, late = sums[begin : end - width + 1], sums[begin + width : end + 1]
    up, down, up_odd, down_odd = 0.0, 0.0, 0.0, 0.0
    for t in range(0, count - 1, 2):
        even, odd = late[t] - early[t], late[t + 1] - early[t + 1]
        up, down = max(up, even), min(down, even)
        up_odd, down_odd = max(up_odd, odd), min(down_odd, odd)
    if count > 0:
        last = late[count - 1] - early[count - 1]
        up, down = max(up, last), min(down, last)
    return max(up, up_odd), -min(down, down_odd)


@kernel
def _over(over: float, under: float) -> float:
    if over == 0.0:
        return 1.0
    return MAX_RATIO if over >= MAX_RATIO * under else over / under
