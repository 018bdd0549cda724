"""Change ratio: does the current part move as the baseline never did?

Real metrics are autocorrelated, so a test of two samples calls almost every window abnormal. Here a
series is its own yardstick: the largest (averaged) step since the split is held against the largest such
step of the baseline, and so is the averaged distance from the median, which sees slow drifts. Steps are
taken in two views, the AR(1) innovations of the values and the differences of their square roots, since
noise grows with the level in some metrics and not in others; the ratios of both are
averaged geometrically. A baseline that rarely moved is no yardstick for sizes: there it counts too how
the moves crowd behind the split (see `moves`). See docs/method.md.
Source of the roots: M. Bartlett, "The square root transformation in analysis of variance" (1936).
"""

import math
from dataclasses import dataclass

import numpy as np

from patternwatch.compiled import Floats, kernel
from patternwatch.contracts.series import BASELINE_ROWS
from patternwatch.detectors.base import (
    EPSILON,
    MAX_RATIO,
    MIN_BASELINE,
    Detection,
    Flags,
    Matrix,
    Vector,
    checked,
    times,
    without_gaps,
)
from patternwatch.detectors.few_points import allowance
from patternwatch.detectors.innovations import innovations_of
from patternwatch.detectors.kernels import close_gaps, finite_before
from patternwatch.detectors.moves import crowding, moves_before
from patternwatch.detectors.quantiles import SortedRows, quantile, sorted_rows

STEP_WIDTHS = (1, 3, 8)
"""Rows over which unexpected steps are averaged."""
LEVEL_WIDTH = 10
"""Rows over which the distance from the median is averaged."""
MANY_POINTS = 48
"""Points that differ under which the largest move bounds others less well: a fifth of the usual 240 rows.

With fewer, the log of a ratio counts as much less as the largest of so few is expected to lie lower: by the
ratio of the logs of both numbers. A point that repeats the one before is no move: of a baseline that held its
value for hours, only its moves count. For what a short baseline bounds less, see `few_points`."""
CHANCE = 0.02
"""Moves that crowd behind the split by chance no more often than this count in full: as often as the bars let
normal windows pass."""
OPPOSITE_WEIGHT = 0.6
"""Weight of a baseline move against a move of the current part in the other direction."""
LEVEL_OPPOSITE_WEIGHT = 1.0
"""The same for distances from the median: a season swings as far up as down."""


@dataclass(frozen=True, slots=True)
class ChangeRatio:
    """The change ratio as a detector: score 1 at the ratios that normal windows rarely reach.

    step_bar   ratio of steps (the geometric mean of both views) that counts as 1
    level_bar  ratio of distances from the median that counts as 1

    Both bars are what about 2 % of normal windows reach: `normal_above_*` of `python -m benchmarks.filter`.

    >>> rng = np.random.default_rng(0)
    >>> values = rng.normal(10.0, 1.0, size=(2, 300))
    >>> values[1, 240:] += 20.0
    >>> found = ChangeRatio()(values, split=240)
    >>> found.flagged
    array([False,  True])
    >>> ChangeRatio().describe(found, 1)
    'steps 9.47 x and level 27.7 x the largest of the baseline'
    """

    step_bar: float = 2.5
    level_bar: float = 4.5
    name: str = "change ratio"
    threshold: float = 1.0

    def __call__(self, values: Matrix, split: int) -> Detection:
        """Score: the larger of both log ratios, each over the log of its bar (see `Detector`)."""
        return self.over_splits(values, split, split)[0]

    def over_splits(
        self, values: Matrix, split: int, earliest: int, baseline: SortedRows | None = None
    ) -> tuple[Detection, Vector]:
        """The detection at `split`, and the best score at any split from `earliest` to it, shape (N,).

        baseline  `sorted_rows` of the rows before `split`, where they are at hand

        The model stays the one fitted before `split`. An earlier split has less before it and more behind
        it, so the best of all is the better of both ends. It is by size alone: when a series moved speaks of
        one split only. A series without a point from `split` on, which is late, has one all the same.
        Raises ValueError as a detector does, and for an `earliest` outside 1 .. split.
        """
        if not 0 < earliest <= split:
            raise ValueError(f"the earliest split lies between the rows 1 and {split}, not at {earliest}")
        array = checked(values, split)
        ordered, counts = sorted_rows(array[:, :split]) if baseline is None else baseline
        ratios = np.empty((12, len(array)))
        least = np.ascontiguousarray(ordered[:, 0])  # one layout: each is compiled for by itself
        _change_ratios(array, quantile(ordered, counts, 0.5), least, split, earliest, ratios)
        steps = np.sqrt(ratios[:2] * ratios[2:4])
        by_size, best = (self._score(steps[i], ratios[4 + i], ratios[6 + i], ratios[10 + i]) for i in (0, 1))
        moves, crowded = ratios[8], without_gaps(ratios[9]) / -math.log(CHANCE)
        by_moves = by_size * _weight_of_moves(moves, ratios[6])
        score = np.minimum(by_size, np.maximum(by_moves, crowded))
        figures = {"step ratio": steps[0], "level ratio": ratios[4], "moves": moves, "by size": by_size}
        figures["points"] = ratios[6]
        return Detection(score, score >= self.threshold, figures), np.maximum(by_size, best)

    def by_size(self, detection: Detection, rows: Flags) -> Detection:
        """The detection with these rows, shape (N,), judged by their ratios alone, whenever they moved.

        For what says by itself that something is wrong, such as a target that is down.
        """
        score = np.where(rows, detection.figures["by size"], detection.score)
        return Detection(score, score >= self.threshold, detection.figures)

    def describe(self, detection: Detection, row: int) -> str:
        """Both ratios in words, and how rarely the baseline moved where that counts."""
        step, level = detection.figures["step ratio"][row], detection.figures["level ratio"][row]
        if math.isnan(step):
            return "too few points for a change ratio"
        text = f"steps {times(step)} and level {times(level)} the largest of the baseline"
        moves = int(detection.figures["moves"][row])
        if (points := int(detection.figures["points"][row])) < MANY_POINTS:
            text = f"{text} of {points} points"
        if moves + 1 >= MANY_POINTS:
            return text
        return f"{text}, which moved {moves} times" if moves else f"{text}, which never moved"

    def _score(self, step: Vector, level: Vector, before: Vector, after: Vector) -> Vector:
        """The score of ratios over a baseline of so many points, with so many since the split."""
        steps, levels = np.log(step), np.log(level)
        few = np.flatnonzero(before < BASELINE_ROWS)
        steps[few] -= allowance(before[few], after[few], STEP_WIDTHS[-1])
        levels[few] -= allowance(before[few], after[few], LEVEL_WIDTH)
        score = np.maximum(steps / math.log(self.step_bar), levels / math.log(self.level_bar))
        return without_gaps(np.maximum(score, 0.0))


def _weight_of_moves(moves: Vector, points: Vector) -> Vector:
    """How much a score counts over so many points of which so many moved, 0 to 1."""
    many = np.log(np.fmin(np.fmax(points, MIN_BASELINE), MANY_POINTS))
    return np.asarray(np.minimum(np.log(without_gaps(moves) + 1.0) / many, 1.0))


@kernel
def _change_ratios(
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
