"""From costs and assumptions to workers, partitions, queriers and money: the fewest workers that keep up."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.scaling.assumptions import Assumptions
from benchmarks.scaling.events import Events
from benchmarks.scaling.workers import Analysis, Cluster, Costs, Layout, dealt
from patternwatch.contracts.settings import AnalysisSettings

PARTITIONS_PER_WORKER = 4
"""A worker has whole partitions: where one worker is gone or one more comes, some have one more than others,
which is a quarter more of four, and twice as much of one."""
WORKER_CORES = 1.0
"""Cores of a worker: two threads of one interpreter seldom use more."""
HORIZON_S = 300.0
STORM_AT_S = 120.0
_STORM = "storm"


@dataclass(frozen=True)
class Load:
    """What is asked for: so many clusters, watched or not."""

    clusters: int
    is_watched: bool


@dataclass(frozen=True)
class Outcome:
    """What so many workers make of a load.

    p95_s    from an alert of the storm to its first report
    watch_s  the longest look at a watched cluster
    busy     part of the workers' cores that was busy until the last report
    """

    workers: int
    partitions: int
    p95_s: float
    watch_s: float
    busy: float


def analyses(load: Load, known: Assumptions, seed: int = 1) -> list[Analysis]:
    """Five minutes of the busy hour with a storm in it."""
    return [*_incidents(load, known, seed), *_storm(load, known, seed), *_watches(load, known)]


def outcome(
    load: Load, costs: Costs, known: Assumptions, workers: int, partitions: int | None = None
) -> Outcome:
    """Simulate these workers, each on a core of its own."""
    partitions = partitions or PARTITIONS_PER_WORKER * workers
    cluster = Cluster(
        Events(), costs, Layout(workers, partitions, dealt(workers), WORKER_CORES, shared=False)
    )
    cluster.run(analyses(load, known))
    storm = [s for name, s in cluster.took_s.items() if name.startswith(_STORM)]
    watches = [s for name, s in cluster.took_s.items() if name.startswith("watch")]
    busy_s = sum(host.busy_s for host in cluster.hosts)
    return Outcome(
        workers,
        partitions,
        float(np.percentile(storm, 95)),
        max(watches, default=0.0),
        busy_s / (cluster.events.now * workers),
    )


def smallest(load: Load, costs: Costs, known: Assumptions) -> Outcome:
    """The fewest workers with which the storm's reports are in time and no look at a watch is overtaken.

    Raises SystemExit where one analysis alone takes longer than that.
    """

    def keeps_up(found: Outcome) -> bool:
        return found.p95_s <= known.target_s and found.watch_s <= known.watch_s

    few, many = 0, outcome(load, costs, known, 1)
    while not keeps_up(many):
        if many.workers > 16 * load.clusters:
            raise SystemExit(f"no number of workers reports within {known.target_s:g} s")
        few, many = many.workers, outcome(load, costs, known, 2 * many.workers)
    while many.workers - few > max(1, few // 10):
        middle = outcome(load, costs, known, (few + many.workers) // 2)
        few, many = (few, middle) if keeps_up(middle) else (middle.workers, many)
    return many


def row(load: Load, costs: Costs, known: Assumptions, source_s: float) -> dict[str, Any]:
    """The line of the table for this load.

    source_s  CPU seconds of the source for a series
    """
    found = smallest(load, costs, known)
    per_s = _series_per_s(load, known)
    queriers = math.ceil(per_s * source_s * known.cortex_over_prometheus / known.source_busy)
    return {
        "clusters": load.clusters,
        "watched": f"every {known.watch_s:g} s" if load.is_watched else "no",
        "workers": found.workers,
        "partitions": found.partitions,
        "p95_s": found.p95_s,
        "busy": found.busy,
        "series_per_s": round(per_s),
        "queriers": queriers,
        "cost_month": (found.workers * WORKER_CORES + queriers) * known.core_month,
    }


def _series_per_s(load: Load, known: Assumptions) -> float:
    """Series that are read in a second of the storm, where its reports are in time."""
    storm = math.ceil(load.clusters * known.storm_share) / (known.storm_s + known.target_s)
    steady = load.clusters * known.incidents_per_hour * known.looks / 3600
    watched = load.clusters / known.watch_s if load.is_watched else 0.0
    return known.series * (storm + steady + watched)


def _incidents(load: Load, known: Assumptions, seed: int) -> Iterator[Analysis]:
    rng = random.Random(seed)
    expected = load.clusters * known.incidents_per_hour * known.looks * HORIZON_S / 3600
    for number in range(round(expected)):
        cluster = rng.randrange(load.clusters)
        yield _analysis(f"look-{number}", "alert", cluster, rng.uniform(0, HORIZON_S), known)


def _storm(load: Load, known: Assumptions, seed: int) -> Iterator[Analysis]:
    rng = random.Random(seed + 1)
    for cluster in rng.sample(range(load.clusters), math.ceil(load.clusters * known.storm_share)):
        at_s = STORM_AT_S + rng.uniform(0, known.storm_s)
        yield _analysis(f"{_STORM}-{cluster}", "alert", cluster, at_s, known)


def _watches(load: Load, known: Assumptions) -> Iterator[Analysis]:
    """Every watch ticks at multiples of its interval: all of them at the same moment."""
    if load.is_watched:
        for tick in range(math.ceil(HORIZON_S / known.watch_s)):
            for cluster in range(load.clusters):
                yield _analysis(f"watch-{cluster}-{tick}", "watch", cluster, tick * known.watch_s, known)


def _analysis(name: str, trigger: Any, cluster: int, at_s: float, known: Assumptions) -> Analysis:
    shards = math.ceil(known.series / AnalysisSettings().shard_series)
    return Analysis(
        name, f"tenant-{cluster // known.clusters_of_tenant}", trigger, at_s, known.series, shards
    )
