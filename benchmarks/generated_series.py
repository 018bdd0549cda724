"""Generated series as a cluster of Kubernetes has them, and the shards that the product cuts them into."""

import numpy as np

from patternwatch.analysis.planning.shards import plan_shards
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import BASELINE_ROWS, WINDOW_ROWS, SeriesBatch, Window
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shards import Shard

STEP_MS = 30_000
START_MS = 1_760_000_000_000
METRICS = (
    "container_cpu_usage_seconds_total",
    "container_memory_working_set_bytes",
    "http_request_duration_seconds",
    "http_requests_total",
    "http_errors_total",
    "jvm_memory_used_bytes",
    "process_open_fds",
    "node_disk_io_time_seconds_total",
    "container_network_receive_bytes_total",
    "db_pool_connections_in_use",
)


def request_of(batch: SeriesBatch) -> AnalysisRequest:
    """The request whose window is that of the batch."""
    times = batch.times.tolist()
    return AnalysisRequest(
        request_id="benchmark",
        tenant="benchmark",
        trigger="manual",
        title="kernels",
        matchers=parse_selector('{__name__=~".+"}'),
        window=Window(start_ms=times[0], split_ms=times[BASELINE_ROWS], end_ms=times[-1], step_ms=STEP_MS),
        requested_at_ms=times[-1],
    )


def shards_of(batch: SeriesBatch, settings: AnalysisSettings) -> list[tuple[Shard, SeriesBatch]]:
    """Shards of `settings.shard_series` series each, planned as the product plans them."""
    size = settings.shard_series
    parts = [batch.take(range(first, min(first + size, len(batch)))) for first in range(0, len(batch), size)]
    counts = {f"metric_{number:04d}": len(part) for number, part in enumerate(parts)}
    shards = plan_shards(request_of(batch), counts, settings)
    return list(zip(shards, parts, strict=True))


def generated(n: int) -> SeriesBatch:
    """N series of autocorrelated noise: a tenth are whole numbers, a tenth have gaps.

    Three in a hundred series shift at the split.
    """
    rng = np.random.default_rng(0)
    values = rng.normal(size=(n, WINDOW_ROWS))
    for t in range(1, WINDOW_ROWS):
        values[:, t] += 0.8 * values[:, t - 1]
    values += 10.0
    values[: n // 10] = np.rint(values[: n // 10])
    gappy = values[n // 10 : n // 5]
    gappy[rng.random(gappy.shape) < 0.05] = np.nan
    values[np.flatnonzero(rng.random(n) < 0.03), BASELINE_ROWS:] += 20.0
    labels = []
    for i in range(n):
        service, pod = f"service-{i // 100}", i % 100 // len(METRICS)
        labels.append(
            {
                "__name__": METRICS[i % len(METRICS)],
                "cluster": "prod-1",
                "namespace": "shop",
                "service": service,
                "pod": f"{service}-7d9f8c6b5-{pod:05d}",
                "instance": f"10.0.{i // 100 % 256}.{pod}:8080",
                "job": "kubernetes-pods",
            }
        )
    times = START_MS + STEP_MS * np.arange(WINDOW_ROWS, dtype=np.int64)
    return SeriesBatch(labels, times, values, [""] * n)
