"""The passes over a bank's arrays, one series after the other; `SeriesBank` says what each array holds."""

from typing import NamedTuple

import numpy as np

from patternwatch.compiled import Bytes, Flags, Floats, Integer, Integers, Ints32, kernel
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.statistics import (
    FAST_WIDTH,
    FIRST_BRIEF,
    FIRST_FAST,
    NEAR_TO,
    STATISTICS,
    WIDTH,
    statistics_at,
)
from patternwatch.watch.tails import (
    LEAST_BLOCKS,
    NEVER,
    ROWS_A_BLOCK,
    ZERO,
    encoded,
    rarity_of,
    tail_of,
    usual_at,
)

LEVEL, SCALE, RELATIVE, COUNTING, ABSOLUTE = 0, 1, 2, 3, 4
"""Columns of `state`: level and scale of the series, then its floors: part of the level, events that one
unit stands for in a row, and the least change in its unit."""
SINCE, BLANK, KNOWN, LAST = 0, 1, 2, 3
"""Columns of `counts`: rows since it began, rows not judged yet, blocks of history, last row learned."""
REFRESH_ROWS = 30
"""Rows between two readings of a series' level."""
STRIDE = 2
"""Of the ring's rows, every one of so many is read for the level: its median needs no more."""
LEAST_LEVEL = 10
NO_SCALE = 2e-9
"""A scale up to here says that the series never moved, nor any of its family."""
RECENT_ROWS = 18
"""The newest rows, which the level leaves out: what moves now is no level yet."""
YOUNG_ROWS, YOUNG_RECENT = 100, 4
"""A series so young leaves out fewer."""
LEAST_SCORE = 2.5
CAP = 30.0
"""Scores above this say no more."""
PRIOR_SLOPE, PRIOR_WEIGHT, FAMILY_WEIGHT = 5.0, 30.0, 6.0
"""Slope of a tail, in steps, where nothing is known; how many excesses it weighs in a family's, and a
family's in a series'."""
LEAST_SLOPE = 1.5
HABIT_STEPS = 5
"""How far above the usual of this hour a change must be: a third more."""
_DECIMALS = 0.4342945


