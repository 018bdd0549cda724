"""Raw samples over the Prometheus HTTP API (Cortex, Mimir, Thanos and Prometheus speak it).

Windows are read by remote read, or by a range selector in an instant query where a server has no remote
read (`reading_ways`). Both return the samples themselves with their own times and gaps, whereas query_range
repeats the last value for five minutes after a series has ended. A server that refuses such queries is asked
by query_range for the last sample within each step, which keeps the gaps.
Source: Prometheus documentation, "HTTP API" and "Remote Read API".
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import httpx
import structlog

from patternwatch.contracts.errors import SourceLimitError, SourceRefusedError
from patternwatch.contracts.matchers import Matchers, format_selector
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.bisection import Bisection, Span
from patternwatch.cortex.census import Census
from patternwatch.cortex.connection import Connection, http_client
from patternwatch.cortex.count_queries import CountQueries
from patternwatch.cortex.derive import derive
from patternwatch.cortex.exchange import RetryTiming
from patternwatch.cortex.history import begins_at
from patternwatch.cortex.http_errors import not_prometheus
from patternwatch.cortex.label_choice import LabelChoice
from patternwatch.cortex.label_partition import LabelPartition, by_name, matcher_of
from patternwatch.cortex.learned_limits import LearnedLimits
from patternwatch.cortex.matrix import matrix_series, native_series
from patternwatch.cortex.metadata import MetricTypes
from patternwatch.cortex.raw import RawSeries
from patternwatch.cortex.reading_ways import ReadingWays
from patternwatch.cortex.remote_read import typed
from patternwatch.cortex.selector_pieces import SelectorPieces
from patternwatch.cortex.wire import Decoded

log = structlog.get_logger()
T = TypeVar("T")

_DEFAULT_STEP_MS = 15_000


class PrometheusSource:
    """A server with the Prometheus HTTP API; every request carries the tenant's header.

    Raises InputError where a secret or a certificate of the settings cannot be read.
    """

    def __init__(
        self,
        settings: SourceSettings,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        timing: RetryTiming | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._client = http_client(settings, transport)
        self._connection = Connection(settings, self._client, timing)
        self._types = MetricTypes(self._metadata, clock)
        self._bisection = Bisection(self._read, self._partition, LearnedLimits(clock))
        self._pieces = SelectorPieces(self._connection, settings.concurrency, clock)
        self._ways = ReadingWays(self._connection, self._pieces, clock)
        self._queries = CountQueries(
            settings, self._client, timing or RetryTiming(), self._pieces, self._connection.clocks
        )
        self._census, self._label_choice = Census(self._queries, clock), LabelChoice(self._queries)

    @property
    def source_ahead_s(self) -> float:
        """How far its clock was ahead of ours at its last answer, in s; 0 where both agree."""
        return self._connection.clocks.ahead_s

    async def count(self, tenant: str, matchers: Matchers, window: Window) -> dict[str, int]:
        """How many series each metric name has, those that vanished within the window included."""
        return await self._census.counts(_span(tenant, window), matchers)

    async def partition(
        self, tenant: str, matchers: Matchers, window: Window, max_series: int
    ) -> LabelPartition | None:
        """The label that partitions one metric's series into parts of at most about `max_series`."""
        span = _span(tenant, window)
        counts = await self._census.counts(span, matchers)
        return await self._label_choice.best(span, matchers, counts, max_series, splits_targets=False)

    async def begins_at(self, tenant: str, matchers: Matchers, window: Window) -> int | None:
        """The first sample of any of these series, in ms, where that is well inside the window; else None."""
        span = _span(tenant, window)
        counts = await self._census.counts(span, matchers)
        return await begins_at(self._queries, self._bisection.read, span, matchers, counts)

    async def values(self, tenant: str, matchers: Matchers, label: str, window: Window) -> list[str]:
        """The values that a label has among these series within the window."""
        return sorted(await self._queries.values(_span(tenant, window), matchers, label))

    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        """All series of the window, derived and aligned."""
        # One row before the window is read whole too: the first rate needs the sample before it.
        start_ms = window.start_ms - 2 * window.step_ms + 1
        raw = await self.samples(tenant, matchers, start_ms, window.end_ms, window.step_ms)
        return await asyncio.to_thread(derive, raw, window)

    async def samples(
        self, tenant: str, matchers: Matchers, start_ms: int, end_ms: int, step_ms: int = _DEFAULT_STEP_MS
    ) -> RawSeries:
        """Raw samples of `start_ms <= t <= end_ms`, as they were scraped.

        step_ms  distance of points where the server gives no raw samples, by query_range only
        """
        return await self._bisection.read(Span(tenant, start_ms, end_ms, step_ms), matchers)

    @property
    def remote_read_kind(self) -> str | None:
        """The kind of the last answer to remote read; None where there is none, or none was asked for."""
        kind = self._ways.remote_read_kind
        return kind.name if kind is not None else None

    def learned_limit(self, tenant: str, window: Window) -> int | None:
        """The most series of such a window that the source gives at once; None where none was refused."""
        return self._bisection.learned.series(tenant, window.end_ms - window.start_ms)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _read(self, span: Span, matchers: Matchers) -> RawSeries:
        """One selection in one request; raises SourceLimitError where it is over a limit."""
        found = await self._ways.read(span, matchers)
        types = await self._types.of(span.tenant)
        if isinstance(found, Decoded):
            raw = typed(await self._with_histograms(found, span, matchers), types)
        else:
            raw = await asyncio.to_thread(self._understood, matrix_series, found, types, span.step_ms)
        if len(raw.values) > self._settings.max_samples:
            raise SourceLimitError(
                f"{format_selector(matchers)} holds {len(raw.values)} samples, over the cap of "
                f"{self._settings.max_samples}",
                "Narrow the selector, or raise source.max_samples",
            )
        return raw

    async def _with_histograms(self, read: Decoded, span: Span, matchers: Matchers) -> Decoded:
        """The same with the native histograms that the samples do not hold, as JSON.

        Prometheus writes them into samples since 2.44, those of custom buckets with their bounds since 3.10.
        """
        if not read.untold:
            return read
        try:
            result = await self._ways.by_query(span, (*matchers, matcher_of("__name__", read.untold)))
        except SourceRefusedError as error:
            log.warning("source.native_histograms", tenant=span.tenant, metrics=read.untold, why=str(error))
            return read
        native = await asyncio.to_thread(self._understood, native_series, result, span.step_ms)
        return replace(read, native=(*read.native, *native))

    async def _partition(self, span: Span, matchers: Matchers) -> LabelPartition | None:
        """For bisection: by name, or by a label within one histogram or summary; None for a single series."""
        counts = await self._census.counts(span, matchers)
        names = by_name(counts)
        if len(names.groups) > 1:
            return names
        if names.series <= 1:
            return None
        # The halves are joined as raw samples, before anything is derived: any label will do.
        found = await self._label_choice.best(span, matchers, counts, names.series // 2, splits_targets=True)
        return found or names

    async def _metadata(self, tenant: str, limit: int) -> Any:
        return await self._connection.data(
            tenant,
            "metadata",
            lambda d: d is None or isinstance(d, dict),  # Cortex gives no data where there are no types
            params={"limit": str(limit)},
        )

    def _understood(self, decode: Callable[..., T], *arguments: Any) -> T:
        try:
            return decode(*arguments)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
            raise not_prometheus(self._connection.url) from error


def _span(tenant: str, window: Window) -> Span:
    return Span(tenant, window.start_ms, window.end_ms, window.step_ms)
