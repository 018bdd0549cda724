"""Remote read answers of the kind SAMPLES: one snappy block holding one prometheus.ReadResponse.

Two passes over the bytes: the first counts series, labels and samples by jumping over their contents,
the second writes times and values straight into arrays of that size.
Source: prometheus/prompb/remote.proto and types.proto (field numbers), "Remote Read API".
"""

from collections import deque

import cramjam
import numba
import numpy as np
import numpy.typing as npt

from patternwatch.contracts.errors import DecodeError
from patternwatch.cortex.raw import STALE_NAN
from patternwatch.cortex.wire.decoded import Decoded, decode
from patternwatch.cortex.wire.walk import (
    TRUNCATED,
    as_bytes,
    fail,
    read_field,
    read_varint,
)
from patternwatch.cortex.wire.words import load_word, read_word, varint_in

# number * 8 + wire type, as they stand on the wire
_RESULTS = _TIMESERIES = _LABELS = 1 << 3 | 2
_SAMPLES = 2 << 3 | 2
_HISTOGRAMS = 4 << 3 | 2
_VALUE = 1 << 3 | 1
_TIMESTAMP = 2 << 3 | 0

# the first and third byte of a Sample field (between them is its size)
_HEAD = np.uint64(0xFF00FF)
_WITH_VALUE = np.uint64(_VALUE << 16 | _SAMPLES)
_WITHOUT_VALUE = np.uint64(_TIMESTAMP << 16 | _SAMPLES)
_QUICK_READ = 20
"""Bytes that the quick way looks at: tag, size, tag, value (8), tag, and one word with the time."""

_STALE = np.uint64(STALE_NAN)
_MOST_EXPANSION = 32
"""Snappy's shortest copy makes 64 bytes of 3: a block that claims more than this is not snappy."""
_MOST_SPARE = 32 * 1024 * 1024
_spare: deque[npt.NDArray[np.uint8]] = deque(maxlen=2)
"""Decompressed answers lie here while they are walked. Touching fresh memory would cost as much as that."""


def decode_samples(body: bytes, start_ms: int, end_ms: int) -> Decoded:
    """The series of a SAMPLES answer, its samples of `start_ms <= t <= end_ms`; raises DecodeError."""
    size = _claimed_size(body)
    try:
        scratch = _spare.pop()
    except IndexError:  # two are in use, or this is the first
        scratch = np.empty(0, np.uint8)
    if len(scratch) < size:
        scratch = np.empty(size, np.uint8)
    try:
        return decode_read_response(unsnappy(body, scratch), start_ms, end_ms)
    finally:
        if len(scratch) <= _MOST_SPARE:
            _spare.append(scratch)


def unsnappy(body: bytes, scratch: npt.NDArray[np.uint8] | None = None) -> npt.NDArray[np.uint8]:
    """Decompress one snappy block, into `scratch` where one is given; raises DecodeError."""
    size = _claimed_size(body)
    message = np.empty(size, np.uint8) if scratch is None else scratch[:size]
    try:
        return message[: cramjam.snappy.decompress_raw_into(body, message.data)]
    except cramjam.DecompressionError as error:
        raise DecodeError(f"The answer is no snappy block ({error})", 0) from error


def _claimed_size(body: bytes) -> int:
    try:
        size = int(cramjam.snappy.decompress_raw_len(body))
    except cramjam.DecompressionError as error:
        raise DecodeError(f"The answer is no snappy block ({error})", 0) from error
    if size > _MOST_EXPANSION * len(body):
        raise DecodeError("The snappy block claims more bytes than it can hold", 0)
    return size


def decode_read_response(message: object, start_ms: int, end_ms: int) -> Decoded:
    """The same for a message (bytes or a buffer) that is not compressed any more."""
    return decode(as_bytes(message), _count, _fill, start_ms, end_ms)


@numba.njit(cache=True, nogil=True)
def _count(data, counts):  # type: ignore[no-untyped-def]
    """Add series, labels and samples to `counts`."""
    end, at = len(data), 0
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
                counts[0] += 1
                status = _count_one(data, inner, result, counts)
                if status < 0:
                    return status
    return 0


