"""Remote read answers of the kind SAMPLES: one snappy block holding one prometheus.ReadResponse.

One pass over the bytes writes times and values straight into arrays. These are made larger than any server's
answer of that length needs: memory that is never touched costs nothing.
Source: prometheus/prompb/remote.proto and types.proto (field numbers), "Remote Read API".
"""

from dataclasses import replace

import numpy as np

from patternwatch.compiled import Bytes, Integer, Integers, Words, kernel
from patternwatch.cortex.wire.decoded import Arrays, Decoded, NoRoomError, Room, close_series, decode, is_kept
from patternwatch.cortex.wire.histograms import read_native_series
from patternwatch.cortex.wire.known_labels import LabelMemory
from patternwatch.cortex.wire.snappy_block import lent_unsnappy
from patternwatch.cortex.wire.walk import NO_ROOM, Buffer, as_bytes, fail, read_field, read_varint
from patternwatch.cortex.wire.words import load_word, read_word, six_byte_varint

# number * 8 + wire type, as they stand on the wire
_RESULTS = _TIMESERIES = _LABELS = 1 << 3 | 2
_SAMPLES = 2 << 3 | 2
_HISTOGRAMS = 4 << 3 | 2
_VALUE = 1 << 3 | 1
_TIMESTAMP = 2 << 3 | 0

# the first three bytes of a Sample field: its tag, its size, the tag of its first field
_HEAD = np.uint64(0xFFFFFF)
_WITH_VALUE = np.uint64(_VALUE << 16 | 16 << 8 | _SAMPLES)
_WITHOUT_VALUE = np.uint64(_TIMESTAMP << 16 | 7 << 8 | _SAMPLES)
_LONGEST = 18
_BLOCK = 32
"""Samples that are looked at as a whole: enough to be vectorised, few enough to be done again one by one."""
# its last eight bytes: one of any content, the tag of the time, and a varint of six bytes
_TIME_MASK = np.uint64(0x808080808080FF00)
_TIME_SHAPE = np.uint64(0x0080808080800000 | _TIMESTAMP << 8)

# bytes of a series, a label and a sample: no server writes fewer, and no field can have fewer
_USUAL_BYTES = (32, 8, 9)
_FEWEST_BYTES = (2, 2, 2)


def decode_samples(
    body: bytes, start_ms: int, end_ms: int, step_ms: int = 0, memory: LabelMemory | None = None
) -> Decoded:
    """The series of a SAMPLES answer, its samples of `start_ms <= t <= end_ms`, and its native histograms.

    step_ms  see `read_native_series`
    memory   of the labels of the answer before, where the same selection is read again and again
    Raises DecodeError.
    """
    with lent_unsnappy(body) as message:
        decoded = decode_read_response(message, start_ms, end_ms, memory)
        if not decoded.metrics:
            return decoded
        native = read_native_series(as_bytes(message), start_ms, end_ms, step_ms)
        return replace(decoded, native=tuple(native))


def decode_read_response(
    message: Buffer, start_ms: int, end_ms: int, memory: LabelMemory | None = None
) -> Decoded:
    """The same for a message (bytes or a buffer) that is not compressed any more."""
    data = as_bytes(message)
    try:
        return decode(data, _fill, _room(len(data), *_USUAL_BYTES), start_ms, end_ms, memory)
    except NoRoomError:  # no server's work, but it may be sound
        return decode(data, _fill, _room(len(data), *_FEWEST_BYTES), start_ms, end_ms, memory)


