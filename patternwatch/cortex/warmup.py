"""Compiles what decodes, aligns and derives answers, so that the first incident does not wait for it.

Where compiled code cannot be kept on disk (a read-only image), that takes seconds at every start.
"""

import struct

import cramjam
import numpy as np

from patternwatch.contracts.series import Window
from patternwatch.cortex.derive import derive
from patternwatch.cortex.metadata import Types
from patternwatch.cortex.remote_read import typed
from patternwatch.cortex.wire import decode_chunks, decode_samples

_WINDOW = Window(start_ms=1000, split_ms=2000, end_ms=2000, step_ms=1000)


def warm_up() -> int:
    """Decode and derive one made-up series, and no chunks at all; how many samples the window shows."""
    no_types: Types = {}
    body = bytes(cramjam.snappy.compress_raw(_answer()))
    read = decode_samples(body, 0, _WINDOW.end_ms)
    decode_chunks(b"", 0, _WINDOW.end_ms)
    return int(np.count_nonzero(derive(typed(read, no_types), _WINDOW).values))


def _answer() -> bytes:
    """A prometheus.ReadResponse with one result of one series of two samples."""
    label = _field(1, _field(1, b"__name__") + _field(2, b"warm_up"))
    samples = b"".join(_field(2, _sample(value, time_ms)) for value, time_ms in ((1.5, 1000), (2.5, 2000)))
    return _field(1, _field(1, label + samples))


def _field(number: int, content: bytes) -> bytes:
    return bytes((number << 3 | 2, len(content))) + content


def _sample(value: float, time_ms: int) -> bytes:
    varint = bytes((time_ms & 0x7F | 0x80, time_ms >> 7))
    return bytes((1 << 3 | 1,)) + struct.pack("<d", value) + bytes((2 << 3,)) + varint
