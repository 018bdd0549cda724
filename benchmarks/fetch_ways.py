"""Ways to read windows from a Prometheus: ours, and what they are measured against.

Every way reads the same shards over the same kind of connection pool, about two in flight.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import cramjam
import numpy as np
import numpy.typing as npt
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from patternwatch.contracts.matchers import Matchers, format_selector
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.align import align
from patternwatch.cortex.connection import Connection, http_client
from patternwatch.cortex.raw import RawSeries
from patternwatch.cortex.remote_read import RemoteRead, typed
from patternwatch.cortex.wire import ResponseType, encode_request

Grids: TypeAlias = list[npt.NDArray[np.float64]]
Way: TypeAlias = Callable[["Reader", Matchers, Window], Awaitable[npt.NDArray[np.float64] | None]]

TENANT = "bench"
_HEADERS = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}


class Reader:
    """A connection pool to the server, as the worker has it."""

    def __init__(self, url: str) -> None:
        settings = SourceSettings(url=url, timeout_s=300.0)
        self.in_flight = settings.concurrency
        self.client = http_client(settings)
        self.connection = Connection(settings, self.client)

    async def read(self, way: Way, shards: list[Matchers], window: Window, *, keep: bool = True) -> Grids:
        """Every shard's values on the window's grid, (N, T) each, by this way.

        keep  or else each is dropped when it is there, as a worker drops a shard that it has analysed
        """
        gate = asyncio.Semaphore(self.in_flight)

        async def one(shard: Matchers) -> npt.NDArray[np.float64] | None:
            async with gate:
                grid = await way(self, shard, window)
                return grid if keep else None

        grids = await asyncio.gather(*(one(shard) for shard in shards))
        return [grid for grid in grids if grid is not None]


def remote_read(*kinds: ResponseType) -> Way:
    """Ours: remote read, answered in one of these kinds (by default as suits the window), onto the grid."""

    async def way(reader: Reader, shard: Matchers, window: Window) -> npt.NDArray[np.float64]:
        raw = await _raw(reader, shard, window, kinds)
        grid = await asyncio.to_thread(align, raw, window)
        return grid.values[:, 1:]

    return way


async def samples_flat(reader: Reader, shard: Matchers, window: Window) -> None:
    """Ours: remote read of SAMPLES into labels and flat arrays of times and values."""
    await _raw(reader, shard, window, (ResponseType.SAMPLES,))


async def _raw(reader: Reader, shard: Matchers, window: Window, kinds: tuple[ResponseType, ...]) -> RawSeries:
    read = await RemoteRead(reader.connection, kinds).samples(
        TENANT, shard, (window.start_ms, window.end_ms, window.step_ms)
    )
    if read is None:
        raise SystemExit("this server has no remote read")
    return typed(read, {})


async def floor(reader: Reader, shard: Matchers, window: Window) -> None:
    """Read the same bytes and decompress them; nothing more."""
    await asyncio.to_thread(cramjam.snappy.decompress_raw, await _samples_body(reader, shard, window))


async def protobuf(reader: Reader, shard: Matchers, window: Window) -> npt.NDArray[np.float64]:
    """Remote read of SAMPLES by the protobuf library, as a careful reader of its manual writes it."""
    body = await _samples_body(reader, shard, window)
    return await asyncio.to_thread(_by_protobuf, body, window)


def _by_protobuf(body: bytes, window: Window) -> npt.NDArray[np.float64]:
    message = READ_RESPONSE.FromString(bytes(cramjam.snappy.decompress_raw(body)))
    series = message.results[0].timeseries
    labels = [{pair.name: pair.value for pair in one.labels} for one in series]
    values = np.full((len(labels), window.rows), np.nan)
    for i, one in enumerate(series):
        times = np.fromiter((s.timestamp for s in one.samples), np.int64, len(one.samples))
        rows = -((window.start_ms - times) // window.step_ms)
        values[i, rows] = np.fromiter((s.value for s in one.samples), np.float64, len(one.samples))
    return values


async def query_range(reader: Reader, shard: Matchers, window: Window) -> npt.NDArray[np.float64]:
    """query_range and json.loads, the way of most clients."""
    form = {
        "query": format_selector(shard),
        "start": str(window.start_ms / 1000),
        "end": str(window.end_ms / 1000),
        "step": str(window.step_ms / 1000),
    }
    answer = await reader.connection.ask(TENANT, "query_range", form)
    return await asyncio.to_thread(_by_json, answer.body, window)


def _by_json(body: bytes, window: Window) -> npt.NDArray[np.float64]:
    result = json.loads(body)["data"]["result"]
    values = np.full((len(result), window.rows), np.nan)
    for i, one in enumerate(result):
        for time, value in one["values"]:
            values[i, round((time * 1000 - window.start_ms) / window.step_ms)] = float(value)
    return values


async def _samples_body(reader: Reader, shard: Matchers, window: Window) -> bytes:
    request = encode_request(shard, window.start_ms, window.end_ms, [ResponseType.SAMPLES])
    return (await reader.connection.post(TENANT, "read", request, _HEADERS)).body


def _read_response() -> Any:
    """The class of prometheus.ReadResponse, as far as it is needed here."""
    field = descriptor_pb2.FieldDescriptorProto
    schema: dict[str, list[tuple[str, int, Any, str]]] = {
        "Label": [("name", 1, field.TYPE_STRING, ""), ("value", 2, field.TYPE_STRING, "")],
        "Sample": [("value", 1, field.TYPE_DOUBLE, ""), ("timestamp", 2, field.TYPE_INT64, "")],
        "TimeSeries": [
            ("labels", 1, field.TYPE_MESSAGE, "Label"),
            ("samples", 2, field.TYPE_MESSAGE, "Sample"),
        ],
        "QueryResult": [("timeseries", 1, field.TYPE_MESSAGE, "TimeSeries")],
        "ReadResponse": [("results", 1, field.TYPE_MESSAGE, "QueryResult")],
    }
    file = descriptor_pb2.FileDescriptorProto(name="read.proto", package="prometheus", syntax="proto3")
    for name, fields in schema.items():
        message = file.message_type.add(name=name)
        for known, number, kind, inner in fields:
            added = message.field.add(name=known, number=number, type=kind, label=field.LABEL_OPTIONAL)
            if inner:
                added.label, added.type_name = field.LABEL_REPEATED, f".prometheus.{inner}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("prometheus.ReadResponse"))


READ_RESPONSE = _read_response()
