"""Change ratio: does the current part move as the baseline never did?

Real metrics are autocorrelated, so a test of two samples calls almost every window abnormal. Here a
series is its own yardstick: an AR(1) model is fitted on the baseline, and the largest (averaged) step
that it did not foresee is compared with the largest such step of the baseline; the same is done with
the averaged distance from the median, which sees slow drifts. See docs/method.md.
"""

import math
from dataclasses import dataclass

import numba
import numpy as np

from patternwatch.detectors.base import LEAST_BASELINE, Detection, Matrix, Vector, checked
from patternwatch.detectors.innovations import innovations_of
from patternwatch.detectors.quantiles import quantile, sorted_rows

STEP_WIDTHS = (1, 2, 3, 5)
"""Rows over which unforeseen steps are averaged."""
LEVEL_WIDTH = 10
"""Rows over which the distance from the median is averaged."""
MOST = 1e6
"""Ratios are cut here: a baseline without any movement would give an infinite one."""
_SLACK = 1e-3


@dataclass(frozen=True, slots=True)
class ChangeRatio:
    """The change ratio as a detector: score 1 at the ratios that normal windows rarely reach.

    step_bar   ratio of unforeseen steps that counts as 1
    level_bar  ratio of distances from the median that counts as 1
    """

    step_bar: float = 2.7
    level_bar: float = 3.2
    name: str = "change ratio"
    threshold: float = 1.0

    def __call__(self, values: Matrix, split: int) -> Detection:
        """Score: the larger of both log ratios, each over the log of its bar (see `Detector`)."""
        step, level, _, _ = self._measure(checked(values, split), split, split)
        score = self._score(step, level)
        return Detection(score, score >= self.threshold, {"step ratio": step, "level ratio": level})

    def over_splits(self, values: Matrix, split: int, earliest: int) -> tuple[Detection, Vector]:
        """The detection at `split`, and the best score at any split from `earliest` to it, shape (N,).

        The model stays the one fitted before `split`, so that all splits cost little more than one.
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
    x = np.empty(rows)
    e = np.empty(rows)
    ahead = np.empty(rows + 1)
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
        innovations_of(x, n, k, e)
        slack = _SLACK * abs(median[i])
        out[0, i], out[2, i] = 0.0, 0.0
        for width in STEP_WIDTHS:
            ratio, best = _ratios(e, 1, n, k, first, width, slack, ahead)
            out[0, i] = max(out[0, i], ratio)
            out[2, i] = max(out[2, i], best)
        out[1, i], out[3, i] = _ratios(x, 0, n, k, first, LEVEL_WIDTH, slack, ahead)


@numba.njit(cache=True, nogil=True)
def _ratios(y, begin, n, k, first, width, slack, ahead):  # type: ignore[no-untyped-def]
    """The largest |moving average| from a split on over that before it: at k, and its best over first .. k.

    A moving average belongs to a side if all of its rows do; with fewer rows than the width after k,
    both sides are averaged over that many. Running sums do no harm: what a huge value leaves behind in
    them is far smaller than the largest average, which has seen that value.
    """
    width = min(width, n - k)
    total, largest = 0.0, 0.0
    for s in range(n - 1, first - 1, -1):  # ahead[s]: the largest average over rows from s on
        total += y[s]
        if s + width <= n:
            largest = max(largest, abs(total))
            total -= y[s + width - 1]
        ahead[s] = largest
    total, largest = 0.0, 0.0
    slack *= width
    ratio, best = 1.0, 1.0
    for s in range(begin, k + 1):  # largest: the largest average over rows before s
        if s >= first:
            over, under = ahead[s] + slack, largest + slack
            ratio = 1.0
            if over > 0.0:
                ratio = MOST if over >= MOST * under else over / under
            best = max(best, ratio)
        if s < k:
            total += y[s]
            if s >= begin + width - 1:
                largest = max(largest, abs(total))
                total -= y[s - width + 1]
    return ratio, best
