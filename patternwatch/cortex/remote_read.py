"""Raw samples by remote read: the way that Prometheus servers read from each other, and the fastest.

The server chooses the kind of answer from those that we accept: Prometheus streams XOR chunks, Cortex
gives samples. See docs/source.md for who has it, and `reading_ways` for what is done where one has not.
Source: Prometheus documentation, "Remote Read API".
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from patternwatch.contracts.errors import SourceRefusedError
from patternwatch.contracts.matchers import Matchers
from patternwatch.cortex.connection import Connection
from patternwatch.cortex.label_memories import LabelMemories
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


class RemoteRead:
    """Remote read of one server; `kind` is what it answered last, None where it has not.

    accepted  kinds of answers, the preferred one first; by default as suits the window's length
    """

    def __init__(self, connection: Connection, accepted: Iterable[ResponseType] = ()) -> None:
        self._connection = connection
        self._accepted = tuple(accepted)
        self._memories = LabelMemories()
        self.kind: ResponseType | None = None

    async def samples(
        self,
        tenant: str,
        matchers: Matchers,
        times: tuple[int, int, int],
        tries: int | None = None,
    ) -> Decoded:
        """All samples of `start_ms <= t <= end_ms`, as they were scraped.

        times  start, end and step in ms; of several native histograms of a series in a step the last counts
        tries  how often a server that is away or busy is asked; by default as the settings say

        Where chunks hold native histograms, their metrics are asked for once more as samples.
        Raises DecodeError for an answer that is unsound, and what the connection raises.
        """
        preferred = PREFERRED if times[1] - times[0] > SHORT_MS else PREFERRED[::-1]
        found = await self._read(tenant, matchers, times, self._accepted or preferred, tries)
        kind = self.kind
        if not found.metrics or kind is ResponseType.SAMPLES:
            return found
        named = (*matchers, matcher_of("__name__", found.metrics))
        try:
            as_samples = await self._read(tenant, named, times, (ResponseType.SAMPLES,), tries)
        except SourceRefusedError:
            return found  # they are asked for in another way
        finally:
            self.kind = kind
        return replace(found, native=as_samples.native)

    async def _read(
        self,
        tenant: str,
        matchers: Matchers,
        times: tuple[int, int, int],
        accepted: Iterable[ResponseType],
        tries: int | None,
    ) -> Decoded:
        """One request."""
        start_ms, end_ms, step_ms = times
        request = encode_request(matchers, start_ms, end_ms, accepted)
        reply = await self._connection.post(tenant, PATH, request, _HEADERS, tries)
        kind = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind == _CHUNKS:
            found = await asyncio.to_thread(decode_chunks, reply.body, start_ms, end_ms)
            self.kind = ResponseType.STREAMED_XOR_CHUNKS
        elif kind == _SAMPLES:
            memory = self._memories.of(tenant, matchers) if end_ms - start_ms <= SHORT_MS else None
            found = await asyncio.to_thread(decode_samples, reply.body, start_ms, end_ms, step_ms, memory)
            self.kind = ResponseType.SAMPLES
        else:
            raise SourceRefusedError(
                f"{self._connection.url} answers remote read with the type {kind!r}",
                "Open POST /api/v1/read to this client, if the server has it",
                status=415,
            )
        return found


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
