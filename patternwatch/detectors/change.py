"""Change ratio: does the current part move as the baseline never did?

Real metrics are autocorrelated, so a test of two samples calls almost every window abnormal. Here a
series is its own yardstick: autoregressive models of order 1 and 5 are fitted on the baseline, and the
largest (averaged) step that they did not foresee is compared with the largest such step of the baseline,
steps up with steps up and steps down with steps down; the same is done with the averaged distance from
the median, which sees slow drifts. See docs/method.md.
"""

import math
from dataclasses import dataclass

import numba
import numpy as np

from patternwatch.detectors.base import LEAST_BASELINE, Detection, Matrix, Vector, checked
from patternwatch.detectors.innovations import ORDER, high_order_innovations_of, innovations_of
from patternwatch.detectors.quantiles import quantile, sorted_rows

STEP_WIDTHS = (1, 2, 4)
"""Rows over which unforeseen steps are averaged."""
LEVEL_WIDTH = 10
"""Rows over which the distance from the median is averaged."""
OPPOSITE = 0.6
"""A baseline that only ever moved the other way is held for able to move this way by so much of it."""
STRIDE = 3
"""Rows between the splits that `over_splits` tries."""
MOST = 1e6
"""Ratios are cut here: a baseline without any movement would give an infinite one."""
_SLACK = 1e-3


@dataclass(frozen=True, slots=True)
class ChangeRatio:
    """The change ratio as a detector: score 1 at the ratios that normal windows rarely reach.

    step_bar   ratio of unforeseen steps (the geometric mean of both models') that counts as 1
    level_bar  ratio of distances from the median that counts as 1
    """

    step_bar: float = 2.75
    level_bar: float = 4.5
    name: str = "change ratio"
    threshold: float = 1.0

    def __call__(self, values: Matrix, split: int) -> Detection:
        """Score: the larger of both log ratios, each over the log of its bar (see `Detector`)."""
        step, level, _, _ = self._measure(checked(values, split), split, split)
        score = self._score(step, level)
        return Detection(score, score >= self.threshold, {"step ratio": step, "level ratio": level})

    def over_splits(self, values: Matrix, split: int, earliest: int) -> tuple[Detection, Vector]:
        """The detection at `split`, and the best score at splits from `earliest` to it, shape (N,).

        Every third row is tried; the models stay the ones fitted before `split`, so that all splits cost
        little more than one.
        Raises ValueError as a detector does, and for an `earliest` outside 1 .. split.
        """
        if not 0 < earliest <= split:
            raise ValueError(f"the earliest split lies between the rows 1 and {split}, not at {earliest}")
        step, level, best_step, best_level = self._measure(checked(values, split), split, earliest)
        score = self._score(step, level)
        figures = {"step ratio": step, "level ratio": level}
        return Detection(score, score >= self.threshold, figures), self._score(best_step, best_level)

    def describe(self, detection: Detection, row: int) -> str:
        """Both ratios in words."""
        step, level = detection.figures["step ratio"][row], detection.figures["level ratio"][row]
        if math.isnan(step):
            return "too few points for a change ratio"
        return f"steps {_times(step)} and level {_times(level)} the largest of the baseline"

    def _score(self, step: Vector, level: Vector) -> Vector:
        with np.errstate(divide="ignore"):
            score = np.maximum(
                np.log(step) / math.log(self.step_bar), np.log(level) / math.log(self.level_bar)
            )
        return np.nan_to_num(np.maximum(score, 0.0), nan=0.0)

    def _measure(self, values: Matrix, split: int, earliest: int) -> Matrix:
        ordered, counts = sorted_rows(values[:, :split])
        out = np.empty((4, len(values)))
        _change_ratios(values, quantile(ordered, counts, 0.5), split, earliest, out)
        return out


def _times(ratio: float) -> str:
    return f"over {MOST:,.0f} x" if ratio >= MOST else f"{ratio:.3g} x"