def _room(size: int, series: int, label: int, sample: int) -> Room:
    return Room(size // series + 1, size // label + 1, size // sample + 1)


@kernel
def _fill(data: Bytes, arrays: Arrays, filled: Integers, start_ms: Integer, end_ms: Integer) -> Integer:
    """Walk the message and write each series; see `decode`."""
    end = len(data)
    at: Integer = 0
    while at < end:
        tag, result, at = read_field(data, at, end)
        if at < 0:
            return at
        if tag != _RESULTS:
            continue
        while result < at:
            tag, inner, result = read_field(data, result, at)
            if result < 0:
                return result
            if tag == _TIMESERIES:
                if filled[0] == len(arrays.native):
                    return fail(inner, NO_ROOM)
                status = _fill_one(data, inner, result, arrays, filled, start_ms, end_ms)
                if status < 0:
                    return status
    return 0


@kernel
def _fill_one(
    data: Bytes,
    at: Integer,
    end: Integer,
    arrays: Arrays,
    filled: Integers,
    start_ms: Integer,
    end_ms: Integer,
) -> Integer:
    """One TimeSeries: the spans of its labels and its samples."""
    starts, stops, native = arrays.starts, arrays.stops, arrays.native
    timestamps, bits = arrays.timestamps, arrays.bits
    series, labels, kept = filled[0], filled[1], filled[2]
    native[series] = False
    while at < end:
        at, kept = _usual_samples(data, at, end, timestamps, bits, kept, start_ms, end_ms)
        if at == end:
            break
        tag, start, at = read_field(data, at, end)
        if at < 0:
            return at
        if labels == len(starts) or kept == len(timestamps):
            return fail(start, NO_ROOM)
        native[series] |= tag == _HISTOGRAMS
        if tag == _LABELS:
            starts[labels], stops[labels] = start, at
            labels += 1
        elif tag == _SAMPLES:
            value, time, status = _any_sample(data, start, at)
            if status < 0:
                return status
            timestamps[kept], bits[kept] = time, value
            kept += is_kept(time, value, start_ms, end_ms)
    close_series(arrays, filled, labels, kept)
    return 0


@kernel(inline="always")
def _usual_samples(
    data: Bytes,
    at: Integer,
    end: Integer,
    timestamps: Integers,
    bits: Words,
    kept: Integer,
    start_ms: Integer,
    end_ms: Integer,
) -> tuple[Integer, Integer]:
    """The run of Sample fields from `at` on that are as servers write them: where it ends, the new `kept`.

    That is a value, left out if it is zero, then a time of six bytes (1971 to 2109).
    """
    tried = at  # where whole blocks are worth another try
    while at + _LONGEST <= end and kept < len(timestamps):
        head = load_word(data, at) & _HEAD
        if head == _WITH_VALUE:
            if at >= tried:
                blocks = _usual_blocks(data, at, end, timestamps[kept:], bits[kept:], start_ms, end_ms)
                at, kept = at + blocks * _BLOCK * _LONGEST, kept + blocks * _BLOCK
                tried = at + _BLOCK * _LONGEST
                continue
            value, last, step = load_word(data, at + 3), load_word(data, at + 10), _LONGEST
        elif head == _WITHOUT_VALUE:
            value, last, step = np.uint64(0), load_word(data, at + 1), 9
        else:
            break
        if last & _TIME_MASK != _TIME_SHAPE:
            break
        time = six_byte_varint(last >> np.uint64(16))
        timestamps[kept], bits[kept] = time, value
        kept += is_kept(time, value, start_ms, end_ms)
        at += step
    return at, kept


@kernel
def _usual_blocks(
    data: Bytes,
    at: Integer,
    end: Integer,
    timestamps: Integers,
    bits: Words,
    start_ms: Integer,
    end_ms: Integer,
) -> Integer:
    """Write whole blocks of samples; how many in whose samples all is usual, none is zero and all are kept.

    Nothing is decided before the end of a block, so that it is vectorised.
    """
    blocks = min((end - at) // (_BLOCK * _LONGEST), len(timestamps) // _BLOCK)
    for block in range(blocks):
        odd = np.uint64(0)
        for k in range(block * _BLOCK, (block + 1) * _BLOCK):
            sample = at + k * _LONGEST
            value, last = load_word(data, sample + 3), load_word(data, sample + 10)
            time = six_byte_varint(last >> np.uint64(16))
            timestamps[k], bits[k] = time, value
            odd |= ((load_word(data, sample) ^ _WITH_VALUE) & _HEAD) | ((last & _TIME_MASK) ^ _TIME_SHAPE)
            odd |= np.uint64(not is_kept(time, value, start_ms, end_ms))
        if odd:
            return block
    return blocks


@kernel
def _any_sample(data: Bytes, at: Integer, end: Integer) -> tuple[np.uint64, Integer, Integer]:
    """Any Sample: a field that is not there is zero (proto3 leaves zeros out), the last of two counts."""
    value = np.uint64(0)
    time: Integer = np.int64(0)
    while at < end:
        tag, start, at = read_field(data, at, end)
        if at < 0:
            return value, time, at
        if tag == _VALUE:
            value = read_word(data, start)
        elif tag == _TIMESTAMP:
            time, _ = read_varint(data, start, at)
    return value, time, end
