"""The passes over a bank's arrays, one series after the other; `SeriesBank` says what each array holds."""

import numpy as np

from patternwatch.compiled import Flags, Integer, Integers, Ints32, kernel
from patternwatch.contracts.arrays import Floats32
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


@kernel
def note_gap(kept: Kept, place: Place, i: Integer) -> None:
    """Note a series' newest value; one after a gap as long as all that it is compared with begins anew.

    The source was away, or nobody looked: the level of yesterday evening is none of this morning. While it is
    held it has no other one.
    """
    size, last, first, newest = kept.ring.shape[1], kept.counts[i, HEARD], -1, -1
    for back in range(min(place.new_rows, size)):
        if not np.isnan(kept.ring[i, (place.at - back) % size]):
            first = place.row - back
            newest = max(newest, first)
    if newest < 0:
        return
    if last > 0 and first - last > NEAR_TO and not kept.held[i]:
        kept.state[i, LEVEL] = np.nan
        kept.counts[i, SINCE] = 0
    kept.counts[i, HEARD] = newest


@kernel
def is_judged(kept: Kept, told: Told, place: Place, i: Integer, buffer: Floats32) -> bool:
    """Whether a series can be compared now; reads its level where it is its turn."""
    own = kept.state[i]
    note_gap(kept, place, i)
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
        if not statistics_at(
            kept.ring[i], place.at, place.new_rows, own[LEVEL], held, place.seconds, found, buffer
        ):
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
