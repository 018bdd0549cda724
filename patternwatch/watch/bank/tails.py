"""The tail of each series' own history: how far its statistics went in the blocks before, in few bytes.

A statistic is kept as its size in twelfths of an octave of the series' scale (a byte), and of each block of
rows only the largest: a week of half hours is 336 bytes. Above a high threshold, excesses are close to
exponential (Pickands 1975; Coles, "An Introduction to Statistical Modeling of Extreme Values", chapter 4).
Threshold and slope are read off the block maxima; the highest blocks are left out, since a history holds
past incidents, and so are hours that are high every day.
"""

import numpy as np

from patternwatch.compiled import Bytes, Integer, Integers, kernel

STEPS_AN_OCTAVE = 12.0
ZERO = 100.0
"""The byte of a change as large as the scale."""
NEVER = 255
"""A threshold that nothing passes: too little history."""
LEAST_BLOCKS = 3
TRIMMED = 0.05
"""Part of the blocks, the highest, that is left out: past incidents."""
ROWS_A_BLOCK = 60.0
LEAST_TIMES = 2
"""A change that the history had so many times apart is no past incident, but something that happens."""
LEAST_OF_DAYS = 2
"""Days from which on an hour can be one that is high every day."""


@kernel(inline="always")
def encoded(size: float, scale: float) -> float:
    """A change in twelfths of an octave of the scale, from 0 to 255; not rounded."""
    if size <= 0.0 or scale <= 0.0:
        return 0.0
    return float(min(max(STEPS_AN_OCTAVE * np.log2(size / scale) + ZERO, 0.0), 255.0))


@kernel
def usual_at(maxima: Bytes, block: Integer, known: Integer, day: Integer) -> Integer:
    """What this hour usually brings: the median over days, and what it had a week ago; 0 if unknown.

    known  blocks before `block` that are known
    day    blocks of a day
    """
    days = min(known // day, 7)
    if days < 1:
        return 0
    found = np.zeros(7, dtype=np.int64)
    for i in range(days):
        earlier = block - (i + 1) * day
        for at in range(earlier - 1, earlier + 2):
            if at < block and block - at <= min(known, len(maxima)):
                found[i] = max(found[i], maxima[at % len(maxima)])
    a_week_ago = found[6] if days == 7 else 0
    ordered = np.sort(found[:days])
    return int(max(ordered[(days - 1) // 2], a_week_ago))


@kernel
def rarity_of(maxima: Bytes, block: Integer, known: Integer, code: float) -> float:
    """-log10 of how often a change as large happened, by counting; infinite where it may be an incident's.

    Blocks side by side are one time. The tail knows nothing of the highest blocks: they are left out of it.
    """
    size, times, before = len(maxima), 0, False
    known, at = min(known, size), block % size
    for _ in range(known):
        at = at - 1 if at > 0 else size - 1
        high = maxima[at] >= code
        if high and not before:
            times += 1
        before = high
    return -np.log10(times / (known * ROWS_A_BLOCK)) if times >= LEAST_TIMES else np.inf


@kernel
def mark_habits(
    maxima: Bytes, block: Integer, known: Integer, day: Integer, high: Integer, habit: Bytes
) -> None:
    """Mark the blocks of a day (by block modulo a day) that are above `high` on every day."""
    size, days = len(maxima), known // day
    for slot in range(day):
        lowest = 255
        for i in range(days):
            newest = block - 1 - slot - i * day
            largest = 0
            for at in range(newest - 1, newest + 2):
                if at < block and block - at <= min(known, size):
                    largest = max(largest, maxima[at % size])
            lowest = min(lowest, largest)
        habit[(block - 1 - slot) % day] = 1 if lowest > high else 0


@kernel
def quantile_of_bins(bins: Integers, count: Integer, share: float) -> Integer:
    """The value below which this share of `count` values lies, from how many there are of each byte."""
    wanted, seen = int(share * (count - 1)), 0
    for value in range(256):
        seen += bins[value]
        if seen > wanted:
            return value
    return 255


@kernel
def tail_of(
    maxima: Bytes, block: Integer, known: Integer, day: Integer, bins: Integers, habit: Bytes
) -> tuple[Integer, Integer, float, Integer]:
    """Threshold, how many maxima exceed it, by how much in sum, and of how many blocks.

    maxima  uint8, shape (H,): the maximum of each block, by its absolute number modulo H
    block   the current block, which is not in it yet
    known   blocks before it that are known, at least LEAST_BLOCKS
    day     blocks of a day
    bins    scratch int64, shape (256,)
    habit   scratch uint8, shape (day,)
    """
    size = len(maxima)
    known = min(known, size)
    bins[:] = 0
    at = block % size
    for _ in range(known):
        at = at - 1 if at > 0 else size - 1
        bins[maxima[at]] += 1
    count = known
    if known >= LEAST_OF_DAYS * day:
        mark_habits(maxima, block, known, day, quantile_of_bins(bins, count, 0.9), habit)
        for back in range(1, known + 1):
            if habit[(block - back) % day]:
                bins[maxima[(block - back) % size]] -= 1
                count -= 1
    kept = max(count - round(TRIMMED * count), min(count, LEAST_BLOCKS))
    drop, value = count - kept, 255
    while drop > 0:
        taken = min(drop, bins[value])
        bins[value] -= taken
        drop -= taken
        value -= 1
    wanted = min(max(3, round(1.2 * np.sqrt(kept))), kept - 1)
    over, threshold = 0, 255
    while threshold > 0 and over + bins[threshold] <= wanted:
        over += bins[threshold]
        threshold -= 1
    base, excess = threshold, 0.0
    for value in range(threshold + 1, 256):
        if bins[value]:
            if base == 0:
                base = value
            excess += bins[value] * (value - base)
    return threshold, over, excess, kept
