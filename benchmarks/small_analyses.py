"""A recording of small clusters: of each twenty series move, of the quiet one none."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from patternwatch.analysis.planning.requests import request_for_selector
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import BASELINE_ROWS, WINDOW_ROWS
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.cortex.bundle import Incident, write_bundle
from patternwatch.cortex.raw import ragged

TENANT = "bench"
FAULTY, QUIET = "faulty", "quiet"
SERIES, MOVED = 300, 20
TWO_CLUSTERS: Mapping[str, int] = MappingProxyType({FAULTY: SERIES, QUIET: SERIES})
_METRICS = (
    "http_request_duration_seconds_mean",
    "http_requests_in_flight",
    "process_resident_memory_bytes",
    "db_pool_connections_in_use",
    "queue_depth",
)
_START_MS = 1_795_392_000_000


def recorded(path: Path, clusters: Mapping[str, int] = TWO_CLUSTERS) -> Incident:
    """Write so many series of autocorrelated noise of each cluster; the first service of each steps.

    Of the cluster QUIET none does.
    """
    step_ms = AnalysisSettings().step_ms
    times = _START_MS + step_ms * np.arange(WINDOW_ROWS, dtype=np.int64)
    each = [(cluster, number) for cluster, series in clusters.items() for number in range(series)]
    labels = [_labels(cluster, number) for cluster, number in each]
    moves = [number < MOVED and cluster != QUIET for cluster, number in each]
    values = _noise(len(labels))
    values[np.array(moves), BASELINE_ROWS:] += 8.0
    incident = Incident(
        name="small",
        step_ms=step_ms,
        start_ms=int(times[0]),
        end_ms=int(times[-1]),
        at_ms=int(times[BASELINE_ROWS]),
    )
    write_bundle(path, incident, ragged(labels, ["gauge"] * len(labels), [times] * len(labels), list(values)))
    return incident


def request_for(incident: Incident, cluster: str, request_id: str, now_ms: int) -> AnalysisRequest:
    """An analysis of one of the clusters, whole."""
    return request_for_selector(
        tenant=TENANT,
        selector=f'{{cluster="{cluster}"}}',
        at_ms=incident.at_ms,
        end_ms=incident.end_ms,
        title=request_id,
        settings=AnalysisSettings(step_ms=incident.step_ms),
        now_ms=now_ms,
        request_id=request_id,
    )


def _labels(cluster: str, number: int) -> dict[str, str]:
    """Twenty series of each service: five metrics of four replicas."""
    service = f"service-{number // MOVED}"
    return {
        "__name__": _METRICS[number % len(_METRICS)],
        "cluster": cluster,
        "service": service,
        "instance": f"{service}-{number % MOVED // len(_METRICS)}:8080",
    }


def _noise(series: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    rng = np.random.default_rng(7)
    values = rng.normal(size=(series, WINDOW_ROWS))
    for row in range(1, WINDOW_ROWS):
        values[:, row] = 0.5 * values[:, row - 1] + 0.87 * values[:, row]
    return values + 20.0
