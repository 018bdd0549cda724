"""Prometheus' XOR chunks: times as deltas of deltas, values as the bits that changed.

Source: T. Pelkonen et al., "Gorilla: a fast, scalable, in-memory time series database" (2015), with the
widths that Prometheus uses (tsdb/docs/format/chunks.md): 14, 17, 20 and 64 bits for a delta of deltas.
"""

import numpy as np

from patternwatch.compiled import Bytes, Integer, Integers, Words, kernel
from patternwatch.cortex.wire.decoded import is_kept
from patternwatch.cortex.wire.walk import NO_CHUNK, TRUNCATED, fail, read_varint
from patternwatch.cortex.wire.words import read_word, swapped

_HEADER = 2
_ONE_MORE_BIT_EACH = 4
"""Samples in a byte at most: each takes a bit for its time and a bit for its value, at least."""


@kernel
def count_samples(data: Bytes, start: Integer, stop: Integer) -> Integer:
    """How many samples a chunk says that it holds; negative if it is too short to hold them."""
    if stop - start < _HEADER:
        return fail(start, NO_CHUNK)
    count = np.int64(data[start]) << 8 | np.int64(data[start + 1])
    if count > _ONE_MORE_BIT_EACH * (stop - start):
        return fail(start, NO_CHUNK)
    return count


@kernel
def read_chunk(
    data: Bytes,
    start: Integer,
    stop: Integer,
    timestamps: Integers,
    bits: Words,
    kept: Integer,
    start_ms: Integer,
    end_ms: Integer,
) -> Integer:
    """Write the samples of `start_ms <= t <= end_ms` behind `kept`, stale markers left out.

    timestamps  int64 ms
    bits        uint64, the values' bits
    Returns the new `kept`, negative where the chunk is unsound.
    """
    count = count_samples(data, start, stop)
    if count == 0:
        return kept
    first, at = read_varint(data, start + _HEADER, stop)
    if at < 0:
        return at
    time = np.int64(np.uint64(first) >> np.uint64(1)) ^ -(first & 1)
    value = swapped(read_word(data, at))
    at = (at + 8) * 8
    delta: Integer = np.int64(0)
    leading: Integer = np.int64(0)
    width: Integer = np.int64(64)
    for i in range(count):
        if i == 1:
            delta, at = _unaligned_varint(data, at, stop)
            if at < 0:
                return at
        elif i > 1:
            change, at = _delta_of_delta(data, at)
            delta += change
        if i > 0:
            time += delta
            value, leading, width, at = _next_value(data, at, value, leading, width)
        if leading + width > 64 or at > stop * 8:
            return fail(min(at >> 3, stop), NO_CHUNK)
        timestamps[kept], bits[kept] = time, value
        kept += is_kept(time, value, start_ms, end_ms)
    return kept


@kernel(inline="always")
def _delta_of_delta(data: Bytes, at: Integer) -> tuple[Integer, Integer]:
    """The signed difference of this distance from the one before, and the bit behind it."""
    word = _peek(data, at)
    if word >> np.uint64(63) == 0:
        return np.int64(0), at + 1
    if word >> np.uint64(62) == 0b10:
        size, prefix = 14, 2
    elif word >> np.uint64(61) == 0b110:
        size, prefix = 17, 3
    elif word >> np.uint64(60) == 0b1110:
        size, prefix = 20, 4
    else:
        return np.int64(_bits(data, at + 4, 64)), at + 68
    change = np.int64((word << np.uint64(prefix)) >> np.uint64(64 - size))
    if change > 1 << (size - 1):
        change -= 1 << size
    return change, at + prefix + size


@kernel(inline="always")
def _next_value(
    data: Bytes, at: Integer, value: np.uint64, leading: Integer, width: Integer
) -> tuple[np.uint64, Integer, Integer, Integer]:
    """The next value's bits, its window of changed bits (leading zeros, width), and the bit behind it.

    Leading zeros and width over 64 together mean that the bytes are unsound.
    """
    word = _peek(data, at)
    if word >> np.uint64(63) == 0:
        return value, leading, width, at + 1
    # Chosen without a branch: whether a window is new can hardly be foretold.
    is_new = word >> np.uint64(62) == 0b11
    new_width = np.int64((word >> np.uint64(51)) & np.uint64(63))
    leading = np.int64((word >> np.uint64(57)) & np.uint64(31)) if is_new else leading
    width = (new_width if new_width > 0 else np.int64(64)) if is_new else width
    at += 13 if is_new else 2
    changed = _bits(data, at, width) << np.uint64(max(64 - leading - width, 0))
    return value ^ changed, leading, width, at + width


@kernel
def _unaligned_varint(data: Bytes, at: Integer, stop: Integer) -> tuple[Integer, Integer]:
    """A varint that begins at any bit, and the bit behind it."""
    value, shift = np.int64(0), np.int64(0)
    while shift < 70 and at + 8 <= stop * 8:
        byte = np.int64(_bits(data, at, 8))
        value |= (byte & 127) << shift
        at += 8
        if byte < 128:
            return value, at
        shift += 7
    return value, fail(at >> 3, TRUNCATED)


@kernel(inline="always")
def _bits(data: Bytes, at: Integer, width: Integer) -> np.uint64:
    """`width` (1 to 64) bits from bit `at` on, as uint64."""
    if width <= 57:
        return _peek(data, at) >> np.uint64(64 - width)
    high = _peek(data, at) >> np.uint64(32)
    low = _peek(data, at + 32) >> np.uint64(32)
    return (high << np.uint64(32) | low) >> np.uint64(64 - width)


@kernel(inline="always")
def _peek(data: Bytes, at: Integer) -> np.uint64:
    """The bits from bit `at` on, the first of them highest: at least 57, zeros behind the data's end."""
    return swapped(read_word(data, at >> 3)) << np.uint64(at & 7)
