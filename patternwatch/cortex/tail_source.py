"""A source of what a tail holds: analyses of its series, in its newest rows, ask no server."""

import asyncio
from collections import Counter
from dataclasses import dataclass

from patternwatch.contracts.errors import SourceRefusedError
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.cortex.derive import derive_aligned
from patternwatch.cortex.history import late_after_ms
from patternwatch.cortex.label_choice import partition_among
from patternwatch.cortex.label_partition import LabelPartition
from patternwatch.cortex.ring_buffer import Cut, RingBuffer
from patternwatch.cortex.tail import TailReader

MAX_BEHIND_ROWS = 5
"""Rows of a window that may be newer than the tail: as many as a growing report waits for its second look."""


@dataclass(frozen=True, slots=True)
class TailSource:
    """A `SeriesSource` over one tail: the same series, samples and order as the server gave them.

    It answers for what lies within a selection that it `serves`; what that is, whoever asks has to know.
    Every method raises SourceRefusedError where it does not hold the window, or not all that is asked for.
    """

    tail: TailReader

    def serves(self, tenant: str, matchers: Matchers, window: Window) -> bool:
        """Whether it holds all that the server would give of a selection, but for the last rows perhaps.

        That these series are the tail's is known by the tail's own matchers: they must be among these.
        """
        return set(self.tail.matchers) <= set(matchers) and self._holds(tenant, window)

    async def count(self, tenant: str, matchers: Matchers, window: Window) -> dict[str, int]:
        """How many series each metric name has, those that vanished within the window included."""
        return dict(Counter(own.get("__name__", "") for own in await self._seen(tenant, matchers, window)))

    async def partition(
        self, tenant: str, matchers: Matchers, window: Window, max_series: int
    ) -> LabelPartition | None:
        """The label that partitions one metric's series."""
        return partition_among(await self._seen(tenant, matchers, window), max_series)

    async def begins_at(self, tenant: str, matchers: Matchers, window: Window) -> int | None:
        """The first sample of any of these series, where that is well inside the window; else None."""
        self._check(tenant, window)
        first_ms = await asyncio.to_thread(self.tail.ask, lambda ring: ring.first_ms(window, matchers))
        is_late = first_ms is not None and first_ms - window.start_ms > late_after_ms(
            window.end_ms - window.start_ms
        )
        return first_ms if is_late else None

    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        """All series of the window, derived and aligned."""
        self._check(tenant, window)
        return await asyncio.to_thread(self._derived, matchers, window)

    async def close(self) -> None:
        """Nothing: the tail is another's."""

    async def _seen(self, tenant: str, matchers: Matchers, window: Window) -> list[dict[str, str]]:
        self._check(tenant, window)
        return await asyncio.to_thread(self.tail.ask, lambda ring: ring.seen(window, matchers))

    def _derived(self, matchers: Matchers, window: Window) -> SeriesBatch:
        def cut(ring: RingBuffer) -> Cut:
            return ring.cut(window, matchers)

        found = self.tail.ask(cut)
        narrower = {m for m in matchers if m.name != "__name__"} - set(self.tail.matchers)
        if found.series.skipped and narrower:
            raise SourceRefusedError("It is not known which of the series that were left out these are")
        return derive_aligned(found.series, found.grid)

    def _check(self, tenant: str, window: Window) -> None:
        if not self._holds(tenant, window):
            raise SourceRefusedError("The watch does not hold this window any more")

    def _holds(self, tenant: str, window: Window) -> bool:
        behind_ms = window.end_ms - self.tail.newest_ms
        is_near = behind_ms <= MAX_BEHIND_ROWS * window.step_ms
        return tenant == self.tail.tenant and is_near and self.tail.holds(window)
