"""Samples as a Prometheus sends them on: a prometheus.WriteRequest, by hand.

Source: "Prometheus Remote-Write 1.0 specification", with the messages of prompb/types.proto.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import cramjam
import httpx

Series: TypeAlias = tuple[Mapping[str, str], Sequence[float], Sequence[int]]
"""Labels, values, and their times in milliseconds."""

_KINDS = {"counter": 1, "gauge": 2}
_HEADERS = {
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}


def send(
    client: httpx.Client, path: str, tenant: str, series: Iterable[Series], kinds: Mapping[str, str]
) -> None:
    """Post some series, and what their metrics are; exits where the server refuses them.

    kinds  metric name -> counter or gauge
    """
    body = bytes(cramjam.snappy.compress_raw(write_request(series, kinds)))
    answer = client.post(path, content=body, headers={**_HEADERS, "X-Scope-OrgID": tenant})
    if not answer.is_success:
        raise SystemExit(f"{path} answered {answer.status_code}: {answer.text[:300]}")


def write_request(series: Iterable[Series], kinds: Mapping[str, str]) -> bytes:
    """The message, not yet compressed.

    >>> len(write_request([({"__name__": "up"}, [1.0], [1000])], {}))
    32
    """
    told = [
        _field(3, b"\x08" + _varint(_KINDS[kind]) + _field(2, name.encode())) for name, kind in kinds.items()
    ]
    return b"".join([*(_field(1, _series(*one)) for one in series), *told])


def _series(labels: Mapping[str, str], values: Sequence[float], times_ms: Sequence[int]) -> bytes:
    names = [_field(1, _field(1, k.encode()) + _field(2, v.encode())) for k, v in sorted(labels.items())]
    samples = [
        _field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(time_ms))
        for value, time_ms in zip(values, times_ms, strict=True)
    ]
    return b"".join([*names, *samples])


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
