"""Spike: a few rows far from their neighbours, as far as no rows of the baseline were.

The distance is that of the Hampel filter, from the median of a short window around the row, so a level
that stays is no spike. Source: R. Pearson et al., "Generalized Hampel filters" (2016).
"""

import math
from dataclasses import dataclass

import numpy as np

from patternwatch.compiled import Floats, kernel
from patternwatch.detectors.base import EPSILON, MIN_BASELINE, Detection, Matrix, checked, times
from patternwatch.detectors.kernels import bounded, close_gaps

HALF_WIDTH = 3
"""Rows on either side whose median a row is compared with: spikes of up to three rows are seen."""


@dataclass(frozen=True, slots=True)
class Spike:
    """The farthest row of the current part, in the largest such distance of the baseline.

    bar  how many times as far counts as 1; chosen by hand: no benchmark measures it, and it decides nothing

    >>> values = np.tile(np.sin(np.arange(300.0)), (2, 1))
    >>> values[1, 260] += 20.0
    >>> Spike()(values, split=240).flagged
    array([False,  True])
    """

    bar: float = 2.5
    name: str = "spike"
    threshold: float = 1.0

    def __call__(self, values: Matrix, split: int) -> Detection:
        """Score: the log of the ratio over the log of its bar (see `Detector`)."""
        array = checked(values, split)
        ratio = np.empty(len(array))
        _spikes(array, split, ratio)
        score = np.nan_to_num(np.maximum(np.log(ratio) / math.log(self.bar), 0.0), nan=0.0)
        return Detection(score, score >= self.threshold, {"spike ratio": ratio})

    def describe(self, detection: Detection, row: int) -> str:
        """The ratio in words."""
        ratio = detection.figures["spike ratio"][row]
        if math.isnan(ratio):
            return "too few points to tell a spike"
        return f"its sharpest spike is {times(ratio)} the sharpest of the baseline"


@kernel
def _spikes(values: Floats, split: int, out: Floats) -> None:
    """Fill (N,); gaps are closed up, and near an end the window holds the rows that are there."""
    n_series, rows = values.shape
    x = np.empty(rows)
    near = np.empty(2 * HALF_WIDTH + 1)
    for i in range(n_series):
        n, k = close_gaps(values[i], split, x)
        if k < MIN_BASELINE or k == n:
            out[i] = np.nan
            continue
        epsilon = EPSILON * abs(np.median(x[:k]))
        before, after = epsilon, epsilon
        for t in range(n):
            # a window that reaches over the split would count the change itself as the baseline's spike
            begin = max(t - HALF_WIDTH, 0)
            end = min(t + HALF_WIDTH + 1, k if t < k else n)
            distance = abs(x[t] - _median_of_few(x, begin, end, near))
            if t < k:
                before = max(before, distance + epsilon)
            else:
                after = max(after, distance + epsilon)
        out[i] = bounded(after, before)


@kernel
def _median_of_few(x: Floats, begin: int, end: int, ordered: Floats) -> float:
    """The median of x[begin:end], by insertion into `ordered`: the fastest for seven values."""
    m = end - begin
    for k in range(m):
        value, place = x[begin + k], k
        while place > 0 and ordered[place - 1] > value:
            ordered[place] = ordered[place - 1]
            place -= 1
        ordered[place] = value
    half = m // 2
    return float(ordered[half] if m % 2 else (ordered[half - 1] + ordered[half]) / 2.0)
