"""How long one series takes, beside scipy's loop and the floor of sorting: 240 + 60 rows, one thread.

    python -m benchmarks.kernels [--series 10000] [--rounds 7] [--json]

Every way runs in turn, round after round; a figure is made of the medians of one run, in CPU time.

ks_us                 the two-sample Kolmogorov-Smirnov test, microseconds a series
ks_speedup_over_scipy scipy.stats.ks_2samp (asymptotic) called per series, over it
ks_over_sort_floor    it, over sorting both parts by numpy
filter_us             the change ratio, which decides what is abnormal
analysis_us           scan and conclude, in shards as the product plans them; without the shape model, which
                      `benchmarks.classify` measures, and without fetching, which `benchmarks.fetch` does
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

from benchmarks.generated_series import generated, request_of, shards_of
from benchmarks.output import Result, progress, run
from patternwatch.analysis.conclude import conclude
from patternwatch.analysis.metrics.categories import CategoryTable
from patternwatch.analysis.onset.earliest_row import earliest_row
from patternwatch.analysis.onset.votes import votes_of
from patternwatch.analysis.scan import scan
from patternwatch.analysis.scoring.deviations import baseline_scale
from patternwatch.classifier.shape_classifier import PlainClassifier
from patternwatch.contracts.patterns import PATTERNS
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import BASELINE_ROWS, WINDOW_ROWS, SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shards import Shard
from patternwatch.detectors import CHANGE, KS
from patternwatch.detectors.edges import edges_of
from patternwatch.detectors.quantiles import sorted_rows

SETTINGS = AnalysisSettings()
FEW, MANY = 1_000, 100_000
SCIPY_SERIES = 200
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
    batch, few, many = generated(n), generated(FEW), generated(MANY)
    gc.freeze()  # or every analysis pays for walking over the labels of all three batches
    ways: dict[str, tuple[int, Way]] = _kernels(batch) | _stages(batch)
    ways |= {"analysis": _analysis(batch), "analysis, few": _analysis(few), "analysis, many": _analysis(many)}
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


def _analysis(batch: SeriesBatch) -> tuple[int, Way]:
    request, shards = request_of(batch), shards_of(batch, SETTINGS)
    return len(batch), lambda: analysis(request, shards)


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
    """What an analysis is made of; the parts of a scan share the sorted baseline, which is made once."""
    values, n = batch.values, len(batch)
    earliest = earliest_row(WINDOW_ROWS, BASELINE_ROWS)
    request, shards = request_of(batch), shards_of(batch, SETTINGS)
    results = [scan(shard, part, SETTINGS) for shard, part in shards]
    return {
        "scan: presence": (n, lambda: edges_of(values)),
        "scan: metric categories": (n, lambda: _categories(batch)),
        "scan: filter over all splits": (
            n,
            lambda: CHANGE.over_splits(values, BASELINE_ROWS, earliest),
        ),
        "scan: votes": (n, lambda: votes_of(values, BASELINE_ROWS)),
        "scan: scales": (n, lambda: baseline_scale(sorted_rows(values[:, :BASELINE_ROWS]))),
        "scan": (n, lambda: [scan(shard, part, SETTINGS) for shard, part in shards]),
        "conclude": (n, lambda: conclude(request, results, PlainClassifier(_no_shapes), SETTINGS)),
    }


def _categories(batch: SeriesBatch) -> list[str]:
    table = CategoryTable()
    return [table.category_of(*named) for named in zip(batch.labels, batch.derivation, strict=True)]


def analysis(request: AnalysisRequest, shards: list[tuple[Shard, SeriesBatch]]) -> None:
    """Scan every shard and conclude."""
    results = [scan(shard, part, SETTINGS) for shard, part in shards]
    conclude(request, results, PlainClassifier(_no_shapes), SETTINGS)


def _no_shapes(values: npt.NDArray[np.float64], _split: int) -> npt.NDArray[np.float32]:
    return np.full((len(values), len(PATTERNS)), 1 / len(PATTERNS), dtype=np.float32)


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


if __name__ == "__main__":
    main()