@numba.njit(cache=True, nogil=True)
def _count_one(data, at, end, counts):  # type: ignore[no-untyped-def]
    labels, samples = 0, 0
    while at < end:
        while end - at >= 2 and data[at] == _SAMPLES and data[at + 1] < 128:
            step = 2 + np.int64(data[at + 1])
            samples += 1
            at += step
            # Most samples are as long as the one before: look at four at once.
            while end - at >= 4 * step and _are_alike(data, at, step):
                samples += 4
                at += 4 * step
        if at >= end:
            break
        tag, _, at = read_field(data, at, end)
        if at < 0:
            return at
        labels += tag == _LABELS
        samples += tag == _SAMPLES
    if at > end:
        return fail(end, TRUNCATED)
    counts[1] += labels
    counts[2] += samples
    return 0


@numba.njit(cache=True, nogil=True, inline="always")
def _are_alike(data, at, step):  # type: ignore[no-untyped-def]
    """Whether the four fields from `at` on have the tag and the size of the one before."""
    head = read_word(data, at - step)
    others = read_word(data, at) ^ head | read_word(data, at + step) ^ head
    others |= read_word(data, at + 2 * step) ^ head | read_word(data, at + 3 * step) ^ head
    return others & np.uint64(0xFFFF) == 0


@numba.njit(cache=True, nogil=True)
def _fill(data, label_offsets, starts, stops, native, offsets, timestamps, bits, start_ms, end_ms):  # type: ignore[no-untyped-def]
    """Write what `_count` has counted; returns how many samples were kept."""
    end, at = len(data), 0
    series, labels, kept = 0, 0, 0
    while at < end:
        tag, result, at = read_field(data, at, end)
        if tag != _RESULTS:
            continue
        while result < at:
            tag, inner, result = read_field(data, result, at)
            if tag != _TIMESERIES:
                continue
            flag = native[series : series + 1]
            labels, kept = _fill_one(
                data, inner, result, starts, stops, labels, flag, timestamps, bits, kept, start_ms, end_ms
            )
            if kept < 0:
                return kept
            series += 1
            label_offsets[series] = labels
            offsets[series] = kept
    return kept


@numba.njit(cache=True, nogil=True)
def _fill_one(data, at, end, starts, stops, labels, native, timestamps, bits, kept, start_ms, end_ms):  # type: ignore[no-untyped-def]
    """One TimeSeries: the spans of its labels and its samples; returns the new counts of both."""
    while at < end:
        value, time, stop = _quick_sample(data, at, end)
        if stop > 0:
            at = stop
        else:
            tag, start, at = read_field(data, at, end)
            if tag != _SAMPLES:
                if tag == _LABELS:
                    starts[labels] = start
                    stops[labels] = at
                    labels += 1
                native[0] |= tag == _HISTOGRAMS
                continue
            value, time, stop = _any_sample(data, start, at)
            if stop < 0:
                return labels, stop
        if start_ms <= time <= end_ms and value != _STALE:
            timestamps[kept] = time
            bits[kept] = value
            kept += 1
    return labels, kept


@numba.njit(cache=True, nogil=True, inline="always")
def _quick_sample(data, at, end):  # type: ignore[no-untyped-def]
    """A Sample field at `at` as servers write it: value (left out if zero), then time, in under 128 bytes.

    Returns the value's bits, the time, and where the field stops: 0 if it is anything else.
    """
    if at + _QUICK_READ > len(data):
        return np.uint64(0), np.int64(0), 0
    head = load_word(data, at)
    size = np.int64((head >> np.uint64(8)) & np.uint64(0xFF))
    stop = at + 2 + size
    if (head & _HEAD) == _WITH_VALUE:
        value, second = load_word(data, at + 3), at + 11
    elif (head & _HEAD) == _WITHOUT_VALUE:
        value, second = np.uint64(0), at + 2
    else:
        return np.uint64(0), np.int64(0), 0
    length = stop - second - 1
    if stop > end or length < 1 or length > 8 or data[second] != _TIMESTAMP:
        return value, np.int64(0), 0
    time = varint_in(load_word(data, second + 1), length)
    return value, time, stop if time >= 0 else 0


@numba.njit(cache=True, nogil=True)
def _any_sample(data, at, end):  # type: ignore[no-untyped-def]
    """Any Sample: a field that is not there is zero (proto3 leaves zeros out), the last of two counts."""
    value, time = np.uint64(0), np.int64(0)
    while at < end:
        tag, start, at = read_field(data, at, end)
        if at < 0:
            return value, time, at
        if tag == _VALUE:
            value = read_word(data, start)
        elif tag == _TIMESTAMP:
            time, _ = read_varint(data, start, at)
    return value, time, end
