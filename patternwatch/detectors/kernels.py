"""Kernels that several detectors share."""

import numpy as np

from patternwatch.compiled import Floats, kernel
from patternwatch.detectors.base import MAX_RATIO


@kernel
def close_gaps(row: Floats, split: int, x: Floats) -> tuple[int, int]:
    """Fill x with the finite points of `row`, one behind the other: how many, how many before `split`."""
    n, k = 0, 0
    for t in range(len(row)):
        if row[t] == row[t]:
            x[n] = row[t]
            n += 1
            k += t < split
    return n, k


@kernel
def finite_before(row: Floats, end: int) -> int:
    """How many points of `row` before `end` are finite."""
    return int(np.count_nonzero(row[:end] == row[:end]))


@kernel
def bounded(over: float, under: float) -> float:
    """The ratio of two numbers from 0 on, clipped to 1 / MAX_RATIO .. MAX_RATIO; 1 where both are 0."""
    if over == 0.0 and under == 0.0:
        return 1.0
    if over >= MAX_RATIO * under:
        return MAX_RATIO
    return max(over / under, 1.0 / MAX_RATIO)
