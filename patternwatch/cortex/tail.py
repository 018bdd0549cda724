"""A window that is kept up to date by polls: filled once, then only new samples are fetched.

Each poll asks for what is new and for a little more, since samples arrive late (a remote write queue, a
scrape under way).
"""

import asyncio
from typing import Protocol, runtime_checkable

from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import SeriesBatch
from patternwatch.cortex.raw import RawSeries
from patternwatch.cortex.ring_buffer import RingBuffer

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
        self._source = source
        self._tenant, self._matchers = tenant, matchers
        self._rows, self._step_ms, self._late_ms = rows, step_ms, max(late_ms, step_ms)
        self._buffer = RingBuffer(rows, step_ms)
        self._end_ms: int | None = None
        self._polling = asyncio.Lock()

    @property
    def samples(self) -> int:
        """How many samples it holds, gaps included."""
        return len(self._buffer) * (self._rows + 1)

    async def poll(self, end_ms: int, split_ms: int) -> SeriesBatch:
        """The window up to `end_ms` (moved down to a multiple of the step).

        The first poll fetches the whole window, and so does one after a pause longer than that. A poll that
        fails changes nothing: the next one asks for what this one did not get.
        Raises SourceError, and ValueError where time went back or the split is not inside the window.
        """
        end_ms -= end_ms % self._step_ms
        async with self._polling:
            oldest_ms = end_ms - (self._rows + 1) * self._step_ms + 1
            refills = self._end_ms is None or self._end_ms < oldest_ms
            start_ms = oldest_ms
            if self._end_ms is not None and not refills:
                # A store that is far behind as a whole gives all that it lacked when it has caught up.
                known_ms = min(self._end_ms - self._late_ms, self._buffer.half_until_ms)
                start_ms = max(oldest_ms, known_ms + 1)
            raw = await self._source.samples(self._tenant, self._matchers, start_ms, end_ms, self._step_ms)
            buffer = RingBuffer(self._rows, self._step_ms) if refills else self._buffer
            await asyncio.to_thread(buffer.add, raw, end_ms)
            self._buffer, self._end_ms = buffer, end_ms
            return await asyncio.to_thread(buffer.batch, split_ms)
