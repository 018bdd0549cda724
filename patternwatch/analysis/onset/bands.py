"""The band of a series: between what it lay before the trouble."""

from dataclasses import dataclass

from patternwatch.contracts.series import Matrix, Vector
from patternwatch.detectors.quantiles import quantile, sorted_rows

_EDGE = 0.02
"""Part of the baseline on either side that its band is measured by: single outliers do not make it wide."""
_WIDER = 1.5
"""How much farther than that the band reaches: of normal noise, some three standard deviations."""


@dataclass(frozen=True, slots=True)
class Band:
    """Where N series lie in quiet times, shape (N,) each, in their own units; NaN without a baseline.

    >>> import numpy as np
    >>> Band(low=np.array([1.0]), median=np.array([2.0]), high=np.array([4.0])).median
    array([2.])
    """

    low: Vector
    median: Vector
    high: Vector


def bands(values: Matrix, split: int) -> Band:
    """The bands of a batch by the rows before the split.

    values  shape (N, T); NaN is a gap

    They reach from the 2nd to the 98th percentile, and half as far again from the median.

    >>> import numpy as np
    >>> band = bands(np.array([[1.0, 2.0, 3.0, 2.0, 9.0]]), 4)
    >>> band.low.round(2).tolist(), band.median.tolist(), band.high.round(2).tolist()
    ([0.59], [2.0], [3.41])
    """
    ordered, counts = sorted_rows(values[:, :split])
    median = quantile(ordered, counts, 0.5)
    low, high = quantile(ordered, counts, _EDGE), quantile(ordered, counts, 1.0 - _EDGE)
    return Band(median + _WIDER * (low - median), median, median + _WIDER * (high - median))
