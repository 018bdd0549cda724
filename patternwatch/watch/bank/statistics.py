"""What is compared of a series at one row: its newest values with those before, and with its level.

Eight one-sided statistics, upwards and downwards of each:

near   the median of the last 5 values less the median of the rows 8 to 35 before: what moved lately
level  the same median less the series' level (the median of its ring): what moved at any time
fast   the lesser change of the last 2 values against the rows before: a step, seen after two rows
brief  the greatest change of the new values: one row is enough, so it is shown and opens nothing

A median of 5 is not moved by lone spikes of one or two rows; the fast one sees an abrupt fault one tick
earlier, at the price that spikes of two rows show. Each is judged by its own history.
"""

import numpy as np

from patternwatch.compiled import Integer, Ints32, kernel
from patternwatch.contracts.arrays import Floats32
from patternwatch.detectors.order_statistics import median_by_ranks, median_in_place

STATISTICS = 8
"""Even numbers are upwards, odd ones downwards."""
WIDTH = 5
"""Values of the short median."""
FAST_WIDTH, FIRST_FAST, FIRST_BRIEF = 2, 4, 6
"""Values of the fast statistics, and the first of these and of the brief ones."""
NEAR_FROM, NEAR_TO = 8, 36
"""Rows before the newest one that it is compared with."""
LEAST_VALUES, LEAST_NEAR = 3, 6
LOOK_BACK = 3 * WIDTH
"""Rows that the short median may reach back over gaps."""
MAX_AGE = 4
"""Rows within which a series must have had a value."""
CLOCK_PACE, CLOCK_S = 0.05, 1.0
"""How far a gain may be from the clock's: a part of it, and what exporters round seconds to."""


@kernel
def tells_the_clock(values: Floats32, count: Integer, seconds: float) -> bool:
    """Whether values, newest first, gain a second a second, or a thousand: the age of what happened once.

    values   the first `count` of them, one row apart
    seconds  between two rows

    >>> ages = np.array([512, 482, 452, 422, 392], dtype=np.float32)
    >>> tells_the_clock(ages, 5, 30.0), tells_the_clock(ages, 5, 60.0), tells_the_clock(ages * 2, 5, 30.0)
    (True, False, False)
    """
    for a_second in (1.0, 1000.0):
        is_clock = count == WIDTH
        for i in range(1, count):
            passed = i * seconds
            gained = (float(values[0]) - float(values[i])) / a_second
            is_clock = is_clock and abs(gained - passed) <= CLOCK_S + CLOCK_PACE * passed
        if is_clock:
            return True
    return False


@kernel
def statistics_at(
    ring: Floats32,
    i: Integer,
    at: Integer,
    new: Integer,
    level: np.float32,
    held: bool,
    seconds: float,
    found: Floats32,
    buffer: Floats32,
    ranks: Ints32,
) -> bool:
    """The eight statistics of series `i` at one column of its ring; False where there are too few values.

    ring    values of all series, shape (N, R); NaN is a gap
    at      the column of the newest row
    new     rows that were not compared yet
    level   its level, finite
    held    compare with the level only: the rows before belong to an incident; what tells the clock has none
    seconds between two rows
    found   the result, shape (STATISTICS,)
    buffer  scratch, at least NEAR_TO long; `ranks` as well
    """
    size, count, column, newest = ring.shape[1], 0, at, 2 * MAX_AGE
    for back in range(LOOK_BACK):
        value = ring[i, column]
        if not np.isnan(value):
            newest = min(newest, back)
            buffer[count] = value
            count += 1
            if count == WIDTH:
                break
        column = column - 1 if column > 0 else size - 1
    if count < LEAST_VALUES or newest >= MAX_AGE:
        return False
    if held and tells_the_clock(buffer, count, seconds):
        return False
    low, high = min(buffer[0], buffer[1]), max(buffer[0], buffer[1])
    lowest, highest = (low, high) if new > 1 else (buffer[0], buffer[0])
    short = median_in_place(buffer, count)
    near = level
    if not held:
        count, column = 0, (at - NEAR_FROM) % size
        for _ in range(NEAR_FROM, NEAR_TO):
            value = ring[i, column]
            if not np.isnan(value):
                buffer[count] = value
                count += 1
            column = column - 1 if column > 0 else size - 1
        if count >= LEAST_NEAR:
            near = median_by_ranks(buffer, count, ranks)
    found[0], found[1] = short - near, near - short
    found[2], found[3] = short - level, level - short
    found[4], found[5] = low - near, near - high
    found[6], found[7] = highest - near, near - lowest
    return True
