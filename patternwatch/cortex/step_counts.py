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


def tally_of(values: Matrix, steps: Steps) -> Tally:
    """Count the steps of each series.

    values  shape (N, T), NaN where there is no sample
    steps   what each sample is, as `counter_steps` gives it

    >>> values = np.array([[70.0, 72.0, 71.0, 74.0, 1.0, 3.5]])
    >>> counts = tally_of(values, np.array([[1, 2, 3, 2, 4, 2]], np.int8))
    >>> [int(of[0]) for of in (counts.grown, counts.resets, counts.falls, counts.dips, counts.fractions)]
    [3, 1, 0, 1, 1]
    """
    tally = np.zeros((len(Tally._fields), len(values)), np.int64)
    _count(np.ascontiguousarray(values), np.ascontiguousarray(steps), tally)
    return Tally(*tally)


@kernel
def _count(values: Floats, steps: Steps, tally: Integers) -> None:
    grown, resets, falls, dips, uneven_dips, negative, fractions, last_reset = tally
    for i in range(len(values)):
        last, fell, dip = -1, MISSING, -np.inf
        for c in range(values.shape[1]):
            step, value = steps[i, c], values[i, c]
            if step == MISSING:
                continue
            negative[i] += value < 0.0
            fractions[i] += value != np.floor(value)
            if step == DIP:
                dips[i] += 1
                uneven_dips[i] += value < dip
                dip = value
                continue
            grown[i] += step == RISE and value > values[i, last]
            if step == RETURN:  # what fell before was a long dip
                resets[i] -= fell == RESET
                falls[i] -= fell == STEP_BACK
                dips[i] += 1
            elif step in (RESET, STEP_BACK):
                resets[i] += step == RESET
                falls[i] += step == STEP_BACK
                last_reset[i], fell = c, step
            last = c
