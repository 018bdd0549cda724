"""How many workers, partitions and queriers so many clusters need, by a simulation that a run checks.

    python -m benchmarks.scaling [--burst 24] [--series 10000] [--json]

Measured in this run: the parts of an analysis in this process, over a recording and over a real Prometheus;
what the streams add, on one worker process over a real Kafka, one analysis after the other. From these the
simulation tells how long a burst takes on one and on two workers of this machine, and the burst is measured
too. Then it tells how many workers keep up with 10, 100 and 1,000 clusters, under the assumptions that are
printed; what they take of the source is the CPU of the Prometheus of this run.

worst_ratio   of simulated over measured, the one furthest from 1 (makespans and medians of both bursts)
makespan_1, makespan_2  simulated over measured seconds until the last report, on one and on two workers
p50_1, p50_2  the same of the median from asking to the report
cpu_us_series  CPU of a worker for one series, all in all, over Prometheus
source_us_series  CPU of Prometheus for one series
streams_ms    CPU that the streams add to an analysis, and
shard_ms      to each of its shards

The rows of a burst say how many cores the workers had: what they used and what stood idle meanwhile, as Linux
counted it. That, and who owned which partition, is all that the simulation is told of this burst.
"""

import argparse
import asyncio
import math
import time
from dataclasses import asdict, replace
from typing import Any

from benchmarks.filled_prometheus import Filled, filled
from benchmarks.output import Result, progress, run
from benchmarks.posted_alerts import STEP_MS, TENANT
from benchmarks.scaling.assumptions import Assumptions
from benchmarks.scaling.check import WITHIN, Compared, compared
from benchmarks.scaling.costs import part_costs, wait_of
from benchmarks.scaling.measured import Measured, measured
from benchmarks.scaling.processor_time import process_seconds
from benchmarks.scaling.sizing import Load, outcome, row
from benchmarks.scaling.workers import Costs
from patternwatch.analysis.planning.requests import request_for_selector
from patternwatch.cli.stack_folder import stack_folder
from patternwatch.contracts.series import BASELINE_ROWS, WINDOW_ROWS
from patternwatch.contracts.settings import AnalysisSettings, SourceSettings
from patternwatch.cortex.prometheus import PrometheusSource

CLUSTERS = (10, 100, 1000)
PER_WORKER = (1, 2, 4, 8)
"""Partitions of a topic for each worker that are compared."""


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--burst", type=int, default=24, help="analyses at a time")
    parser.add_argument("--series", type=int, default=10_000, help="of the Prometheus that is measured")
    run(_benchmark, parser)


def _benchmark(arguments: argparse.Namespace) -> Result:
    with filled(arguments.series, WINDOW_ROWS, STEP_MS, changed_from=BASELINE_ROWS) as server:
        of_source, source_s = asyncio.run(_over_prometheus(server))
    with stack_folder(None) as place:
        found = measured(place, arguments.burst)
    checked = [one for burst in found.bursts for one in compared(found.costs, burst)]
    costs, known = _with_streams(of_source, found.costs), Assumptions()
    sizes = []
    for load in (Load(clusters, watched) for clusters in CLUSTERS for watched in (False, True)):
        sizes.append(row(load, costs, known, source_s))
        progress(f"{sizes[-1]}")
    return {
        "figures": _figures(checked, costs, found, known, source_s),
        "results": sizes,
        "more": [
            _checked(checked, found),
            _partitions(sizes[-1]["workers"], costs, known),
            [{"cost": name, "seconds": seconds} for name, seconds in asdict(costs).items()],
            known.rows(),
        ],
        "settings": {name: getattr(arguments, name) for name in ("burst", "series")},
    }


async def _over_prometheus(server: Filled) -> tuple[Costs, float]:
    """The costs of the parts over this server, and its own CPU seconds for a series."""
    settings, source = AnalysisSettings(), PrometheusSource(SourceSettings(url=server.url))
    at_ms = server.start_ms + BASELINE_ROWS * STEP_MS
    now_ms = int(time.time() * 1000)
    request = request_for_selector(
        TENANT, '{cluster="bench"}', at_ms, server.end_ms, "", settings, now_ms, "r"
    )
    try:
        costs = await part_costs(source, request, server.series, settings)
        wait_s = await wait_of(source, request, settings)
        before = process_seconds(server.pid)
        rounds = 5
        for _ in range(rounds):
            await source.fetch(TENANT, request.matchers, request.window)
        source_s = (process_seconds(server.pid) - before) / rounds
    finally:
        await source.close()
    progress(f"over Prometheus: {costs}, it took {source_s:.2f} s of CPU")
    return replace(costs, wait=wait_s / server.series), source_s / server.series


def _with_streams(parts: Costs, measured: Costs) -> Costs:
    """The parts over Prometheus, and what the streams add to any analysis."""
    return replace(
        parts,
        request=parts.request + measured.request,
        shard=measured.shard,
        hop=measured.hop,
        two_threads=measured.two_threads,
    )


def _figures(
    checked: list[Compared], costs: Costs, found: Measured, known: Assumptions, source_s: float
) -> dict[str, float]:
    shards = known.series // AnalysisSettings().shard_series
    return {
        "worst_ratio": max((one.ratio for one in checked), key=lambda ratio: max(ratio, 1 / ratio)),
        **{f"{one.figure}_{one.workers}": one.ratio for one in checked},
        "within": WITHIN,
        "cpu_us_series": 1e6 * costs.cpu_s(known.series, shards) / known.series,
        "source_us_series": 1e6 * source_s,
        "streams_ms": 1000 * found.costs.request,
        "shard_ms": 1000 * found.costs.shard,
    }


def _checked(checked: list[Compared], found: Measured) -> list[dict[str, Any]]:
    cores = {burst.workers: burst.cores for burst in found.bursts}
    return [one.row() | {"cores": cores[one.workers]} for one in checked]


def _partitions(workers: int, costs: Costs, known: Assumptions) -> list[dict[str, Any]]:
    """These workers, and one less, over fewer and more partitions, of the largest installation, watched."""
    load, rows = Load(CLUSTERS[-1], is_watched=True), list[dict[str, Any]]()
    for partitions in (workers * each for each in PER_WORKER):
        for left in (workers, workers - 1):
            found = outcome(load, costs, known, left, partitions)
            fullest = math.ceil(partitions / left) / partitions * left
            rows.append(
                {
                    "workers": left,
                    "partitions": partitions,
                    "fullest_over_mean": fullest,
                    "p95_s": found.p95_s,
                    "watch_s": found.watch_s,
                }
            )
    return rows


if __name__ == "__main__":
    main()
