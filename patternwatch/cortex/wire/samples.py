"""Remote read answers of the kind SAMPLES: one snappy block holding one prometheus.ReadResponse.

Two passes over the bytes: the first counts series, labels and samples by jumping over their contents,
the second writes times and values straight into arrays of that size.
Source: prometheus/prompb/remote.proto and types.proto (field numbers), "Remote Read API".
"""

import cramjam
import numba
import numpy as np

from patternwatch.contracts.errors import DecodeError
from patternwatch.cortex.raw import STALE_NAN
from patternwatch.cortex.wire.decoded import Decoded, decode
from patternwatch.cortex.wire.walk import (
    TRUNCATED,
    as_bytes,
    fail,
    read_field,
    read_fixed64,
    read_varint,
)

# number * 8 + wire type, as they stand on the wire
_RESULTS = _TIMESERIES = _LABELS = 1 << 3 | 2
_SAMPLES = 2 << 3 | 2
_HISTOGRAMS = 4 << 3 | 2
_VALUE = 1 << 3 | 1
_TIMESTAMP = 2 << 3 | 0

_STALE = np.uint64(STALE_NAN)
_MOST_EXPANSION = 32
"""Snappy's shortest copy makes 64 bytes of 3: a block that claims more than this is not snappy."""


def decode_samples(body: bytes, start_ms: int, end_ms: int) -> Decoded:
    """The series of a SAMPLES answer, its samples of `start_ms <= t <= end_ms`; raises DecodeError."""
    return decode_read_response(unsnappy(body), start_ms, end_ms)


def unsnappy(body: bytes) -> cramjam.Buffer:
    """Decompress one snappy block; raises DecodeError, also for one that claims to be absurdly large."""
    try:
        if cramjam.snappy.decompress_raw_len(body) > _MOST_EXPANSION * len(body):
            raise DecodeError("The snappy block claims more bytes than it can hold", 0)
        return cramjam.snappy.decompress_raw(body)
    except cramjam.DecompressionError as error:
        raise DecodeError(f"The answer is no snappy block ({error})", 0) from error


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
            at += 2 + np.int64(data[at + 1])
            samples += 1
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
        tag, start, at = read_field(data, at, end)
        if tag == _LABELS:
            starts[labels] = start
            stops[labels] = at
            labels += 1
        elif tag == _HISTOGRAMS:
            native[0] = True
        elif tag == _SAMPLES:
            if at - start > 10 and data[start] == _VALUE and data[start + 9] == _TIMESTAMP:
                # the way that every server writes it: both fields, in order
                value = read_fixed64(data, start + 1)
                time, stop = read_varint(data, start + 10, at)
            else:
                value, time, stop = np.uint64(0), np.int64(0), start
            if stop != at:
                value, time, stop = _read_sample(data, start, at)
                if stop < 0:
                    return labels, stop
            if start_ms <= time <= end_ms and value != _STALE:
                timestamps[kept] = time
                bits[kept] = value
                kept += 1
    return labels, kept


@numba.njit(cache=True, nogil=True)
def _read_sample(data, at, end):  # type: ignore[no-untyped-def]
    """Any Sample: a field that is not there is zero (proto3 leaves zeros out), the last of two counts."""
    value, time = np.uint64(0), np.int64(0)
    while at < end:
        tag, start, at = read_field(data, at, end)
        if at < 0:
            return value, time, at
        if tag == _VALUE:
            value = read_fixed64(data, start)
        elif tag == _TIMESTAMP:
            time, _ = read_varint(data, start, at)
    return value, time, end
