"""Arrays and plain values as bytes, for snapshots: no code travels in them, so foreign bytes do no harm."""

import json
from typing import Any

import cramjam
import numpy as np
import numpy.typing as npt

_MAGIC = b"PWWATCH1"
_TYPES = frozenset(("float64", "float32", "int64", "int32", "int8", "uint8", "bool"))
Arrays = dict[str, npt.NDArray[Any]]


def packed(values: dict[str, Any], arrays: Arrays) -> bytes:
    """Values that JSON knows and arrays of numbers, compressed.

    >>> values, arrays = unpacked(packed({"bar": 8.0}, {"level": np.ones(2)}))
    >>> values, arrays["level"].tolist()
    ({'bar': 8.0}, [1.0, 1.0])
    """
    shapes = {name: (str(array.dtype), list(array.shape)) for name, array in arrays.items()}
    head = json.dumps({"values": values, "arrays": shapes}).encode()
    body = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays.values())
    whole = len(head).to_bytes(8, "little") + head + body
    return _MAGIC + bytes(cramjam.zstd.compress(whole, level=1))


def unpacked(data: bytes) -> tuple[dict[str, Any], Arrays]:
    """What `packed` made bytes of; raises ValueError where these are others, or cut off.

    >>> unpacked(packed({"ticks": 3}, {}))
    ({'ticks': 3}, {})
    """
    if not data.startswith(_MAGIC):
        raise ValueError(f"no snapshot of a watch, or of another version: it begins with {data[:8]!r}")
    try:
        whole = bytes(cramjam.zstd.decompress(data[len(_MAGIC) :]))
    except cramjam.DecompressionError as error:
        raise ValueError(f"the snapshot of a watch is broken: {error}") from error
    at = 8 + int.from_bytes(whole[:8], "little")
    head = json.loads(whole[8:at])
    arrays: Arrays = {}
    for name, (kind, shape) in head["arrays"].items():
        if kind not in _TYPES:
            raise ValueError(f"the snapshot of a watch holds an array of {kind}: it is of another version")
        count = int(np.prod(shape, dtype=np.int64))
        arrays[name] = np.frombuffer(whole, np.dtype(kind), count, at).reshape(shape).copy()
        at += arrays[name].nbytes
    return head["values"], arrays
