"""Compiles what decodes, aligns and derives answers, so that the first incident does not wait for it.

Where compiled code cannot be kept on disk (a read-only image), that takes seconds at every start.
"""

import struct

import cramjam
import numpy as np

from patternwatch.contracts.series import Window
from patternwatch.cortex.derive import derive
from patternwatch.cortex.metadata import Types
from patternwatch.cortex.native_histograms import series_of_json
from patternwatch.cortex.raw import RawSeries, ragged
from patternwatch.cortex.remote_read import typed
from patternwatch.cortex.ring_buffer import RingBuffer
from patternwatch.cortex.wire import LabelMemory, decode_chunks, decode_samples

_AS_JSON = {"count": "1", "sum": "1.5", "buckets": [[0, "1", "2", "1"]]}
_WINDOW = Window(start_ms=1000, split_ms=2000, end_ms=2000, step_ms=1000)


def warm_up() -> int:
    """All that answers over HTTP go through: decode made-up ones, one of native histograms, and derive them.

    How many samples the window shows.
    """
    no_types: Types = {}
    body = bytes(cramjam.snappy.compress_raw(_answer()))
    read = decode_samples(body, 0, _WINDOW.end_ms)
    without_native, memory = (
        bytes(cramjam.snappy.compress_raw(_field(1, _field(1, _floats())))),
        LabelMemory(),
    )
    for _ in range(2):
        decode_samples(without_native, 0, _WINDOW.end_ms, memory=memory)
    decode_chunks(b"", 0, _WINDOW.end_ms)
    series_of_json({}, [[1.0, _AS_JSON], [2.0, _AS_JSON]], _WINDOW.step_ms)
    kept = RingBuffer(_WINDOW.rows, _WINDOW.step_ms)
    kept.add(typed(read, no_types), _WINDOW.end_ms)
    kept.batch(_WINDOW.split_ms)
    return _derived(typed(read, no_types)) + warm_up_derivation()


def warm_up_derivation() -> int:
    """What samples of any source go through: the same without decoding, and a classic histogram."""
    buckets = [{"__name__": "warm_up_bucket", "le": bound} for bound in ("1", "+Inf")]
    times, values = np.array([1000, 2000]), np.array([1.5, 2.5])
    return _derived(ragged([{"__name__": "warm_up"}, *buckets], ["unknown"] * 3, [times] * 3, [values] * 3))


def _derived(raw: RawSeries) -> int:
    return int(np.isfinite(derive(raw, _WINDOW).values).sum())


def _answer() -> bytes:
    """A prometheus.ReadResponse with one result: a series of samples, one of native histograms; two each."""
    native = _field(1, _field(1, b"__name__") + _field(2, b"warm_up_native"))
    native += b"".join(_field(4, _histogram(count, time_ms)) for count, time_ms in ((1, 1000), (2, 2000)))
    return _field(1, _field(1, _floats()) + _field(1, native))


def _floats() -> bytes:
    """A prometheus.TimeSeries of two samples."""
    label = _field(1, _field(1, b"__name__") + _field(2, b"warm_up"))
    samples = b"".join(_field(2, _sample(value, time_ms)) for value, time_ms in ((1.5, 1000), (2.5, 2000)))
    return label + samples


def _histogram(count: int, time_ms: int) -> bytes:
    """So many observations, all in the bucket (1, 2] of schema 0."""
    return (
        bytes((1 << 3, count))  # count_int
        + bytes((3 << 3 | 1,))
        + struct.pack("<d", 1.5 * count)  # sum
        + _field(11, bytes((1 << 3, 2, 2 << 3, 1)))  # positive_spans: offset 1, length 1
        + _field(12, bytes((2 * count,)))  # positive_deltas, zigzag
        + bytes((15 << 3,))
        + _varint(time_ms)  # timestamp
    )


def _field(number: int, content: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + _varint(len(content)) + content


def _sample(value: float, time_ms: int) -> bytes:
    return bytes((1 << 3 | 1,)) + struct.pack("<d", value) + bytes((2 << 3,)) + _varint(time_ms)


def _varint(value: int) -> bytes:
    return bytes((value,)) if value < 0x80 else bytes((value & 0x7F | 0x80,)) + _varint(value >> 7)
