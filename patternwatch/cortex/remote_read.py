"""Raw samples by remote read: the way that Prometheus servers read from each other, and the fastest.

The server chooses the kind of answer from those that we accept: Prometheus streams XOR chunks, Cortex
gives samples. See docs/cortex.md for who has it.
Source: Prometheus documentation, "Remote Read API".
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

import httpx
import structlog

from patternwatch.contracts.errors import SourceError
from patternwatch.contracts.matchers import Matchers
from patternwatch.cortex.connection import Connection
from patternwatch.cortex.label_partition import matcher_of
from patternwatch.cortex.matrix import NATIVE_HISTOGRAM
from patternwatch.cortex.metadata import Types, type_of
from patternwatch.cortex.native_histograms import with_native
from patternwatch.cortex.raw import RawSeries
from patternwatch.cortex.wire import (
    PREFERRED,
    Decoded,
    ResponseType,
    decode_chunks,
    decode_samples,
    encode_request,
)

log = structlog.get_logger()

PATH = "read"
SHORT_MS = 300_000
"""Up to this length samples are asked for: of a few samples, a frame a series is the greater part."""
_HEADERS = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Read-Version": "0.1.0",
}
_SAMPLES = "application/x-protobuf"
_CHUNKS = "application/x-streamed-protobuf"
_OFF = (
    httpx.codes.NOT_FOUND,
    httpx.codes.METHOD_NOT_ALLOWED,
    httpx.codes.UNSUPPORTED_MEDIA_TYPE,
    httpx.codes.NOT_IMPLEMENTED,
)
_OFF_WORDS = "unsupported path"
"""VictoriaMetrics says 400 where others say 404."""


class RemoteRead:
    """Remote read of one server; `is_off` once it has shown that it has none, `kind` what it answered last.

    accepted  kinds of answers, the preferred one first; by default as suits the window's length
    """

    def __init__(self, connection: Connection, accepted: Iterable[ResponseType] = ()) -> None:
        self._connection = connection
        self._accepted = tuple(accepted)
        self.is_off = False
        self.kind: ResponseType | None = None

    async def samples(
        self, tenant: str, matchers: Matchers, start_ms: int, end_ms: int, step_ms: int = 0
    ) -> Decoded | None:
        """All samples of `start_ms <= t <= end_ms`, as they were scraped; None where it is off here.

        step_ms  of several native histograms of a series within a step the last counts

        Where chunks hold native histograms, their metrics are asked for once more as samples.
        Raises DecodeError for an answer that is unsound, and what the connection raises.
        """
        if self.is_off:
            return None
        times = start_ms, end_ms, step_ms
        preferred = PREFERRED if end_ms - start_ms > SHORT_MS else PREFERRED[::-1]
        decoded = await self._read(tenant, matchers, times, self._accepted or preferred)
        kind = self.kind
        if decoded is None or not decoded.metrics or kind is ResponseType.SAMPLES:
            return decoded
        named = (*matchers, matcher_of("__name__", decoded.metrics))
        as_samples = await self._read(tenant, named, times, (ResponseType.SAMPLES,))
        self.kind = kind
        return decoded if as_samples is None else replace(decoded, native=as_samples.native)

    async def _read(
        self, tenant: str, matchers: Matchers, times: tuple[int, int, int], accepted: Iterable[ResponseType]
    ) -> Decoded | None:
        """One request; None where the server shows that it has no remote read."""
        start_ms, end_ms, step_ms = times
        request = encode_request(matchers, start_ms, end_ms, accepted)
        try:
            reply = await self._connection.post(tenant, PATH, request, _HEADERS)
        except SourceError as error:
            if error.status not in _OFF and _OFF_WORDS not in error.problem.lower():
                raise
            self._turn_off(error.problem)
            return None
        kind = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind == _CHUNKS:
            self.kind = ResponseType.STREAMED_XOR_CHUNKS
            return await asyncio.to_thread(decode_chunks, reply.body, start_ms, end_ms)
        if kind == _SAMPLES:
            self.kind = ResponseType.SAMPLES
            return await asyncio.to_thread(decode_samples, reply.body, start_ms, end_ms, step_ms)
        self._turn_off(f"the answer is of the type {kind!r}")
        return None

    def _turn_off(self, why: str) -> None:
        log.info("source.remote_read.off", why=why)
        self.is_off = True


def typed(read: Decoded, types: Types) -> RawSeries:
    """The series with their metrics' types, which remote read does not tell, and the native histograms."""
    names = [each.get("__name__", "") for each in read.labels]
    known = {name: type_of(name, types) for name in set(names)}
    kinds = [known[name] for name in names]
    untold, not_read = read.untold, read.histograms - len(read.native)
    named = untold[0] if len(untold) == 1 else ""
    skipped = {NATIVE_HISTOGRAM: {named: not_read}} if untold and not_read > 0 else {}
    raw = RawSeries(read.labels, kinds, read.offsets, read.timestamps, read.values, skipped)
    return with_native(raw, read.native)
