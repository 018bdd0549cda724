"""Walking protobuf bytes in compiled code: varints and fields, with every bound checked.

A kernel never raises: where the bytes are wrong it returns a negative number that holds the offset and
the reason (`fail`), which `checked` turns into a DecodeError.
Source: Protocol Buffers documentation, "Encoding".
"""

from typing import TypeAlias

import numpy as np

from patternwatch.compiled import Bytes, Integer, kernel
from patternwatch.contracts.errors import DecodeError

Buffer: TypeAlias = bytes | bytearray | memoryview | Bytes

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5

TRUNCATED, OVERLONG, NO_FIELD, CHECKSUM, NO_CHUNK, ENCODING, NO_ROOM = range(1, 8)
_REASONS = {
    TRUNCATED: "The answer ends inside a field",
    OVERLONG: "The answer holds a varint of more than 64 bits",
    NO_FIELD: "The answer holds a field of no known wire type",
    CHECKSUM: "A frame does not fit its checksum",
    NO_CHUNK: "A chunk ends inside its samples",
    ENCODING: "A chunk has an encoding that is not known here",
}


def as_bytes(body: Buffer) -> Bytes:
    """A buffer as a read-only array without copying: one type for all, so that a kernel compiles once."""
    array = np.frombuffer(body, dtype=np.uint8)
    array.flags.writeable = False
    return array


def checked(status: Integer) -> int:
    """What a kernel returned, or the DecodeError that it stands for."""
    if status < 0:
        raise DecodeError(_REASONS[reason_of(status)], int(-1 - status) // 16)
    return int(status)


def reason_of(status: Integer) -> int:
    """Why a kernel returned this negative number."""
    return int(-1 - status) % 16


@kernel
def fail(at: Integer, reason: Integer) -> Integer:
    """A negative number that holds both."""
    return -1 - (np.int64(at) * 16 + reason)


@kernel
def read_varint(data: Bytes, at: Integer, end: Integer) -> tuple[Integer, Integer]:
    """The varint at `at` as int64 (two's complement) and the offset behind it, negative if there is none."""
    value = np.int64(0)
    shift = np.int64(0)
    while at < end:
        byte = np.int64(data[at])
        if shift == 63 and byte > 1:
            return value, fail(at, OVERLONG)
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value, at
        shift += 7
    return value, fail(at, TRUNCATED)


@kernel
def read_field(data: Bytes, at: Integer, end: Integer) -> tuple[Integer, Integer, Integer]:
    """The next field: its tag (number * 8 + wire type), where its payload starts, and where it stops.

    A negative stop means that there is no sound field. The payload always lies within `end`.
    """
    tag, start = read_varint(data, at, end)
    if start < 0:
        return tag, start, start
    if tag < 8 or tag > 0xFFFFFFFF:
        return tag, start, fail(at, NO_FIELD)
    kind = tag & 7
    length: Integer = np.int64(0)
    if kind == VARINT:
        _, stop = read_varint(data, start, end)
        return tag, start, stop
    if kind == LENGTH:
        length, start = read_varint(data, start, end)
    elif kind == FIXED64:
        length = np.int64(8)
    elif kind == FIXED32:
        length = np.int64(4)
    else:
        start = fail(at, NO_FIELD)
    if start < 0:
        return tag, start, start
    inside = 0 <= length <= end - start
    return tag, start, start + length if inside else fail(start, TRUNCATED)