@kernel
def refresh_level(ring: Floats32, at: Integer, state: Floats32, counts: Ints32, buffer: Floats32) -> None:
    """Read a series' level, and once its scale, off its ring; as before where there are too few values."""
    size, since, count = len(ring), counts[SINCE], 0
    for back in range(RECENT_ROWS if since > YOUNG_ROWS else YOUNG_RECENT, min(size, since), STRIDE):
        value = ring[(at - back) % size]
        if not np.isnan(value):
            buffer[count] = value
            count += 1
    if count < LEAST_LEVEL:
        return
    ordered = np.sort(buffer[:count])
    level = ordered[count // 2]
    state[LEVEL] = level
    if state[SCALE] > 0.0:
        return
    quartiles = (ordered[(3 * count) // 4] - ordered[count // 4]) / 1.35
    spread = max(quartiles, (ordered[count - 1] - ordered[0]) / 8.0)
    least = max(0.01 * abs(level), state[ABSOLUTE], np.float32(1e-9))
    state[SCALE] = max(spread, least)


@kernel(inline="always")
def floor_of(state: Floats32, width: float) -> float:
    """The least change that counts: part of the level, and three deviations of a count over `width` rows."""
    level = abs(float(state[LEVEL]))
    floor = max(float(state[RELATIVE]) * level, float(state[ABSOLUTE]))
    if state[COUNTING] > 0.0:
        floor = max(floor, 3.0 * float(np.sqrt(level / (state[COUNTING] * width))))
    return floor


@kernel
def score_of(
    code: float,
    floor: float,
    threshold: Integer,
    rarity: float,
    excess: float,
    over: Integer,
    slope: float,
    blocks: Integer,
) -> float:
    """-log10 of how often a series' own history had such a change.

    code, floor  the change and the least one that counts, encoded
    threshold    of the tail; `rarity` is the score at it
    excess, over  sum and number of the tail's excesses; `slope` is the family's
    blocks        how many its history has: of few, what lies beyond them all is known the less, as with
                  Student's t (the predictive tail of an exponential one is a Pareto's of type II)
    """
    own = max((excess + FAMILY_WEIGHT * slope) / (over + FAMILY_WEIGHT), LEAST_SLOPE)
    known = blocks + FAMILY_WEIGHT
    beyond = code - max(float(threshold) if threshold else ZERO, floor)
    if beyond <= 0.0:
        return float(rarity + _DECIMALS * beyond / own)
    return float(rarity + known * np.log10(1.0 + beyond / (own * known)))


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
    """Where in time a comparison is: column of the ring, new rows, row, block, blocks of a day."""

    at: int
    new_rows: int
    row: int
    block: int
    day: int


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


@kernel
def score_at(
    kept: Kept, told: Told, place: Place, i: Integer, d: Integer, code: float, floor: float
) -> float:
    """The score of one statistic of one series; 0 where its history says nothing, or has it at this hour."""
    threshold = kept.thresholds[i, d]
    if code <= threshold or threshold == NEVER:
        return 0.0
    excess, over, rarity = kept.excess[i, d], kept.over[i, d], kept.rarity[i, d]
    if kept.state[i, SCALE] <= NO_SCALE:
        # How far it went is nothing without a unit; that it never did is as rare as its rows are many.
        return float(rarity) if rarity >= LEAST_SCORE else 0.0
    slope, blocks = told.slopes[told.family[i], d], kept.counts[i, KNOWN]
    score = score_of(code, floor, threshold, rarity, excess, over, slope, blocks)
    if score < LEAST_SCORE:
        return 0.0
    usual = usual_at(kept.maxima[i, d], place.block, kept.counts[i, KNOWN], place.day)
    if code < usual + HABIT_STEPS:
        return 0.0
    # Where this hour is usually high, its tail begins there: a batch is larger on one day than on others.
    score = score_of(code, max(floor, float(usual)), threshold, rarity, excess, over, slope, blocks)
    score = min(score, rarity_of(kept.maxima[i, d], place.block, kept.counts[i, KNOWN], code))
    return 0.0 if score < LEAST_SCORE else min(score, CAP)


@kernel
def is_judged(kept: Kept, told: Told, place: Place, i: Integer, buffer: Floats32) -> bool:
    """Whether a series can be compared now; reads its level where it is its turn."""
    own = kept.state[i]
    kept.counts[i, SINCE] += place.new_rows
    due = (place.row + told.phase[i]) % REFRESH_ROWS < place.new_rows
    if not kept.held[i] and (due or np.isnan(own[LEVEL])):
        refresh_level(kept.ring[i], place.at, own, kept.counts[i], buffer)
    if kept.counts[i, BLANK] > 0:
        kept.counts[i, BLANK] -= place.new_rows
        return False
    return own[SCALE] > 0.0 and not np.isnan(own[LEVEL])


@kernel
def judge(kept: Kept, told: Told, place: Place, out: Found) -> int:
    """Compare every series at the newest row; how many suspects were written."""
    found = np.empty(STATISTICS, dtype=np.float32)
    buffer, ring_buffer = np.empty(NEAR_TO, dtype=np.float32), np.empty(kept.ring.shape[1], dtype=np.float32)
    count = 0
    for i in range(len(told.used)):
        if not told.used[i] or not is_judged(kept, told, place, i, ring_buffer):
            continue
        own, held = kept.state[i], kept.held[i]
        if not statistics_at(kept.ring[i], place.at, place.new_rows, own[LEVEL], held, found, buffer):
            continue
        floor, fast_floor, brief_floor = floor_of(own, WIDTH), floor_of(own, FAST_WIDTH), floor_of(own, 1)
        for d in range(STATISTICS):
            least = brief_floor if d >= FIRST_BRIEF else fast_floor if d >= FIRST_FAST else floor
            if found[d] <= least:
                continue
            code = encoded(np.float64(found[d]), np.float64(own[SCALE]))
            if not held and code > kept.current[i, d]:
                kept.current[i, d] = np.uint8(code)
            score = score_at(kept, told, place, i, d, code, encoded(least, np.float64(own[SCALE])))
            if score > 0.0 and count < len(out.slots):
                out.slots[count], out.statistic[count] = i, d
                out.scores[count], out.sizes[count] = score, found[d]
                count += 1
    return count


@kernel
def close_block(kept: Kept, used: Flags, block: Integer, day: Integer) -> None:
    """Put the maxima of the block that ends into the histories; a series that is held repeats yesterday's."""
    size = kept.maxima.shape[2]
    for i in range(len(used)):
        if not used[i] or not kept.state[i, SCALE] > 0.0:
            continue
        repeats = kept.held[i] and kept.counts[i, KNOWN] >= day
        for d in range(STATISTICS):
            newest = kept.current[i, d]
            if repeats:
                newest = max(newest, kept.maxima[i, d, (block - day) % size])
            kept.maxima[i, d, block % size] = newest
            kept.current[i, d] = 0
        if kept.counts[i, KNOWN] < size:
            kept.counts[i, KNOWN] += 1


@kernel
def read_tails(kept: Kept, slots: Integers, block: Integer, day: Integer) -> None:
    """Read the tails of these slots off their histories."""
    bins, habit = np.zeros(256, dtype=np.int64), np.zeros(day, dtype=np.uint8)
    for i in slots:
        known = min(kept.counts[i, KNOWN], kept.maxima.shape[2])
        for d in range(STATISTICS):
            if known < LEAST_BLOCKS:
                kept.thresholds[i, d] = NEVER
                continue
            threshold, beyond, total, blocks = tail_of(kept.maxima[i, d], block, known, day, bins, habit)
            kept.thresholds[i, d] = threshold
            kept.rarity[i, d] = -np.log10((beyond + 1.0) / (max(blocks, 1) * ROWS_A_BLOCK))
            kept.excess[i, d], kept.over[i, d] = total, min(beyond, 255)
