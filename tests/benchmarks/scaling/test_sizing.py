"""From a load to workers, queriers and money: what more of each cause brings."""

from dataclasses import replace

import pytest

from benchmarks.scaling.assumptions import Assumptions
from benchmarks.scaling.sizing import Load, analyses, outcome, row, smallest
from benchmarks.scaling.workers import Costs

COSTS = Costs(
    request=0.02, shard=0.01, fetch=5e-5, scan=6e-5, conclude=0.3, wait=3e-5, hop=0.01, two_threads=1.5
)
KNOWN = Assumptions()


def test_a_load_is_what_the_assumptions_say() -> None:
    made = analyses(Load(240, is_watched=True), KNOWN)
    kinds = {kind: sum(a.name.startswith(kind) for a in made) for kind in ("look", "storm", "watch")}
    # 240 clusters x 1 an hour x 5 looks in five minutes; a tenth of them; one tick each.
    assert kinds == {"look": 100, "storm": 24, "watch": 240}
    assert len({a.name for a in made}) == len(made)
    assert {a.shards for a in made} == {10}
    assert len({a.tenant for a in made}) == 24


def test_the_fewest_workers_are_enough_and_fewer_are_not() -> None:
    load = Load(500, is_watched=True)
    found = smallest(load, COSTS, KNOWN)
    assert found.workers > 2
    assert found.p95_s <= KNOWN.target_s
    fewer = outcome(load, COSTS, KNOWN, found.workers - 1)
    assert fewer.p95_s > KNOWN.target_s or fewer.watch_s > KNOWN.watch_s


def test_a_worker_has_whole_partitions() -> None:
    load = Load(1000, is_watched=True)
    even, uneven, finer = (outcome(load, COSTS, KNOWN, 6, partitions) for partitions in (6, 7, 42))
    # Of seven partitions one worker has two: near twice the mean, and its last report is as late.
    assert uneven.busy < 0.8 * even.busy
    assert even.watch_s == pytest.approx(finer.watch_s, rel=0.15)
    assert uneven.watch_s > 1.3 * even.watch_s


def test_ten_times_the_clusters_need_more_of_everything() -> None:
    few, many = (row(Load(clusters, is_watched=False), COSTS, KNOWN, 2e-5) for clusters in (200, 2000))
    for name in ("workers", "partitions", "queriers", "cost_month"):
        assert many[name] > few[name]


def test_what_a_source_takes_counts_its_queriers() -> None:
    one = row(Load(100, is_watched=False), COSTS, KNOWN, 1e-4)
    dearer = row(Load(100, is_watched=False), COSTS, replace(KNOWN, source_busy=0.3), 1e-4)
    # 10 clusters of a storm within 70 s and 500 looks an hour, of 10,000 series each.
    assert one["series_per_s"] == round(10_000 * (10 / 70 + 500 / 3600))
    assert (one["queriers"], dearer["queriers"]) == (2, 4)


def test_a_target_that_no_worker_meets_is_said() -> None:
    with pytest.raises(SystemExit, match="no number of workers reports within 0.01 s"):
        smallest(Load(10, is_watched=False), COSTS, replace(KNOWN, target_s=0.01))
