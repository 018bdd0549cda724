"""The passes over a bank's arrays, one series after the other; `SeriesBank` says what each array holds."""

import numpy as np

from patternwatch.compiled import Flags, Integer, Integers, Ints32, kernel
from patternwatch.contracts.arrays import Floats32
from patternwatch.detectors.order_statistics import nth_in_place
from patternwatch.watch.bank.scores import floor_of, score_at
from patternwatch.watch.bank.statistics import (
    FAST_WIDTH,
    FIRST_BRIEF,
    FIRST_FAST,
    NEAR_TO,
    STATISTICS,
    WIDTH,
    statistics_at,
)
from patternwatch.watch.bank.tails import LEAST_BLOCKS, NEVER, ROWS_A_BLOCK, encoded, tail_of
from patternwatch.watch.bank.views import (
    ABSOLUTE,
    BLANK,
    HEARD,
    KNOWN,
    LEVEL,
    SCALE,
    SINCE,
    Found,
    Kept,
    Place,
    Told,
)

REFRESH_ROWS = 30
"""Rows between two readings of a series' level."""
STRIDE = 2
"""Of the ring's rows, every one of so many is read for the level: its median needs no more."""
LEAST_LEVEL = 10
RECENT_ROWS = 18
"""The newest rows, which the level leaves out: what moves now is no level yet."""
YOUNG_ROWS, YOUNG_RECENT = 100, 4
"""A series so young leaves out fewer."""


@kernel
def refresh_level(
    ring: Floats32, state: Floats32, counts: Ints32, i: Integer, at: Integer, buffer: Floats32
) -> None:
    """Read a series' level, and once its scale, off its ring; as before where there are too few values."""
    size, since, count = ring.shape[1], counts[i, SINCE], 0
    for back in range(RECENT_ROWS if since > YOUNG_ROWS else YOUNG_RECENT, min(size, since), STRIDE):
        value = ring[i, at - back if at >= back else at - back + size]
        if not np.isnan(value):
            buffer[count] = value
            count += 1
    if count < LEAST_LEVEL:
        return
    if state[i, SCALE] > 0.0:
        state[i, LEVEL] = nth_in_place(buffer, count, count // 2)
        return
    ordered = np.sort(buffer[:count])
    level = ordered[count // 2]
    state[i, LEVEL] = level
    quartiles = (ordered[(3 * count) // 4] - ordered[count // 4]) / 1.35
    spread = max(quartiles, (ordered[count - 1] - ordered[0]) / 8.0)
    least = max(0.01 * abs(level), state[i, ABSOLUTE], np.float32(1e-9))
    state[i, SCALE] = max(spread, least)


@kernel
def note_gap(ring: Floats32, state: Floats32, counts: Ints32, held: Flags, place: Place, i: Integer) -> None:
    """Note a series' newest value; one after a gap as long as all that it is compared with begins anew.

    The source was away, or nobody looked: the level of yesterday evening is none of this morning. While it is
    held it has no other one.
    """
    size, last, first, newest = ring.shape[1], counts[i, HEARD], -1, -1
    for back in range(min(place.new_rows, size)):
        if not np.isnan(ring[i, place.at - back if place.at >= back else place.at - back + size]):
            first = place.row - back
            newest = max(newest, first)
    if newest < 0:
        return
    if last > 0 and first - last > NEAR_TO and not held[i]:
        state[i, LEVEL] = np.nan
        counts[i, SINCE] = 0
    counts[i, HEARD] = newest


@kernel
def is_judged(
    ring: Floats32,
    state: Floats32,
    counts: Ints32,
    held: Flags,
    phase: Integer,
    place: Place,
    i: Integer,
    buffer: Floats32,
) -> bool:
    """Whether a series can be compared now; reads its level where it is its turn."""
    note_gap(ring, state, counts, held, place, i)
    counts[i, SINCE] += place.new_rows
    due = (place.row + phase) % REFRESH_ROWS < place.new_rows
    if not held[i] and (due or np.isnan(state[i, LEVEL])):
        refresh_level(ring, state, counts, i, place.at, buffer)
    if counts[i, BLANK] > 0:
        counts[i, BLANK] -= place.new_rows
        return False
    return bool(state[i, SCALE] > 0.0 and not np.isnan(state[i, LEVEL]))


@kernel
def judge(kept: Kept, told: Told, place: Place, out: Found) -> int:
    """Compare every series at the newest row; how many suspects were written.

    Each of the functions that are called for every series takes the arrays that it needs, whole: machine code
    counts the owners of a part of an array, and of all of a tuple, and that takes longer than what is done.
    """
    ring, state, counts, held, current = kept.ring, kept.state, kept.counts, kept.held, kept.current
    thresholds, used, phase = kept.thresholds, told.used, told.phase
    found = np.empty(STATISTICS, dtype=np.float32)
    buffer, ranks = np.empty(NEAR_TO, dtype=np.float32), np.empty(NEAR_TO, dtype=np.int32)
    ring_buffer = np.empty(ring.shape[1], dtype=np.float32)
    count, room = 0, len(out.slots)
    for i in range(len(used)):
        if not used[i] or not is_judged(ring, state, counts, held, phase[i], place, i, ring_buffer):
            continue
        level, scale = state[i, LEVEL], np.float64(state[i, SCALE])
        at, new, seconds = place.at, place.new_rows, place.seconds
        if not statistics_at(ring, i, at, new, level, held[i], seconds, found, buffer, ranks):
            continue
        floor, fast_floor = floor_of(state, i, WIDTH), floor_of(state, i, FAST_WIDTH)
        brief_floor = floor_of(state, i, 1)
        for d in range(STATISTICS):
            least = brief_floor if d >= FIRST_BRIEF else fast_floor if d >= FIRST_FAST else floor
            if found[d] <= least:
                continue
            code = encoded(np.float64(found[d]), scale)
            if not held[i] and code > current[i, d]:
                current[i, d] = np.uint8(code)
            if code <= thresholds[i, d] or thresholds[i, d] == NEVER or count >= room:
                continue
            score = score_at(kept, told, place, i, d, code, encoded(least, scale))
            if score > 0.0:
                out.slots[count], out.statistic[count] = i, d
                out.scores[count], out.sizes[count] = score, found[d]
                count += 1
    return count


@kernel
def close_block(kept: Kept, used: Flags, block: Integer, day: Integer, first_row: Integer) -> None:
    """Put the maxima of the block that ends into the histories.

    A series that is held repeats yesterday's, and so does one without a value since the block's first row:
    a hole is no quiet hour. Before there is a yesterday such a one repeats the block before.
    """
    size = kept.maxima.shape[2]
    for i in range(len(used)):
        if not used[i] or not kept.state[i, SCALE] > 0.0:
            continue
        known = kept.counts[i, KNOWN]
        is_hole = 0 < kept.counts[i, HEARD] < first_row
        back = day if known >= day else 1
        repeats = (kept.held[i] and known >= day) or (is_hole and known > 0)
        for d in range(STATISTICS):
            newest = kept.current[i, d]
            if repeats:
                newest = max(newest, kept.maxima[i, d, (block - back) % size])
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
