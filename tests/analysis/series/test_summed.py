"""The connections of all databases of a server are one series more."""

import numpy as np
import pytest

from patternwatch.analysis.series.summed import with_sums
from patternwatch.contracts.codec import encode
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import SeriesBatch
from tests.analysis.incidents import ROWS, batch
from tests.analysis.lifecycle.worlds import ROW, World

GAP = np.nan
PG = {"__name__": "pg_stat_activity_count", "job": "pg", "instance": "pg-1:9187"}


def summed(*values: list[float], **labels: list[str]) -> SeriesBatch:
    told = [{**PG, **{name: own[i] for name, own in labels.items()}} for i in range(len(values))]
    return with_sums(batch(told, np.array(values)))


def test_parts_of_one_server_are_summed_and_those_of_another_apart() -> None:
    found = summed(
        [1.0, 2.0],
        [10.0, 20.0],
        [5.0, 5.0],
        datname=["a", "b", "a"],
        instance=["x", "x", "y"],
        state=["idle"] * 3,
    )
    assert found.labels[3:] == [{**PG, "instance": "x"}]
    assert found.values[3:].tolist() == [[11.0, 22.0]]
    assert found.derivation == ["", "", "", "sum"]


def test_other_metrics_and_rates_are_not_summed() -> None:
    labels = [{**PG, "__name__": "pg_locks_count", "datname": name} for name in "ab"]
    series = batch(labels, np.ones((2, 3)))
    assert with_sums(series) is series
    rates = batch([{**PG, "datname": name} for name in "ab"], np.ones((2, 3)), ["rate", "rate"])
    assert with_sums(rates) is rates


def test_a_part_that_misses_a_point_leaves_no_sum_and_one_that_ended_is_none() -> None:
    found = summed(
        [1.0, 1.0, 1.0, 1.0, GAP],
        [GAP, 2.0, GAP, 2.0, GAP],
        [4.0, 4.0, 4.0, GAP, GAP],
        datname=["a", "b", "c"],
    )
    np.testing.assert_equal(found.values[3], [5.0, 7.0, GAP, 3.0, GAP])


def test_the_earlier_window_is_summed_alike() -> None:
    labels = [{**PG, "datname": name} for name in "ab"]
    series = batch(labels, np.ones((2, 3)))
    earlier = SeriesBatch(
        labels, series.times, series.values, series.derivation, seasonal_reference=np.full((2, 3), 4.0)
    )
    reference = with_sums(earlier).seasonal_reference
    assert reference is not None
    assert reference[2].tolist() == [8.0, 8.0, 8.0]


def server(limit: float, shards: int = 1) -> Report:
    """A server of six databases of which each takes a sixth of what is left, and three services fail."""
    world, noise = World(), np.random.default_rng(4)
    world.services(3)
    for name in ("orders", "users", "billing"):
        world.service(name, hurt={"http_requests_errors_total": 45.0})
    own = {"job": "postgres-exporter", "instance": "pg-main:9187"}
    each = np.where(np.arange(ROWS) >= ROW, 32.9, 15.0)
    for n in range(6):
        used = each * (1.0 + 0.02 * noise.normal(size=ROWS))
        world.add("pg_stat_database_numbackends", used, datname=f"db-{n}", **own)
    world.add("pg_settings_max_connections", limit, **own)
    return world.report(shards)


@pytest.mark.parametrize("shards", [1, 5])
def test_together_they_use_up_what_none_of_them_does(shards: int) -> None:
    report = server(200.0, shards)
    assert report.entities[0].entity == "pg-main"
    assert "sum of pg stat database numbackends" in report.verdict
    assert "of 200" in report.verdict
    assert encode(report) == encode(server(200.0))
    assert report.findings[0].expression == (
        'sum(pg_stat_database_numbackends{cluster="shop",instance="pg-main:9187",job="postgres-exporter"})'
    )
    assert server(900.0, shards).entities[0].entity != "pg-main"
