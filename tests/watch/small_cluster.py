"""A cluster of a few services, each of some pods, and a node; its rows are noise around fixed levels."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.cluster import ClusterWatch
from patternwatch.watch.episodes.observation import Observation

STEP_MS = 30_000
DAY_ROWS = 2880
START_ROW = 58_600_000 // DAY_ROWS * DAY_ROWS
"""Midnight of some day."""
METRICS = (
    ("http_requests_total", "rate", 20.0, 0.08),
    ("http_requests_failed_total", "rate", 0.02, 0.5),
    ("http_request_duration_seconds", "p99", 0.2, 0.05),
    ("container_cpu_usage_seconds_total", "rate", 0.4, 0.05),
    ("container_memory_working_set_bytes", "", 2e8, 0.005),
    ("work_queue_length", "", 4.0, 0.2),
)
"""Name, derivation, level and relative noise."""
Values = npt.NDArray[np.float64]
Change = Callable[[Values, list[dict[str, str]]], None]


def labels_of(services: int = 6, pods: int = 2) -> list[dict[str, str]]:
    """Labels of every series: those of pods by service, then those of a node."""
    found = [
        {"__name__": name, "namespace": "shop", "service": f"svc{s}", "pod": f"svc{s}-5d4f8c7b9-x2x{pod}k"}
        for s in range(services)
        for pod in range(pods)
        for name, _, _, _ in METRICS
    ]
    return [*found, {"__name__": "node_load1", "job": "node", "instance": "node0"}]


def derivations_of(labels: list[dict[str, str]]) -> list[str]:
    """How each of these series came about."""
    how = {name: derivation for name, derivation, _, _ in METRICS}
    return [how.get(own["__name__"], "") for own in labels]


def rows_of(labels: list[dict[str, str]], rows: int, seed: int) -> Values:
    """Noise around each metric's level, shape (N, rows)."""
    rng = np.random.default_rng(seed)
    level = {name: (value, noise) for name, _, value, noise in METRICS} | {"node_load1": (2.0, 0.1)}
    values = np.array([level[own["__name__"]][0] for own in labels])[:, None]
    noise = np.array([level[own["__name__"]][1] for own in labels])[:, None]
    return np.maximum(values * (1 + noise * rng.normal(size=(len(labels), rows))), 0.0)


def batch_of(labels: list[dict[str, str]], values: Values, first: int) -> SeriesBatch:
    """Rows from `first` on, counted from the start."""
    times = STEP_MS * (START_ROW + first + np.arange(values.shape[1], dtype=np.int64))
    return SeriesBatch(labels, times, values, derivations_of(labels))


def learned(labels: list[dict[str, str]], days: float = 1.0, seed: int = 1) -> ClusterWatch:
    """A watch that has read so many days of quiet."""
    watch = ClusterWatch(AnalysisSettings(), STEP_MS)
    rows = int(days * DAY_ROWS)
    watch.learn(batch_of(labels, rows_of(labels, rows, seed), -rows))
    return watch


def watched(
    watch: ClusterWatch, labels: list[dict[str, str]], values: Values, first: int = 0
) -> list[Observation]:
    """What it says of these rows, two a tick."""
    ticks = range(0, values.shape[1], 2)
    return [
        watch.observe(batch_of(labels, values[:, at : at + 2], first + at), STEP_MS * (first + at))
        for at in ticks
    ]


def of(labels: list[dict[str, str]], service: str, name: str) -> npt.NDArray[np.intp]:
    """Positions of a metric's series of a service."""
    return np.array(
        [i for i, own in enumerate(labels) if own.get("service") == service and own["__name__"] == name]
    )
