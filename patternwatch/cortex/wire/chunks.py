"""Remote read answers of the kind STREAMED_XOR_CHUNKS: frames of prometheus.ChunkedReadResponse.

A frame is its length (uvarint), the CRC-32C of its message (4 bytes, highest first) and the message. A
series may go over several frames. The first pass checks every frame and counts, the second decodes.
Source: prometheus/prompb/remote.proto and types.proto (field numbers), storage/remote/chunked.go (frames).
"""

import numpy as np

from patternwatch.compiled import Bytes, Integer, Integers, kernel
from patternwatch.cortex.wire.crc32c import crc32c
from patternwatch.cortex.wire.decoded import Arrays, Decoded, Room, close_series, decode
from patternwatch.cortex.wire.walk import (
    CHECKSUM,
    ENCODING,
    TRUNCATED,
    as_bytes,
    checked,
    fail,
    read_field,
    read_varint,
)
from patternwatch.cortex.wire.xor import count_samples, read_chunk

# number * 8 + wire type, as they stand on the wire
_SERIES = _LABELS = 1 << 3 | 2
_CHUNKS = 2 << 3 | 2
_ENCODING = 3 << 3 | 0
_DATA = 4 << 3 | 2
_XOR, _HISTOGRAM, _FLOAT_HISTOGRAM = 1, 2, 3


def decode_chunks(body: bytes, start_ms: int, end_ms: int) -> Decoded:
    """The series of a stream of frames, its samples of `start_ms <= t <= end_ms`; raises DecodeError.

    Chunks of native histograms are passed over: an answer of SAMPLES tells of those `metrics`.
    """
    data, counts = as_bytes(body), np.zeros(3, np.int64)
    checked(_count(data, counts))
    return decode(data, _fill, Room(*counts.tolist()), start_ms, end_ms)


@kernel
def _read_frame(data: Bytes, at: Integer) -> tuple[Integer, Integer]:
    """Where the message of the frame at `at` starts and stops; its checksum stands before it."""
    length, at = read_varint(data, at, len(data))
    if at < 0:
        return at, at
    if length < 0 or length > len(data) - at - 4:
        return at, fail(at, TRUNCATED)
    return at + 4, at + 4 + length


@kernel
def _count(data: Bytes, counts: Integers) -> Integer:
    """Check every frame; add series, labels and samples to `counts`."""
    at: Integer = 0
    while at < len(data):
        message, at = _read_frame(data, at)
        if at < 0:
            return at
        expected = np.uint32(0)
        for i in range(message - 4, message):
            expected = expected << np.uint32(8) | np.uint32(data[i])
        if crc32c(data, message, at) != expected:
            return fail(message - 4, CHECKSUM)
        while message < at:
            tag, series, message = read_field(data, message, at)
            if message < 0:
                return message
            if tag == _SERIES:
                status = _count_one(data, series, message, counts)
                if status < 0:
                    return status
    return 0


@kernel
def _count_one(data: Bytes, at: Integer, end: Integer, counts: Integers) -> Integer:
    counts[0] += 1
    while at < end:
        tag, start, at = read_field(data, at, end)
        if at < 0:
            return at
        if tag == _LABELS:
            counts[1] += 1
        elif tag == _CHUNKS:
            encoding, first, last = _read_chunk_fields(data, start, at)
            if last < 0:
                return last
            if encoding in (_HISTOGRAM, _FLOAT_HISTOGRAM):
                continue
            if encoding != _XOR:
                return fail(start, ENCODING)
            samples = count_samples(data, first, last)
            if samples < 0:
                return samples
            counts[2] += samples
    return 0


@kernel
def _read_chunk_fields(data: Bytes, at: Integer, end: Integer) -> tuple[Integer, Integer, Integer]:
    """A Chunk's encoding and where its data start and stop; a negative stop where it is unsound.

    Its times are not looked at: they stand in the data as well.
    """
    encoding: Integer = np.int64(0)
    first, last = at, at
    while at < end:
        tag, start, at = read_field(data, at, end)
        if at < 0:
            return encoding, first, at
        if tag == _ENCODING:
            encoding, _ = read_varint(data, start, at)
        elif tag == _DATA:
            first, last = start, at
    return encoding, first, last


@kernel
def _fill(data: Bytes, arrays: Arrays, filled: Integers, start_ms: Integer, end_ms: Integer) -> Integer:
    """Write what `_count` has counted and checked; see `decode`."""
    starts, stops, native = arrays.starts, arrays.stops, arrays.native
    timestamps, bits = arrays.timestamps, arrays.bits
    at: Integer = 0
    while at < len(data):
        message, at = _read_frame(data, at)
        while message < at:
            tag, inner, message = read_field(data, message, at)
            if tag != _SERIES:
                continue
            series, labels, kept = filled[0], filled[1], filled[2]
            native[series] = False
            while inner < message:
                tag, start, inner = read_field(data, inner, message)
                if tag == _LABELS:
                    starts[labels], stops[labels] = start, inner
                    labels += 1
                elif tag == _CHUNKS:
                    encoding, first, last = _read_chunk_fields(data, start, inner)
                    native[series] |= encoding != _XOR
                    if encoding == _XOR:
                        kept = read_chunk(data, first, last, timestamps, bits, kept, start_ms, end_ms)
                        if kept < 0:
                            return kept
            close_series(arrays, filled, labels, kept)
    return 0
