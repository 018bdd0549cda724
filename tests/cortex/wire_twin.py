"""The slow, obvious twin of `patternwatch.cortex.wire`: the protobuf library, and XOR chunks in plain Python.

The messages are built from the field numbers of prometheus/prompb/remote.proto and types.proto.
"""

import struct
from dataclasses import dataclass
from typing import Any

import cramjam
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from patternwatch.cortex.raw import STALE_NAN

_F = descriptor_pb2.FieldDescriptorProto
_KINDS = {
    "double": _F.TYPE_DOUBLE,
    "int64": _F.TYPE_INT64,
    "int32": _F.TYPE_INT32,
    "uint64": _F.TYPE_UINT64,
    "uint32": _F.TYPE_UINT32,
    "sint64": _F.TYPE_SINT64,
    "sint32": _F.TYPE_SINT32,
    "string": _F.TYPE_STRING,
    "bytes": _F.TYPE_BYTES,
    "bool": _F.TYPE_BOOL,
}
# message -> field -> (number, type, repeated); enumerations are int32 here, the same on the wire
_SCHEMA: dict[str, dict[str, tuple[int, str, bool]]] = {
    "Label": {"name": (1, "string", False), "value": (2, "string", False)},
    "Sample": {"value": (1, "double", False), "timestamp": (2, "int64", False)},
    "BucketSpan": {"offset": (1, "sint32", False), "length": (2, "uint32", False)},
    "Histogram": {
        "count_int": (1, "uint64", False),
        "count_float": (2, "double", False),
        "sum": (3, "double", False),
        "schema": (4, "sint32", False),
        "zero_threshold": (5, "double", False),
        "zero_count_int": (6, "uint64", False),
        "zero_count_float": (7, "double", False),
        "negative_spans": (8, "BucketSpan", True),
        "negative_deltas": (9, "sint64", True),
        "negative_counts": (10, "double", True),
        "positive_spans": (11, "BucketSpan", True),
        "positive_deltas": (12, "sint64", True),
        "positive_counts": (13, "double", True),
        "reset_hint": (14, "int32", False),
        "timestamp": (15, "int64", False),
        "custom_values": (16, "double", True),
    },
    "Exemplar": {"labels": (1, "Label", True), "value": (2, "double", False)},
    "TimeSeries": {
        "labels": (1, "Label", True),
        "samples": (2, "Sample", True),
        "exemplars": (3, "Exemplar", True),
        "histograms": (4, "Histogram", True),
    },
    "QueryResult": {"timeseries": (1, "TimeSeries", True)},
    "ReadResponse": {"results": (1, "QueryResult", True)},
    "LabelMatcher": {
        "type": (1, "int32", False),
        "name": (2, "string", False),
        "value": (3, "string", False),
    },
    "ReadHints": {
        "step_ms": (1, "int64", False),
        "func": (2, "string", False),
        "start_ms": (3, "int64", False),
        "end_ms": (4, "int64", False),
        "grouping": (5, "string", True),
        "by": (6, "bool", False),
        "range_ms": (7, "int64", False),
    },
    "Query": {
        "start_timestamp_ms": (1, "int64", False),
        "end_timestamp_ms": (2, "int64", False),
        "matchers": (3, "LabelMatcher", True),
        "hints": (4, "ReadHints", False),
    },
    "ReadRequest": {"queries": (1, "Query", True), "accepted_response_types": (2, "int32", True)},
    "Chunk": {
        "min_time_ms": (1, "int64", False),
        "max_time_ms": (2, "int64", False),
        "type": (3, "int32", False),
        "data": (4, "bytes", False),
    },
    "ChunkedSeries": {"labels": (1, "Label", True), "chunks": (2, "Chunk", True)},
    "ChunkedReadResponse": {"chunked_series": (1, "ChunkedSeries", True), "query_index": (2, "int64", False)},
}


def _message_classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="twin.proto", package="prometheus", syntax="proto3")
    for name, fields in _SCHEMA.items():
        message = file.message_type.add(name=name)
        for field, (number, kind, repeated) in fields.items():
            message.field.add(
                name=field,
                number=number,
                label=_F.LABEL_REPEATED if repeated else _F.LABEL_OPTIONAL,
                type=_KINDS.get(kind, _F.TYPE_MESSAGE),
                type_name=None if kind in _KINDS else f".prometheus.{kind}",
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"prometheus.{name}"))
        for name in _SCHEMA
    }


MESSAGES = _message_classes()


@dataclass(frozen=True)
class Series:
    """One series: labels, and samples as (time in ms, value)."""

    labels: dict[str, str]
    samples: list[tuple[int, float]]


def bits_of(value: float) -> int:
    return int(struct.unpack("<Q", struct.pack("<d", value))[0])


