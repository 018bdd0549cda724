"""One prometheus.Histogram out of protobuf bytes: its fields, then its buckets.

Source: prometheus/prompb/types.proto (field numbers); Prometheus documentation, "Native Histograms".
"""

from typing import NamedTuple

import numpy as np

from patternwatch.compiled import Bytes, Floats, Integer, Integers, Words, kernel
from patternwatch.cortex.native_quantiles import CUSTOM, bucket_bound
from patternwatch.cortex.raw import STALE_NAN
from patternwatch.cortex.wire.walk import LENGTH, read_field, read_varint
from patternwatch.cortex.wire.words import read_word

_COUNT_INT, _SCHEMA, _ZERO_INT, _HINT, _TIME = 1 << 3, 4 << 3, 6 << 3, 14 << 3, 15 << 3
_FIGURES = (2 << 3 | 1, 3 << 3 | 1, 5 << 3 | 1, 7 << 3 | 1)
"""count_float, sum, zero_threshold, zero_count_float"""
_STALE = np.uint64(STALE_NAN)
"""As the sum of a histogram: the series ended here."""
_SPANS = (8, 11)
_DELTAS = (9, 12)
_COUNTS = (10, 13)
_CUSTOM_BOUNDS = 16
_OFFSET, _SPAN_LENGTH = 1 << 3, 2 << 3
NEGATIVE, POSITIVE, BOUNDS = 0, 1, 2


class Facts(NamedTuple):
    """Room for one message's fields, where a bucket needs a byte at least.

    numbers  int64: time in ms, schema, reset hint
    figures  float64: count, sum, zero threshold, zero count
    words    uint64, the bits of `figures` in the same memory
    spans    int64, shape (2, 2, K): offset and length of the spans of negative and positive buckets
    values   float64, shape (3, K): counts of negative and of positive buckets, custom bounds
    bits     uint64, the bits of `values` in the same memory
    held     int64: how many values of each kind there are, then how many spans
    """

    numbers: Integers
    figures: Floats
    words: Words
    spans: Integers
    values: Floats
    bits: Words
    held: Integers


def room_for(size: int) -> Facts:
    """Room for messages of up to so many bytes."""
    figures, values = np.zeros(4), np.zeros((3, size))
    return Facts(
        np.zeros(3, np.int64),
        figures,
        figures.view(np.uint64),
        np.zeros((2, 2, size), np.int64),
        values,
        values.view(np.uint64),
        np.zeros(5, np.int64),
    )


@kernel
def head_of(data: Bytes, at: Integer, end: Integer) -> tuple[Integer, bool, Integer]:
    """A histogram's time in ms, whether it is a stale marker, and its end, negative where it is unsound."""
    time: Integer = np.int64(0)
    is_stale = False
    while at < end:
        tag, start, at = read_field(data, at, end)
        if at < 0:
            return time, is_stale, at
        if tag == _TIME:
            time, _ = read_varint(data, start, at)
        elif tag == _FIGURES[1]:
            is_stale = read_word(data, start) == _STALE
    return time, is_stale, end


@kernel
def read_histogram(data: Bytes, at: Integer, end: Integer, facts: Facts) -> Integer:
    """Fill `facts` with the fields of the message; negative where the bytes are unsound."""
    facts.numbers[:] = 0
    facts.figures[:] = 0.0
    facts.held[:] = 0
    while at < end:
        tag, start, at = read_field(data, at, end)
        if at < 0:
            return at
        number = tag >> 3
        if number in (8, 9, 10, 11, 12, 13, _CUSTOM_BOUNDS):
            status = _read_repeated(data, number, tag & 7, start, at, facts)
            if status < 0:
                return status
        else:
            _read_single(data, tag, start, at, facts)
    return end


@kernel
def _read_single(data: Bytes, tag: Integer, start: Integer, stop: Integer, facts: Facts) -> None:
    """A field that there is once; an unknown one is passed over."""
    for k in range(len(_FIGURES)):
        if tag == _FIGURES[k]:
            facts.words[k] = read_word(data, start)
    if tag & 7 == 0:
        value, _ = read_varint(data, start, stop)
        if tag == _TIME:
            facts.numbers[0] = value
        elif tag == _SCHEMA:
            facts.numbers[1] = _zigzag(value)
        elif tag == _HINT:
            facts.numbers[2] = value
        elif tag == _COUNT_INT:
            facts.figures[0] = np.float64(np.uint64(value))
        elif tag == _ZERO_INT:
            facts.figures[3] = np.float64(np.uint64(value))


