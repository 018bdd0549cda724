"""The newest rows of a selection, kept up to date by polls: filled once, then only new samples are fetched.

Each poll asks for what is new and for a little more, since samples arrive late (a remote write queue, a
scrape under way). Any window of any part of the selection that lies inside is read without the source.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Protocol, TypeVar, runtime_checkable

from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.cortex.raw import RawSeries
from patternwatch.cortex.ring_buffer import RingBuffer

T = TypeVar("T")

LATE_MS = 60_000
"""How far back every poll looks for samples that were not there at the last one."""


@runtime_checkable
class Samples(Protocol):
    """A source of raw samples, such as PrometheusSource and BundleSource."""

    async def samples(
        self, tenant: str, matchers: Matchers, start_ms: int, end_ms: int, step_ms: int
    ) -> RawSeries:
        """Raw samples of `start_ms <= t <= end_ms`; raises SourceError."""
        ...


class TailReader:
    """Keeps the last `rows` steps of a selection at hand.

    late_ms  how far back every poll looks again, and farther where the last one gave half of the series no
             newer sample. What comes later than that is not seen: of a few series that are behind the others
    """

    def __init__(
        self,
        source: Samples,
        tenant: str,
        matchers: Matchers,
        *,
        rows: int,
        step_ms: int,
        late_ms: int = LATE_MS,
    ) -> None:
        self.tenant, self.matchers = tenant, matchers
        self._source = source
        self._rows, self._step_ms, self._late_ms = rows, step_ms, max(late_ms, step_ms)
        self._buffer = RingBuffer(rows, step_ms)
        self._end_ms: int | None = None
        self._since_ms = 0
        self._polling, self._lock = asyncio.Lock(), threading.Lock()

    def __len__(self) -> int:
        """How many series it holds."""
        return len(self._buffer)

    @property
    def samples(self) -> int:
        """How many samples it holds, gaps included."""
        return len(self._buffer) * (self._rows + 1)

    @property
    def newest_ms(self) -> int:
        """The end of the newest row that was polled; 0 before the first poll."""
        return self._end_ms or 0

    async def poll(self, end_ms: int, split_ms: int, rows: int | None = None) -> SeriesBatch:
        """The window up to `end_ms` (moved down to a multiple of the step).

        rows  of the window; by default all that are kept

        The first poll fetches the whole window, and so does one after a pause longer than what is kept. A
        poll that fails changes nothing: the next one asks for what this one did not get.
        Raises SourceError, and ValueError where time went back or the split is not inside the window.
        """
        rows = self._rows if rows is None else min(rows, self._rows)
        end_ms -= end_ms % self._step_ms
        async with self._polling:
            first_ms = end_ms - (rows + 1) * self._step_ms + 1
            refills = self._end_ms is None or self._end_ms < end_ms - (self._rows + 1) * self._step_ms + 1
            start_ms = first_ms
            if self._end_ms is not None and not refills and self._since_ms <= first_ms:
                # A store that is far behind as a whole gives all that it lacked when it has caught up.
                known_ms = min(self._end_ms - self._late_ms, self._buffer.half_until_ms)
                start_ms = min(max(first_ms, known_ms + 1), self._end_ms + 1)
            raw = await self._source.samples(self.tenant, self.matchers, start_ms, end_ms, self._step_ms)
            buffer = RingBuffer(self._rows, self._step_ms) if refills else self._buffer
            await asyncio.to_thread(self._add, buffer, raw, end_ms)
            self._since_ms = start_ms if refills else min(self._since_ms, start_ms)
            self._buffer, self._end_ms = buffer, end_ms
            return await asyncio.to_thread(self._newest, split_ms, rows)

    async def reach_back(self, rows: int) -> bool:
        """Fetch so many rows from before the first poll; False where all that is kept is there.

        Raises SourceError, and changes nothing then.
        """
        async with self._polling:
            start_ms = max(self._buffer.begins_ms, self._since_ms - rows * self._step_ms)
            if self._end_ms is None or start_ms >= self._since_ms:
                return False
            until_ms = self._since_ms - 1
            raw = await self._source.samples(self.tenant, self.matchers, start_ms, until_ms, self._step_ms)
            await asyncio.to_thread(self._add, self._buffer, raw, self._end_ms)
            self._since_ms = start_ms
            return True

    def holds(self, window: Window) -> bool:
        """Whether every sample of the window is here that came in time; it may end after the last poll."""
        first_ms = window.start_ms - 2 * window.step_ms + 1
        on_grid = window.step_ms == self._step_ms and window.start_ms % self._step_ms == 0
        return on_grid and max(self._since_ms, self._buffer.begins_ms) <= first_ms <= self.newest_ms

    def ask(self, question: Callable[[RingBuffer], T]) -> T:
        """The answer to a question to what is kept, while nothing is added to it; for a thread."""
        with self._lock:
            return question(self._buffer)

    def _add(self, buffer: RingBuffer, raw: RawSeries, end_ms: int) -> None:
        with self._lock:
            buffer.add(raw, end_ms)

    def _newest(self, split_ms: int, rows: int) -> SeriesBatch:
        window = self._buffer.window(split_ms, rows)
        return self._buffer.derived(self.ask(lambda buffer: buffer.cut(window)))
