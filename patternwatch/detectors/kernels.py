"""What the compiled detectors share."""

import numba
import numpy as np

from patternwatch.detectors.base import MAX_RATIO


@numba.njit(cache=True, nogil=True)
def close_gaps(row, split, x):  # type: ignore[no-untyped-def]
    """Fill x with the finite points of `row`, one behind the other: how many, how many before `split`."""
    n, k = 0, 0
    for t in range(len(row)):
        if row[t] == row[t]:
            x[n] = row[t]
            n += 1
            k += t < split
    return n, k


@numba.njit(cache=True, nogil=True)
def finite_before(row, end):  # type: ignore[no-untyped-def]
    """How many points of `row` before `end` are finite."""
    return np.count_nonzero(row[:end] == row[:end])


@numba.njit(cache=True, nogil=True)
def bounded(over, under):  # type: ignore[no-untyped-def]
    """The ratio of two numbers that are not negative, within 1 / MOST and MOST; 1 where both are 0."""
    if over == 0.0 and under == 0.0:
        return 1.0
    if over >= MAX_RATIO * under:
        return MAX_RATIO
    return max(over / under, 1.0 / MAX_RATIO)
