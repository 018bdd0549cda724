"""A recorded incident as a source of series, as it was or as if it were happening now."""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from patternwatch.contracts.errors import WindowError
from patternwatch.contracts.instants import instant
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.cortex.bundle import Incident, read_bundle
from patternwatch.cortex.derive import derive
from patternwatch.cortex.label_choice import partition_among
from patternwatch.cortex.label_partition import LabelPartition
from patternwatch.cortex.raw import RawSeries

T = TypeVar("T")


class BundleSource:
    """Serves one bundle to every tenant.

    `replay_end_ms` moves all of its times by whole steps so that the recording ends at (or just before)
    that instant. Raises BundleError where the file is no bundle.
    """

    def __init__(self, path: Path, replay_end_ms: int | None = None) -> None:
        incident, series = read_bundle(path)
        by_ms = 0 if replay_end_ms is None else replay_end_ms - incident.end_ms
        by_ms -= by_ms % incident.step_ms
        self.incident: Incident = incident.model_copy(
            update={name: getattr(incident, name) + by_ms for name in ("start_ms", "end_ms", "at_ms")}
        )
        self._series: RawSeries = series.shifted(by_ms) if by_ms else series
        # One: they would only take the interpreter from each other, each with memory of its own to warm.
        self._thread = ThreadPoolExecutor(1, "bundle")

    async def count(self, tenant: str, matchers: Matchers, window: Window) -> dict[str, int]:
        """How many recorded series each metric name has."""
        series = await self._computed(lambda: self._select(matchers, window))
        return dict(Counter(labels.get("__name__", "") for labels in series.labels))

    async def partition(
        self, tenant: str, matchers: Matchers, window: Window, max_series: int
    ) -> LabelPartition | None:
        """The label that partitions the recorded series of one metric."""
        series = await self._computed(lambda: self._select(matchers, window))
        return partition_among(series.labels, max_series)

    async def values(self, tenant: str, matchers: Matchers, label: str, window: Window) -> list[str]:
        """The values that a label has among the recorded series."""
        series = await self._computed(lambda: self._select(matchers, window))
        return sorted({labels[label] for labels in series.labels if label in labels})

    async def begins_at(self, tenant: str, matchers: Matchers, window: Window) -> int | None:
        """None: a recording is all there is."""
        return None

    async def samples(
        self, tenant: str, matchers: Matchers, start_ms: int, end_ms: int, step_ms: int = 0
    ) -> RawSeries:
        """The recorded samples of `start_ms <= t <= end_ms`."""
        return await self._computed(lambda: self._series.matching(matchers).between(start_ms, end_ms))

    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        """The recorded series, derived and aligned; raises WindowError where none of it was recorded."""
        if window.end_ms < self.incident.start_ms:
            raise WindowError(
                f"The recording begins at {instant(self.incident.start_ms)} and holds nothing of the window "
                f"{instant(window.start_ms)} to {instant(window.end_ms)}",
                "Compare with no earlier window, or record one long enough to hold it",
            )
        return await self._computed(lambda: derive(self._select(matchers, window), window))

    async def close(self) -> None:
        """End the thread; what it does is not waited for."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _computed(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _select(self, matchers: Matchers, window: Window) -> RawSeries:
        return self._series.matching(matchers).between(window.start_ms - 2 * window.step_ms, window.end_ms)
