"""The newest values of each series: a ring of rows, in which the column of a row is its number modulo R."""

import math

import numpy as np

from patternwatch.compiled import Integers, kernel
from patternwatch.contracts.arrays import Floats32

NOW_ROWS = 3
"""Rows of which the median is said to be a series' value now: two of them may be late, or a lone spike."""


def write_rows(ring: Floats32, slots: Integers, values: Floats32, first: int, newest: int) -> None:
    """Put new rows in, from row `first` on; those that nobody looked at since row `newest` become gaps.

    ring    float32, shape (N, R); changed in place
    values  float32, shape (K, T), of the K series in `slots`

    >>> ring = np.zeros((1, 4), dtype=np.float32)
    >>> write_rows(ring, np.array([0]), np.float32([[7]]), first=6, newest=4)
    >>> ring.tolist()
    [[0.0, nan, 7.0, 0.0]]
    """
    rows = ring.shape[1]
    skipped = np.arange(max(newest + 1, first - rows), first) % rows
    if len(skipped):
        ring[np.ix_(slots, skipped)] = np.nan
    _write(ring, slots, values, first % rows)


@kernel
def _write(ring: Floats32, slots: Integers, values: Floats32, column: int) -> None:
    """Rows side by side from this column on, a series at a time: its columns are near each other."""
    for i in range(len(slots)):
        at = column
        for k in range(values.shape[1]):
            ring[slots[i], at] = values[i, k]
            at = at + 1 if at + 1 < ring.shape[1] else 0


def fill_gaps(ring: Floats32, slots: Integers, values: Floats32, rows: Integers, newest: int) -> int:
    """Late samples of rows up to `newest` fill the gaps there; how many did.

    ring    float32, shape (N, R); changed in place
    values  float32, shape (K, T), of the K series in `slots` in those T rows

    >>> ring = np.float32([[5, np.nan, 7, 8]])
    >>> fill_gaps(ring, np.array([0]), np.float32([[1, 2]]), np.array([0, 1]), newest=3), ring.tolist()
    (1, [[5.0, 2.0, 7.0, 8.0]])
    """
    kept = (rows <= newest) & (rows > newest - ring.shape[1])
    at = np.ix_(slots, rows[kept] % ring.shape[1])
    old = ring[at]
    late = np.isnan(old) & ~np.isnan(values[:, kept])
    if late.any():
        ring[at] = np.where(late, values[:, kept], old)
    return int(late.sum())


def newest_rows(ring: Floats32, slots: Integers, newest: int, rows: int) -> Floats32:
    """The newest rows of these K series, the newest last: float32, shape (K, at most `rows`); NaN is a gap.

    >>> newest_rows(np.float32([[5, 6, 7, 8]]), np.array([0]), newest=4, rows=3).tolist()
    [[7.0, 8.0, 5.0]]
    """
    size = ring.shape[1]
    columns = (newest + 1 - min(rows, size) + np.arange(min(rows, size))) % size
    return np.asarray(ring[np.ix_(slots, columns)])


def value_now(ring: Floats32, slot: int, newest: int) -> float:
    """The median of a series' values in the newest rows; NaN where there are none.

    >>> value_now(np.float32([[1, 5, 9, np.nan]]), slot=0, newest=3)
    7.0
    """
    values = ring[slot, (newest - np.arange(NOW_ROWS)) % ring.shape[1]]
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else math.nan
