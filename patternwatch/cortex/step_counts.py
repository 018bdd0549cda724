"""How often series rise, fall, dip and begin anew."""

from typing import NamedTuple

import numpy as np

from patternwatch.compiled import Floats, Integers, kernel
from patternwatch.contracts.series import Matrix
from patternwatch.cortex.counter_steps import DIP, MISSING, RESET, RETURN, RISE, STEP_BACK, Steps


class Tally(NamedTuple):
    """How often each of N series did what, shape (N,) each.

    uneven_dips  dips below the one before: where two replicas take turns, the lower one only rises too
    last_reset   the column of the last reset
    """

    grown: Integers
    resets: Integers
    falls: Integers
    dips: Integers
    uneven_dips: Integers
    negative: Integers
    fractions: Integers
    last_reset: Integers


def tallies_of(values: Matrix, steps: Steps, rows: Integers, split: int) -> tuple[Tally, Tally]:
    """Count the steps of chosen series: in their first columns, and in all of them.

    values  shape (M, T), NaN where there is no sample
    steps   what each sample is, the same shape, as `counter_steps` gives it
    rows    the series to look at, shape (N,)
    split   columns of the first part

    >>> values = np.array([[70.0, 72.0, 71.0, 74.0, 1.0, 3.5]])
    >>> first, whole = tallies_of(values, np.array([[1, 2, 3, 2, 4, 2]], np.int8), np.array([0]), 4)
    >>> [int(of[0]) for of in (whole.grown, whole.resets, whole.falls, whole.dips, whole.fractions)]
    [3, 1, 0, 1, 1]
    >>> [int(of[0]) for of in (first.grown, first.resets, first.falls, first.dips, first.fractions)]
    [2, 0, 0, 1, 0]
    """
    tallies = np.zeros((2, len(Tally._fields), len(rows)), np.int64)
    _count(values, steps, rows, split, *tallies)
    first, whole = tallies
    return Tally(*first), Tally(*whole)


@kernel
def _count(
    values: Floats, steps: Steps, rows: Integers, split: int, first: Integers, whole: Integers
) -> None:
    grown, resets, falls, dips, uneven_dips, negative, fractions, last_reset = whole
    for k, i in enumerate(rows):
        last, fell, dip = -1, MISSING, -np.inf
        for c in range(values.shape[1]):
            if c == split:
                first[:, k] = whole[:, k]
            step, value = steps[i, c], values[i, c]
            if step == MISSING:
                continue
            negative[k] += value < 0.0
            fractions[k] += value != np.floor(value)
            if step == DIP:
                dips[k] += 1
                uneven_dips[k] += value < dip
                dip = value
                continue
            grown[k] += step == RISE and value > values[i, last]
            if step == RETURN:  # what fell before was a long dip
                resets[k] -= fell == RESET
                falls[k] -= fell == STEP_BACK
                dips[k] += 1
            elif step in (RESET, STEP_BACK):
                resets[k] += step == RESET
                falls[k] += step == STEP_BACK
                last_reset[k], fell = c, step
            last = c
        if split >= values.shape[1]:
            first[:, k] = whole[:, k]
