"""Counters to rates per second, with resets and without what only looks like one."""

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Floats, Integers, kernel
from patternwatch.contracts.series import Matrix
from patternwatch.cortex.counter_steps import DIP, RESET, RISE, STEP_BACK, Steps


def increases(
    values: Matrix, stamps: npt.NDArray[np.int64], steps: Steps, rows: npt.NDArray[np.intp] | None = None
) -> tuple[Matrix, Matrix]:
    """How much each counter grew since its sample before, and over how many seconds.

    values  counters, shape (N, T + 1), NaN where there is no sample
    stamps  times of the samples in ms, the same shape
    steps   what each sample is, the same shape, as `counter_steps` gives it
    rows    the series to look at, None for all; of others nothing is known

    Returns two arrays of shape (N, T) for all rows but the first: the increase and the seconds between the
    two samples; both NaN where that is not known. Dips are passed over. Where the counter fell, it grew by
    its new value (it began at zero), if that is no faster than it ever grew in this window; else it did not
    begin at zero and nobody knows. Nor does anyone of a fall at the newest sample: it may be a dip. When it
    began between two samples is not told: where it grows faster up to the next one, it had less than the
    whole time, and the seconds are NaN beside a known increase.

    >>> values, stamps = np.array([[70.0, 72.0, 71.0, 75.0, 1.0, 3.0]]), np.arange(6)[None, :] * 1000
    >>> steps = np.array([[1, 2, 3, 2, 4, 2]], np.int8)
    >>> increase, seconds = increases(values, stamps, steps)
    >>> increase.tolist(), seconds.tolist()
    ([[2.0, nan, 3.0, 1.0, 2.0]], [[1.0, nan, 2.0, nan, 1.0]])
    """
    increase = np.full((len(values), values.shape[1] - 1), np.nan)
    seconds = np.full_like(increase, np.nan)
    chosen = np.arange(len(values)) if rows is None else rows
    _fill(values, stamps, steps, chosen, increase, seconds)
    return increase, seconds


def per_second(increase: Matrix, seconds: Matrix, rows: npt.NDArray[np.intp]) -> Matrix:
    """The rates of chosen counters, shape (len(rows), T); NaN where no time passed or nothing is known.

    increase, seconds  as `increases` gives them

    >>> per_second(np.array([[2.0, np.nan, 3.0]]), np.array([[1.0, np.nan, 2.0]]), np.array([0])).tolist()
    [[2.0, nan, 1.5]]
    """
    rates = np.empty((len(rows), increase.shape[1]))
    _divide(increase, seconds, rows, rates)
    return rates


@kernel
def _divide(increase: Floats, seconds: Floats, rows: Integers, rates: Floats) -> None:
    for k, i in enumerate(rows):
        for c in range(increase.shape[1]):
            rates[k, c] = increase[i, c] / seconds[i, c] if seconds[i, c] > 0.0 else np.nan


@kernel
def _fill(
    values: Floats, stamps: Integers, steps: Steps, rows: Integers, increase: Floats, seconds: Floats
) -> None:
    for i in rows:
        last, fastest, falls = -1, 0.0, False
        for c in range(values.shape[1]):
            step = steps[i, c]
            if values[i, c] != values[i, c] or step == DIP:
                continue
            if step == RISE:
                increase[i, c - 1] = values[i, c] - values[i, last]
                seconds[i, c - 1] = (stamps[i, c] - stamps[i, last]) / 1000.0
                if seconds[i, c - 1] > 0.0:
                    fastest = max(fastest, increase[i, c - 1] / seconds[i, c - 1])
            falls |= step in (RESET, STEP_BACK)
            last = c
        if falls:
            _fill_falls(values[i], stamps[i], steps[i], fastest, increase[i], seconds[i])


@kernel
def _fill_falls(
    row: Floats, stamps: Integers, steps: Steps, fastest: float, increase: Floats, seconds: Floats
) -> None:
    last, newest = -1, np.flatnonzero(~np.isnan(row))[-1]
    for c in range(len(row)):
        if row[c] != row[c] or steps[c] == DIP:
            continue
        if steps[c] in (RESET, STEP_BACK) and c < newest:
            passed = (stamps[c] - stamps[last]) / 1000.0
            if 0.0 <= row[c] <= fastest * passed:
                increase[c - 1], seconds[c - 1] = row[c], passed
                if _counts_faster_then(row, stamps, steps, c, row[c] / passed):
                    seconds[c - 1] = np.nan
        last = c


@kernel
def _counts_faster_then(row: Floats, stamps: Integers, steps: Steps, began: int, rate: float) -> bool:
    """Whether a counter that began anew grows faster than this from the sample `began` to the next one."""
    for c in range(began + 1, len(row)):
        if row[c] == row[c] and steps[c] != DIP:
            grown = row[c] - row[began]
            return bool(steps[c] == RISE and grown > rate * (stamps[c] - stamps[began]) / 1000.0)
    return False