@numba.njit(cache=True, nogil=True)
def _change_ratios(values, median, split, earliest, out):  # type: ignore[no-untyped-def]
    """Fill (4, N): step and level ratio at `split`; the best of each over the splits earliest .. split.

    Gaps are closed up: a row's finite points are taken as if they followed each other.
    """
    n_series, rows = values.shape
    x, e = np.empty(rows), np.empty(rows)
    sums = np.zeros(rows + 1)
    # by split: the largest ratio of any width, by model
    first_order, high_order, level = np.empty(rows + 1), np.empty(rows + 1), np.empty(rows + 1)
    ahead = np.empty((2, rows + 1))
    for i in range(n_series):
        n, k, first = 0, 0, 0
        for t in range(rows):
            if values[i, t] == values[i, t]:
                x[n] = values[i, t] - median[i]
                n += 1
                k += t < split
                first += t < earliest
        if k < LEAST_BASELINE or k == n:
            out[:, i] = np.nan
            continue
        first = min(max(first, LEAST_BASELINE), k)
        slack = _SLACK * abs(median[i])
        innovations_of(x, n, k, e)
        _ratios(e, 1, n, k, first, STEP_WIDTHS, OPPOSITE, slack, sums, ahead, first_order)
        high_order_innovations_of(x, n, k, e)
        _ratios(e, ORDER, n, k, first, STEP_WIDTHS, OPPOSITE, slack, sums, ahead, high_order)
        _ratios(x, 0, n, k, first, (LEVEL_WIDTH,), 1.0, slack, sums, ahead, level)
        out[0, i], out[1, i] = math.sqrt(first_order[k]) * math.sqrt(high_order[k]), level[k]
        best_step, best_level = out[0, i], out[1, i]
        for s in range(k - STRIDE, first - 1, -STRIDE):
            best_step = max(best_step, math.sqrt(first_order[s]) * math.sqrt(high_order[s]))
            best_level = max(best_level, level[s])
        out[2, i], out[3, i] = best_step, best_level


@numba.njit(cache=True, nogil=True)
def _ratios(y, begin, n, k, first, widths, opposite, slack, sums, ahead, out):  # type: ignore[no-untyped-def]
    """Set out[s] to the largest moving average from the split s on over that before it, of any width.

    For s = k and every STRIDE rows back to `first`. Averages up and down are held against those of their own
    direction, the latter at least `opposite` of those of the other. An average belongs to a side if all of
    its rows do; with fewer rows than the width after k, both sides are averaged over that many. Running sums
    do no harm: what a huge value leaves behind in them is far smaller than the largest average, which has
    seen that value.
    """
    for t in range(begin, n):
        sums[t + 1] = sums[t] + y[t] if t > begin else y[t]
    sums[begin] = 0.0
    for s in range(k, first - 1, -STRIDE):
        out[s] = 0.0
    for wanted in widths:
        width = min(wanted, n - k)
        room = slack * width
        up, down = _extremes(sums, k, n - width + 1, width)
        ahead[0, k], ahead[1, k] = up, down
        for s in range(k - STRIDE, first - 1, -STRIDE):
            more_up, more_down = _extremes(sums, s, min(s + STRIDE, n - width + 1), width)
            up, down = max(up, more_up), max(down, more_down)
            ahead[0, s], ahead[1, s] = up, down
        last = k - (k - first) // STRIDE * STRIDE
        up, down = _extremes(sums, begin, last - width + 1, width)
        for s in range(last, k + 1, STRIDE):
            if s > last:
                start = max(begin, s - STRIDE - width + 1)
                more_up, more_down = _extremes(sums, start, s - width + 1, width)
                up, down = max(up, more_up), max(down, more_down)
            least = opposite * max(up, down)
            ratio = max(
                _ratio(ahead[0, s] + room, max(up, least) + room),
                _ratio(ahead[1, s] + room, max(down, least) + room),
            )
            out[s] = max(out[s], ratio)


@numba.njit(cache=True, nogil=True, inline="always")
def _ratio(over, under):  # type: ignore[no-untyped-def]
    if over <= 0.0:
        return 1.0
    return MOST if over >= MOST * under else over / under


@numba.njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def _extremes(sums, start, stop, width):  # type: ignore[no-untyped-def]
    """The largest sums up and down (both at least 0) of `width` rows that begin at start .. stop - 1."""
    up, down = 0.0, 0.0
    for t in range(start, stop):
        moved = sums[t + width] - sums[t]
        up, down = max(up, moved), max(down, -moved)
    return up, down
