"""Remote read requests: prometheus.ReadRequest, written field by field, in one snappy block.

Source: prometheus/prompb/remote.proto and types.proto (field numbers), "Remote Read API".
"""

import enum
from collections.abc import Iterable

import cramjam

from patternwatch.contracts.matchers import Matchers

_MATCHER_TYPES = {"=": 0, "!=": 1, "=~": 2, "!~": 3}


class ResponseType(enum.IntEnum):
    """prometheus.ReadRequest.ResponseType: the kinds of answers there are."""

    SAMPLES = 0
    STREAMED_XOR_CHUNKS = 1


PREFERRED = (ResponseType.STREAMED_XOR_CHUNKS, ResponseType.SAMPLES)
"""What is asked for: the server answers with the first of them that it knows."""


def encode_request(
    matchers: Matchers, start_ms: int, end_ms: int, accepted: Iterable[ResponseType] = PREFERRED
) -> bytes:
    """The body of a request for all samples of `start_ms <= t <= end_ms`, compressed."""
    hints = _integer(3, start_ms) + _integer(4, end_ms)
    query = _integer(1, start_ms) + _integer(2, end_ms)
    for matcher in matchers:
        query += _nested(
            3,
            _integer(1, _MATCHER_TYPES[matcher.op])
            + _nested(2, matcher.name.encode())
            + _nested(3, matcher.value.encode()),
        )
    message = _nested(1, query + _nested(4, hints))
    message += _nested(2, b"".join(_varint(kind) for kind in accepted))
    return bytes(cramjam.snappy.compress_raw(message))


def _nested(field: int, payload: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(payload)) + payload


def _integer(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value) if value else b""  # proto3 leaves zeros out


def _varint(value: int) -> bytes:
    value &= 0xFFFFFFFFFFFFFFFF  # negative numbers go as their two's complement, in ten bytes
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])