def float_of(bits: int) -> float:
    return float(struct.unpack("<d", struct.pack("<Q", bits))[0])


STALE = float_of(STALE_NAN)


def expected(
    series: list[Series], start_ms: int, end_ms: int
) -> list[tuple[dict[str, str], list[tuple[int, int]]]]:
    """What a decoder must give: label sets in order, each with its (time, value's bits)."""
    joined: dict[tuple[tuple[str, str], ...], dict[int, int]] = {}
    for one in series:
        times = joined.setdefault(tuple(sorted(one.labels.items())), {})
        for time, value in one.samples:
            bits = bits_of(value)
            if start_ms <= time <= end_ms and bits != STALE_NAN:
                times.setdefault(time, bits)
    return [(dict(key), sorted(joined[key].items())) for key in sorted(joined) if joined[key]]


def read_response(series: list[Series]) -> bytes:
    """A ReadResponse, not compressed."""
    message = MESSAGES["ReadResponse"]()
    result = message.results.add()
    for one in series:
        out = result.timeseries.add()
        for name, value in one.labels.items():
            out.labels.add(name=name, value=value)
        for time, point in one.samples:
            out.samples.add(timestamp=time, value=point)
    return bytes(message.SerializeToString())


def snappy(message: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(message))


def chunked(series: list[Series], per_chunk: int = 120, chunks_per_frame: int = 2) -> bytes:
    """A stream of frames as Prometheus sends them: a series a frame, long ones over several."""
    frames = []
    for one in series:
        chunks = [one.samples[i : i + per_chunk] for i in range(0, len(one.samples), per_chunk)]
        groups = [chunks[i : i + chunks_per_frame] for i in range(0, max(len(chunks), 1), chunks_per_frame)]
        frames += [frame(chunk_message(one.labels, group)) for group in groups]
    return b"".join(frames)


def chunk_message(labels: dict[str, str], chunks: list[list[tuple[int, float]]], kind: int = 1) -> bytes:
    """A ChunkedReadResponse of one series."""
    message = MESSAGES["ChunkedReadResponse"]()
    out = message.chunked_series.add()
    for name, value in labels.items():
        out.labels.add(name=name, value=value)
    for samples in chunks:
        times = [time for time, _ in samples]
        out.chunks.add(min_time_ms=min(times), max_time_ms=max(times), type=kind, data=xor_chunk(samples))
    return bytes(message.SerializeToString())


def frame(message: bytes) -> bytes:
    """Length, checksum, message."""
    return uvarint(len(message)) + struct.pack(">I", crc32c(message)) + message


def crc32c(data: bytes) -> int:
    """Bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def uvarint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def xor_chunk(samples: list[tuple[int, float]]) -> bytes:
    """A Prometheus XOR chunk of the samples, bit by bit in a string."""
    written = ""
    time = delta = bits = 0
    leading, trailing = -1, 0
    for n, (now, value) in enumerate(samples):
        new_bits = bits_of(value)
        if n == 0:
            zigzag = (now << 1) ^ (now >> 63)
            written += _of_bytes(uvarint(zigzag)) + f"{new_bits:064b}"
        else:
            new_delta = now - time
            written += _of_bytes(uvarint(new_delta)) if n == 1 else _delta_of_delta(new_delta - delta)
            text, leading, trailing = _changed(bits ^ new_bits, leading, trailing)
            written += text
            delta = new_delta
        time, bits = now, new_bits
    written += "0" * (-len(written) % 8)
    return struct.pack(">H", len(samples)) + bytes(
        int(written[i : i + 8], 2) for i in range(0, len(written), 8)
    )


def _of_bytes(data: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in data)


def _delta_of_delta(change: int) -> str:
    if change == 0:
        return "0"
    for prefix, size in (("10", 14), ("110", 17), ("1110", 20)):
        if -(1 << (size - 1)) + 1 <= change <= 1 << (size - 1):
            return prefix + f"{change & ((1 << size) - 1):0{size}b}"
    return "1111" + f"{change & ((1 << 64) - 1):064b}"


def _changed(xor: int, leading: int, trailing: int) -> tuple[str, int, int]:
    if xor == 0:
        return "0", leading, trailing
    text = f"{xor:064b}"
    new_leading = min(text.index("1"), 31)
    new_trailing = 63 - text.rindex("1")
    if leading >= 0 and new_leading >= leading and new_trailing >= trailing:
        return "10" + text[leading : 64 - trailing], leading, trailing
    width = 64 - new_leading - new_trailing
    header = "11" + f"{new_leading:05b}" + f"{width % 64:06b}"
    return header + text[new_leading : 64 - new_trailing], new_leading, new_trailing
