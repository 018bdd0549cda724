"""The arrays of a bank as its kernels take them; `BankArrays` says what each array holds."""

from typing import NamedTuple

import numpy as np

from patternwatch.compiled import Bytes, Flags, Floats, Integers, Ints32
from patternwatch.contracts.arrays import Floats32

LEVEL, SCALE, RELATIVE, COUNTING, ABSOLUTE = 0, 1, 2, 3, 4
"""Columns of `state`: level and scale of the series, then its floors: part of the level, events that one
unit stands for in a row, and the least change in its unit."""
SINCE, BLANK, KNOWN, LAST, HEARD = 0, 1, 2, 3, 4
"""Columns of `counts`: rows since it began, rows not judged yet, blocks of history, last row learned or
judged, last row with a value (0 where there was none)."""
NO_SCALE = 2e-9
"""A scale up to here says that the series never moved, nor any of its family."""


class Kept(NamedTuple):
    """The arrays of `BankArrays`."""

    ring: Floats32
    state: Floats32
    counts: Ints32
    maxima: Bytes
    current: Bytes
    thresholds: Bytes
    over: Bytes
    rarity: Floats32
    excess: Floats32
    held: Flags


class Told(NamedTuple):
    """What `Members` says by slot (N,), and the slopes of the families' tails, (families, STATISTICS)."""

    used: Flags
    phase: Ints32
    family: Ints32
    slopes: Floats


class Place(NamedTuple):
    """Where in time a comparison is: column of the ring, new rows, row, block, blocks a day, seconds."""

    at: int
    new_rows: int
    row: int
    block: int
    day: int
    seconds: float


class Found(NamedTuple):
    """Where suspects are written to, (K,) each: slot, statistic, score, change."""

    slots: Integers
    statistic: Integers
    scores: Floats32
    sizes: Floats32


def room_for(suspects: int) -> Found:
    """Arrays for at most so many suspects.

    >>> [len(array) for array in room_for(3)]
    [3, 3, 3, 3]
    """
    numbers = [np.empty(suspects, dtype=np.int64) for _ in range(2)]
    return Found(numbers[0], numbers[1], *(np.empty(suspects, dtype=np.float32) for _ in range(2)))
