"""How long one series takes, beside scipy's loop and the floor of sorting: 240 + 60 rows, one thread.

    python -m benchmarks.kernels [--series 10000] [--rounds 7] [--json]

Every way runs in turn, round after round; a figure is made of the medians of one run, in CPU time.

ks_us                 the two-sample Kolmogorov-Smirnov test, microseconds a series
ks_speedup_over_scipy scipy.stats.ks_2samp (asymptotic) called per series, over it
ks_over_sort_floor    it, over sorting both parts by numpy
filter_us             the change ratio, which decides what is abnormal
analysis_us           the whole analysis (scan and conclude) without the shape model
growth_over_linear    the analysis of 100,000 series over 100 times that of 1,000
"""

import argparse
import gc
import statistics
import time
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.stats import ks_2samp

from benchmarks.output import Result, progress, run
from patternwatch.analysis.conclude import conclude
from patternwatch.analysis.metric_categories import CategoryTable
from patternwatch.analysis.onset import earliest_row, votes_of
from patternwatch.analysis.planning import plan_shards
from patternwatch.analysis.scan import scan
from patternwatch.analysis.scoring import baseline_scale
from patternwatch.classifier.shape_classifier import PlainClassifier
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.messages import AnalysisRequest
from patternwatch.contracts.patterns import PATTERNS
from patternwatch.contracts.series import BASELINE_ROWS, WINDOW_ROWS, SeriesBatch, Window
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.detectors import CHANGE, KS
from patternwatch.detectors.edges import edges_of

SETTINGS = AnalysisSettings()
STEP_MS = 30_000
FEW, MANY = 1_000, 100_000
SCIPY_SERIES = 200
EVERYTHING = '{__name__=~".+"}'
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

Way: TypeAlias = Callable[[], object]


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=7)
    run(_benchmark, parser)


def _benchmark(arguments: argparse.Namespace) -> Result:
    n = arguments.series
    batch, few, many = made_up(n), made_up(FEW), made_up(MANY)
    gc.freeze()  # or every analysis pays for walking over the labels of all three batches
    ways: dict[str, tuple[int, Way]] = _kernels(batch) | _stages(batch)
    ways |= {"analysis": (n, lambda: analysis(batch))}
    ways |= {"analysis, few": (FEW, lambda: analysis(few)), "analysis, many": (MANY, lambda: analysis(many))}
    us = _measured(ways, arguments.rounds)
    return {
        "figures": {
            "ks_us": us["two-sample KS"],
            "ks_speedup_over_scipy": us["scipy loop"] / us["two-sample KS"],
            "ks_over_sort_floor": us["two-sample KS"] / us["sort floor"],
            "filter_us": us["filter"],
            "analysis_us": us["analysis"],
            "growth_over_linear": us["analysis, many"] / us["analysis, few"],
        },
        "results": [{"way": name, "series": ways[name][0], "us_a_series": us[name]} for name in ways],
        "settings": {
            "series": n,
            "baseline_rows": BASELINE_ROWS,
            "current_rows": WINDOW_ROWS - BASELINE_ROWS,
            "rounds": arguments.rounds,
            "threads": 1,
        },
    }


def _kernels(batch: SeriesBatch) -> dict[str, tuple[int, Way]]:
    values, n = batch.values, len(batch)
    return {
        "sort floor": (n, lambda: (_sorted(values[:, :BASELINE_ROWS]), _sorted(values[:, BASELINE_ROWS:]))),
        "two-sample KS": (n, lambda: KS(values, BASELINE_ROWS)),
        "scipy loop": (SCIPY_SERIES, lambda: _scipy_loop(values[:SCIPY_SERIES])),
        "filter": (n, lambda: CHANGE(values, BASELINE_ROWS)),
    }


def _sorted(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.sort(values, axis=1)


def _scipy_loop(values: npt.NDArray[np.float64]) -> None:
    for row in values:
        present = ~np.isnan(row)
        before, after = row[:BASELINE_ROWS], row[BASELINE_ROWS:]
        ks_2samp(before[present[:BASELINE_ROWS]], after[present[BASELINE_ROWS:]], method="asymp")


def _stages(batch: SeriesBatch) -> dict[str, tuple[int, Way]]:
    """What an analysis is made of; the parts of a scan overlap by nothing but their sorting."""
    values, n = batch.values, len(batch)
    earliest = earliest_row(WINDOW_ROWS, BASELINE_ROWS)
    request = _request(batch)
    (shard,) = plan_shards(request, {"all": n}, _one_shard())
    result = scan(shard, batch, SETTINGS)
    return {
        "scan: presence": (n, lambda: edges_of(values)),
        "scan: kinds": (n, lambda: _categories(batch)),
        "scan: filter over all splits": (
            n,
            lambda: CHANGE.over_splits(values, BASELINE_ROWS, earliest),
        ),
        "scan: votes": (n, lambda: votes_of(values, BASELINE_ROWS)),
        "scan: scales": (n, lambda: baseline_scale(values, BASELINE_ROWS)),
        "scan": (n, lambda: scan(shard, batch, SETTINGS)),
        "conclude": (n, lambda: conclude(request, [result], PlainClassifier(_no_shapes), SETTINGS)),
    }


def _categories(batch: SeriesBatch) -> list[str]:
    table = CategoryTable()
    return [table.category_of(*named) for named in zip(batch.labels, batch.derivation, strict=True)]


def analysis(batch: SeriesBatch) -> None:
    """Scan and conclude in one shard."""
    request = _request(batch)
    (shard,) = plan_shards(request, {"all": len(batch)}, _one_shard())
    conclude(request, [scan(shard, batch, SETTINGS)], PlainClassifier(_no_shapes), SETTINGS)


def _one_shard() -> AnalysisSettings:
    return SETTINGS.model_copy(update={"shard_series": MANY, "max_series": MANY})


def _no_shapes(values: npt.NDArray[np.float64], _split: int) -> npt.NDArray[np.float32]:
    return np.full((len(values), len(PATTERNS)), 1 / len(PATTERNS), dtype=np.float32)


def _request(batch: SeriesBatch) -> AnalysisRequest:
    times = batch.times.tolist()
    return AnalysisRequest(
        request_id="benchmark",
        tenant="benchmark",
        trigger="manual",
        title="kernels",
        matchers=parse_selector(EVERYTHING),
        window=Window(start_ms=times[0], split_ms=times[BASELINE_ROWS], end_ms=times[-1], step_ms=STEP_MS),
        requested_at_ms=times[-1],
    )


def _measured(ways: dict[str, tuple[int, Way]], rounds: int) -> dict[str, float]:
    """CPU microseconds a series of each way: medians over rounds, after one that warms up."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, (series, way) in ways.items():
            started = time.process_time()
            way()
            if number:
                spent[name].append(1e6 * (time.process_time() - started) / series)
        progress(f"round {number} of {rounds}")
    return {name: statistics.median(own) for name, own in spent.items()}


def made_up(n: int) -> SeriesBatch:
    """Autocorrelated noise under labels as Kubernetes has them: a tenth whole numbers, a tenth with gaps.

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
    times = 1_760_000_000_000 + STEP_MS * np.arange(WINDOW_ROWS, dtype=np.int64)
    return SeriesBatch(labels, times, values, [""] * n)


if __name__ == "__main__":
    main()
