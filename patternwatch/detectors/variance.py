"""Variance change: a series that begins to fluctuate, or whose usual movement dies away.

How restless a stretch is, is its mean absolute difference of successive points, without the two largest:
a level shift or one spike is not restlessness. The current part is held against stretches of the baseline
of the same length. Source: J. von Neumann et al., "The mean square successive difference" (1941).
"""

import math
from dataclasses import dataclass

import numpy as np

from patternwatch.compiled import Floats, kernel
from patternwatch.detectors.base import EPSILON, MIN_BASELINE, Detection, Matrix, checked, times
from patternwatch.detectors.kernels import bounded, close_gaps

LEFT_OUT = 2
"""Differences that do not count: a spike makes two."""
MIN_ROWS = 8
"""Points under which a stretch tells nothing of its restlessness."""


@dataclass(frozen=True, slots=True)
class VarianceChange:
    """How much more restless than the most restless stretch, or less than the calmest.

    bar  ratio that counts as 1, either way; chosen by hand: no benchmark measures it, and it decides nothing

    >>> values = np.tile(np.sin(np.arange(300.0)), (3, 1))
    >>> values[1, 240:] *= 5.0
    >>> values[2, 240:] *= 0.1
    >>> VarianceChange()(values, split=240).flagged
    array([False,  True,  True])
    """

    bar: float = 2.0
    name: str = "variance change"
    threshold: float = 1.0

    def __call__(self, values: Matrix, split: int) -> Detection:
        """Score: the larger of both log ratios over the log of the bar (see `Detector`)."""
        array = checked(values, split)
        more, less = np.empty(len(array)), np.empty(len(array))
        _restlessness(array, split, more, less)
        log_ratio = np.log(np.maximum(more, less)) / math.log(self.bar)
        score = np.nan_to_num(np.maximum(log_ratio, 0.0), nan=0.0)
        return Detection(score, score >= self.threshold, {"more restless": more, "less restless": less})

    def describe(self, detection: Detection, row: int) -> str:
        """The stronger of both, in words."""
        more, less = detection.figures["more restless"][row], detection.figures["less restless"][row]
        if math.isnan(more):
            return "too few points to compare fluctuations"
        if less > 1.0:
            return f"the calmest stretch of the baseline fluctuates {times(less)} as much"
        return f"fluctuates {times(more)} as much as the most restless stretch of the baseline"


@kernel
def _restlessness(values: Floats, split: int, more: Floats, less: Floats) -> None:
    """Fill (N,) each; gaps are closed up, and stretches are counted back from the split."""
    n_series, rows = values.shape
    x = np.empty(rows)
    for i in range(n_series):
        n, k = close_gaps(values[i], split, x)
        length = min(n - k, k)
        if k < MIN_BASELINE or length < MIN_ROWS:
            more[i], less[i] = np.nan, np.nan
            continue
        epsilon = EPSILON * abs(np.median(x[:k]))
        highest, lowest = 0.0, np.inf
        for end in range(k, length - 1, -length):
            own = _mean_difference(x[end - length : end])
            highest, lowest = max(highest, own), min(lowest, own)
        now = _mean_difference(x[k:n])
        more[i] = bounded(now + epsilon, highest + epsilon)
        less[i] = bounded(lowest + epsilon, now + epsilon)


@kernel
def _mean_difference(x: Floats) -> float:
    ordered = np.sort(np.abs(x[1:] - x[:-1]))
    return float(ordered[:-LEFT_OUT].mean())
