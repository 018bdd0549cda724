"""How often a series is scraped: its own interval, where it is longer than the window's step.

One window holds targets that are scraped every 15 s beside exporters that are every five minutes. What is
asked of a series (how much of a baseline it has, whether it has ended) is asked in its own interval.
"""

import numpy as np

from patternwatch.compiled import Floats, kernel
from patternwatch.contracts.series import Matrix, Vector

_MIN_SPACINGS = 3
"""Distances of points under which nothing is known of how often a series is scraped."""
_REGULAR_SHARE = 0.8
"""Part of the distances that lie within a row of their median, from which on they are an interval.

A fifth may be scrapes that failed; of points that come by chance, as events do, far fewer lie alike."""
_LONGER = 1.1
"""Rows from which on an interval is longer than a row: fewer gaps than one in ten are scrapes that failed."""
_BRIDGED = 2.0
"""Own intervals for which a value is held: one scrape that failed is bridged, two are a gap."""


def own_intervals(values: Matrix, split: int) -> Vector:
    """Rows from one point to the next before the split, shape (N,); NaN where they come irregularly.

    values  shape (N, T); NaN is a gap

    A scrape may lie a row early or late, since the grid cuts it off.

    >>> values = np.full((2, 60), np.nan)
    >>> values[0, ::10] = 1.0
    >>> values[1, [0, 3, 17, 18, 40, 49]] = 1.0
    >>> own_intervals(values, 60)
    array([10., nan])
    """
    intervals = np.full(len(values), np.nan)
    _own_intervals(np.ascontiguousarray(values[:, :split]), intervals)
    return intervals


def held_between_scrapes(values: Matrix) -> Matrix:
    """Each series with its last value held from one scrape to the next, shape (N, T); for eyes and shapes.

    values  shape (N, T); NaN is a gap

    Series of an own interval of more than a row only, and not where a scrape and the next one failed.
    Nothing is to be counted in it: a value that is held is no evidence of its own.

    >>> held_between_scrapes(np.array([[np.nan, 1, np.nan, 2, np.nan, 3, np.nan, 4]]))
    array([[nan,  1.,  1.,  2.,  2.,  3.,  3.,  4.]])
    """
    rows = np.arange(values.shape[1])
    interval = own_intervals(values, values.shape[1])
    last = np.maximum.accumulate(np.where(np.isnan(values), -1, rows), axis=1)
    bridged = (last >= 0) & (interval > _LONGER)[:, None] & (rows - last < _BRIDGED * interval[:, None])
    return np.where(bridged, np.take_along_axis(values, np.maximum(last, 0), axis=1), values)


@kernel
def _own_intervals(values: Floats, out: Floats) -> None:
    n_series, rows = values.shape
    spacings = np.empty(rows)
    for i in range(n_series):
        n, last = 0, -1
        for t in range(rows):
            if values[i, t] == values[i, t]:
                if last >= 0:
                    spacings[n] = t - last
                    n += 1
                last = t
        if n < _MIN_SPACINGS:
            continue
        median = np.median(spacings[:n])
        alike = 0
        for k in range(n):
            alike += abs(spacings[k] - median) <= 1.0
        if alike >= _REGULAR_SHARE * n:
            out[i] = spacings[:n].sum() / n if alike == n else median
