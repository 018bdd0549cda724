"""The cheap questions about a selection: which names, labels and values it has, and how many series.

None of them reads the samples of a window, but `over`, which is for what the cheap ones do not see. Each has
a deadline of its own, and a slow one is not asked again: the read that follows matters more.
Source: Prometheus documentation, "HTTP API", "Querying label values" and "Instant queries".
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import httpx

from patternwatch.contracts.errors import (
    SourceError,
    SourceLimitError,
    SourceRefusedError,
    SourceSlowError,
    SourceUnavailableError,
)
from patternwatch.contracts.matchers import Matchers, format_selector
from patternwatch.contracts.promql_names import label_name
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.bisection import Span
from patternwatch.cortex.clock_skew import ClockWatch
from patternwatch.cortex.connection import Connection
from patternwatch.cortex.exchange import RetryTiming
from patternwatch.cortex.http_errors import not_prometheus
from patternwatch.cortex.matrix import lengths_by, vector_counts
from patternwatch.cortex.post_refused import MAX_URL_CHARS
from patternwatch.cortex.query_form import is_result, seconds
from patternwatch.cortex.retrying import with_retries
from patternwatch.cortex.selector_pieces import NAME, SelectorPieces, may_be_the_names

T = TypeVar("T")

LOOKBACK_MS = 300_000
"""How long before its time an instant query looks for samples, by default."""
HALF_HOUR_MS = 1_800_000
DEADLINE_S = 5.0
"""The longest wait for one of these answers; they take milliseconds where all is well."""


class CountQueries:
    """Questions to one source. Every method raises SourceError, SourceSlowError after the deadline."""

    def __init__(
        self,
        settings: SourceSettings,
        client: httpx.AsyncClient,
        timing: RetryTiming,
        pieces: SelectorPieces,
        clocks: ClockWatch | None = None,
    ) -> None:
        quick = {"timeout_s": min(DEADLINE_S, settings.timeout_s), "tries": 1}
        self._settings, self._timing = settings, timing
        self._connection = Connection(settings.model_copy(update=quick), client, timing, clocks)
        self._pieces = pieces

    async def at(self, span: Span, matchers: Matchers, label: str, at_ms: int) -> dict[str, int]:
        """Series by the values of a label, of those that have a sample in the five minutes before `at_ms`."""
        return await self._counted(span, matchers, label, at_ms, format_selector)

    async def listed(self, span: Span, matchers: Matchers, label: str, at_ms: int) -> dict[str, int]:
        """The same, counted here: each of those series is sent, a hundred times what a count sends."""
        return await self._counted(span, matchers, label, at_ms, format_selector, is_counted_here=True)

    async def over(self, span: Span, matchers: Matchers, label: str) -> dict[str, int]:
        """The same of all that have a sample within the span: it costs as much as reading them."""

        def inner(piece: Matchers) -> str:
            return f"last_over_time({format_selector(piece)}[{span.length_ms}ms])"

        return await self._counted(span, matchers, label, span.end_ms, inner)

    async def values(self, span: Span, matchers: Matchers, label: str) -> list[str]:
        """The values of a label within the span; of names, those of series that ended early on as well."""
        path = f"label/{quote(label, safe='')}/values"
        params = _selected(span, matchers)
        if label == NAME and len(urlencode(params)) > MAX_URL_CHARS:
            return await self._pieces.names(span, matchers)  # it tells its names, and a GET has to fit
        try:
            found = await self._asked(
                lambda: self._connection.data(span.tenant, path, _is_strings, params=params)
            )
            return list(found or ())
        except SourceRefusedError as error:
            if label != NAME or not may_be_the_names(error, matchers):
                raise
            return await self._pieces.names(span, matchers)

    async def labels(self, span: Span, matchers: Matchers) -> list[str]:
        """The labels that the series of the selection have."""

        async def ask(piece: Matchers) -> list[str]:
            form = _selected(span, piece)
            found = await self._asked(lambda: self._connection.data(span.tenant, "labels", _is_strings, form))
            return list(found or ())

        return sorted({label for found in await self._pieces.ask(span, matchers, ask) for label in found})

    async def _counted(
        self,
        span: Span,
        matchers: Matchers,
        label: str,
        at_ms: int,
        inner: Callable[[Matchers], str],
        is_counted_here: bool = False,
    ) -> dict[str, int]:
        read_counts = lengths_by if is_counted_here else vector_counts

        async def ask(piece: Matchers) -> Mapping[str, int]:
            query = inner(piece) if is_counted_here else f"count by ({label_name(label)}) ({inner(piece)})"
            form = {"query": query, "time": seconds(at_ms)}
            data = await self._asked(lambda: self._connection.data(span.tenant, "query", is_result, form))
            try:
                return read_counts(data["result"], label)
            except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
                raise not_prometheus(self._connection.url) from error

        counts: Counter[str] = Counter()
        for found in await self._pieces.ask(span, matchers, ask):
            counts.update(found)
        return dict(counts)

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Tried again where the source is away or busy, not where it is slow."""

        async def attempt() -> T | SourceSlowError:
            try:
                return await ask()
            except SourceSlowError as error:
                return error

        said = await with_retries(
            attempt,
            self._settings.timeout_s + self._settings.retry_s,
            tries=self._settings.tries,
            sleep=self._timing.sleep,
            clock=self._timing.clock,
            draw=self._timing.draw,
        )
        if isinstance(said, SourceSlowError):
            raise said
        return said


def is_passable(error: SourceError) -> bool:
    """Whether a count that ended so may succeed in pieces; any other error would meet the read as well."""
    return error.is_unclear or isinstance(error, SourceLimitError | SourceUnavailableError)


def cheap_time(span: Span) -> int:
    """When an instant query costs a server least: some minutes before the end of a span of an hour or more.

    Prometheus, Cortex and Thanos cut chunks of about 120 samples that begin on half hours (on each where
    series are scraped every 15 s, on even hours where that is every minute), and decode them from there.
    By then samples that come late have come, too. The end itself where the span is shorter.
    Source: Prometheus' tsdb, `computeChunkEndTime`.

    >>> cheap_time(Span("t", 0, 7_000_000, 15_000)), cheap_time(Span("t", 0, 3_500_000, 15_000))
    (5700000, 3500000)
    """
    if span.length_ms < 2 * HALF_HOUR_MS:
        return span.end_ms
    return (span.end_ms - LOOKBACK_MS) // HALF_HOUR_MS * HALF_HOUR_MS + LOOKBACK_MS


def _selected(span: Span, matchers: Matchers) -> dict[str, str]:
    times = {"start": seconds(span.start_ms), "end": seconds(span.end_ms)}
    return {"match[]": format_selector(matchers), **times} if matchers else times


def _is_strings(data: Any) -> bool:
    return data is None or (isinstance(data, list) and all(isinstance(each, str) for each in data))
