"""A metrics source with a few services, one of them broken."""

from dataclasses import dataclass, field

import numpy as np

from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.cortex.label_partition import LabelPartition, best_partition
from patternwatch.cortex.source import SeriesSource


@dataclass
class FakeSource:
    """Services with `each` series each; those of `broken` step up when the current part begins.

    errors     raised one by one, by the next calls
    begins_ms  the first sample that it holds
    source_ahead_s  how far its clock is ahead of ours
    """

    services: int = 6
    each: int = 5
    broken: str = "service-2"
    errors: list[Exception] = field(default_factory=list)
    begins_ms: int | None = None
    calls: int = 0
    source_ahead_s: float = 0.0

    def labels(self) -> list[dict[str, str]]:
        return [
            {"__name__": f"metric_{m}", "service": f"service-{s}", "cluster": "shop"}
            for s in range(self.services)
            for m in range(self.each)
        ]

    async def count(self, tenant: str, matchers: Matchers, window: Window) -> dict[str, int]:
        self._answer()
        return self._counts("__name__", matchers)

    async def partition(
        self, tenant: str, matchers: Matchers, window: Window, max_series: int
    ) -> LabelPartition | None:
        self._answer()
        return best_partition({"service": self._counts("service", matchers)}, max_series)

    async def values(self, tenant: str, matchers: Matchers, label: str, window: Window) -> list[str]:
        self._answer()
        return sorted(self._counts(label, matchers))

    async def begins_at(self, tenant: str, matchers: Matchers, window: Window) -> int | None:
        return self.begins_ms

    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        self._answer()
        labels = self._matching(matchers)
        values = np.empty((len(labels), window.rows))
        for row, each in enumerate(labels):
            seed = int(each["__name__"][-1]) * 100 + int(each["service"][-1])
            values[row] = np.random.default_rng(seed).normal(10.0, 1.0, window.rows)
            if each["service"] == self.broken:
                values[row, window.split_row :] += 25.0
        return SeriesBatch(labels, window.times(), values, [""] * len(labels))

    async def close(self) -> None:
        return

    def _answer(self) -> None:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)

    def _counts(self, label: str, matchers: Matchers) -> dict[str, int]:
        found: dict[str, int] = {}
        for labels in self._matching(matchers):
            found[labels[label]] = found.get(labels[label], 0) + 1
        return found

    def _matching(self, matchers: Matchers) -> list[dict[str, str]]:
        return [labels for labels in self.labels() if all(m.matches(labels) for m in matchers)]


_source: SeriesSource = FakeSource()
