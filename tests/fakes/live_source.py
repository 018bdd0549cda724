"""A metrics source over the wall clock: a few services that are as ever, and a fault while a file says so.

Several processes may ask, at any time and for any past window, and are told the same.
"""

import time
from pathlib import Path

import numpy as np

from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.cortex.derive import derive
from patternwatch.cortex.label_partition import LabelPartition
from patternwatch.cortex.raw import RawSeries, ragged
from patternwatch.cortex.source import SeriesSource
from patternwatch.cortex.tail import Samples

STEP_MS = 1000
METRICS = {
    "http_request_latency_seconds": 0.1,
    "http_request_errors_per_second": 0.5,
    "http_requests_per_second": 50.0,
    "cpu_usage_ratio": 0.3,
    "queue_length": 20.0,
}
"""Levels in quiet times, of every pod."""
HURT = {"http_request_latency_seconds": 6.0, "http_request_errors_per_second": 30.0, "queue_length": 5.0}
"""How many times as high they are of the service that is hurt."""
SERVICES = ("cart", "orders", "payment", "catalogue")


class LiveSource:
    """Samples once a second, of 4 services with 2 pods each.

    fault  a file with the first and the last ms of cart's trouble, or the first alone while it lasts
    """

    def __init__(self, fault: Path) -> None:
        self._fault = fault
        self._labels = [
            {"__name__": name, "cluster": "shop", "service": service, "pod": f"{service}-{pod}"}
            for name in METRICS
            for service in SERVICES
            for pod in range(2)
        ]

    async def samples(
        self, tenant: str, matchers: Matchers, start_ms: int, end_ms: int, step_ms: int
    ) -> RawSeries:
        end_ms = min(end_ms, time.time_ns() // 1_000_000)
        times = np.arange(-(-start_ms // STEP_MS), end_ms // STEP_MS + 1, dtype=np.int64) * STEP_MS
        begun, ended = self._span()
        hurt = (times >= begun) & (times <= ended)
        chosen = [labels for labels in self._labels if all(m.matches(labels) for m in matchers)]
        values = []
        for labels in chosen:
            seed = float(self._labels.index(labels))
            noise = np.modf(np.abs(np.sin(times % 1_000_003 * 12.9898 + seed * 78.233)) * 43758.5453)[0] - 0.5
            level = METRICS[labels["__name__"]] * (1 + 0.1 * noise)
            if labels["service"] == "cart":
                level = np.where(hurt, level * HURT.get(labels["__name__"], 1.0), level)
            values.append(level)
        return ragged(chosen, ["gauge"] * len(chosen), [times] * len(chosen), values)

    async def count(self, tenant: str, matchers: Matchers, window: Window) -> dict[str, int]:
        chosen = [labels for labels in self._labels if all(m.matches(labels) for m in matchers)]
        return {name: sum(labels["__name__"] == name for labels in chosen) for name in METRICS}

    async def partition(
        self, tenant: str, matchers: Matchers, window: Window, max_series: int
    ) -> LabelPartition | None:
        return None

    async def begins_at(self, tenant: str, matchers: Matchers, window: Window) -> int | None:
        return None

    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        start_ms = window.start_ms - 2 * window.step_ms + 1
        return derive(await self.samples(tenant, matchers, start_ms, window.end_ms, window.step_ms), window)

    async def close(self) -> None:
        return

    def _span(self) -> tuple[int, int]:
        told = [int(word) for word in self._fault.read_text().split()] if self._fault.exists() else []
        far = 2**62
        return [*told, far][0], [*told, far, far][1]


_source: SeriesSource = LiveSource(Path())
_samples: Samples = LiveSource(Path())