@kernel
def _read_repeated(
    data: Bytes, number: Integer, kind: Integer, at: Integer, end: Integer, facts: Facts
) -> Integer:
    """Spans, or values that are packed or alone; negative where the bytes are unsound."""
    if number in _SPANS:
        return _read_span(data, at, end, facts, POSITIVE if number == _SPANS[1] else NEGATIVE)
    side = BOUNDS if number == _CUSTOM_BOUNDS else POSITIVE if number > _SPANS[1] else NEGATIVE
    is_delta = number in _DELTAS
    if kind not in (LENGTH, 0 if is_delta else 1):
        return end
    while at < end:
        n = facts.held[side]
        if n == facts.values.shape[1]:
            return end
        if is_delta:
            delta, at = read_varint(data, at, end)
            if at < 0:
                return at
            facts.values[side, n] = _zigzag(delta) + (facts.values[side, n - 1] if n > 0 else 0.0)
        else:
            facts.bits[side, n] = read_word(data, at)
            at += 8
        facts.held[side] += 1
    return end


@kernel
def _read_span(data: Bytes, at: Integer, end: Integer, facts: Facts, side: Integer) -> Integer:
    k = facts.held[3 + side]
    if k == facts.spans.shape[2]:
        return end
    facts.spans[side, :, k] = 0
    while at < end:
        tag, start, at = read_field(data, at, end)
        if at < 0:
            return at
        if tag in (_OFFSET, _SPAN_LENGTH):
            value, _ = read_varint(data, start, at)
            if tag == _OFFSET:
                facts.spans[side, 0, k] = _zigzag(value)
            else:
                facts.spans[side, 1, k] = value
    facts.held[3 + side] += 1
    return end


@kernel
def _zigzag(value: Integer) -> Integer:
    """A signed number out of a varint of the kind sint32 or sint64."""
    return np.int64(np.uint64(value) >> np.uint64(1)) ^ -(value & 1)


@kernel
def buckets_of(facts: Facts, buckets: Floats) -> Integer:
    """Fill (3, K), lower bounds, upper bounds and counts of buckets that hold any, ascending; how many."""
    n = _side(facts, NEGATIVE, buckets, 0)
    for part in range(3):  # the largest numbers come first
        buckets[part, :n] = buckets[part, :n][::-1].copy()
    zeros, threshold = facts.figures[3], facts.figures[2]
    if zeros > 0.0:
        threshold = max(threshold, 5e-324)
        # without negative observations nothing of it lies below zero
        buckets[0, n], buckets[1, n], buckets[2, n] = -threshold if n > 0 else 0.0, threshold, zeros
        n += 1
    return _side(facts, POSITIVE, buckets, n)


@kernel
def _side(facts: Facts, side: Integer, buckets: Floats, n: Integer) -> Integer:
    """Write the buckets of one side behind the first `n`, away from zero; the new `n`."""
    schema, index, k = facts.numbers[1], np.int64(0), np.int64(0)
    for span in range(facts.held[3 + side]):
        index += facts.spans[side, 0, span]
        length = min(facts.spans[side, 1, span], facts.held[side] - k)
        for _ in range(length):
            count = facts.values[side, k]
            if count > 0.0:
                low, high = _bounds(facts, schema, index)
                buckets[0, n] = low if side == POSITIVE else -high
                buckets[1, n] = high if side == POSITIVE else -low
                buckets[2, n] = count
                n += 1
            index, k = index + 1, k + 1
    return n


@kernel
def _bounds(facts: Facts, schema: Integer, index: Integer) -> tuple[float, float]:
    if schema != CUSTOM:
        return bucket_bound(schema, index - 1), bucket_bound(schema, index)
    bounds, held = facts.values[BOUNDS], facts.held[BOUNDS]
    low = bounds[index - 1] if 0 < index <= held else -np.inf
    return low, bounds[index] if 0 <= index < held else np.inf
