"""What reaches its limit is told with it, and is the cause of what fails for want of it."""

import numpy as np
import pytest

from patternwatch.contracts.codec import encode
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import Vector
from tests.analysis.incidents import ROWS, SPLIT
from tests.analysis.lifecycle.worlds import ROW, World, pod

SINCE = np.maximum(np.arange(ROWS) - (ROW - 15), 0)
EATEN = np.minimum(90.0 + 8.0 * SINCE, 197.0)
"""Connections of which a new release takes more and more, until there are none left."""


def database(
    used: Vector, limit: Vector | float | None = 200.0, hurt: float = 45.0, shards: int = 1
) -> Report:
    """A database of which so many connections are open, and three services that fail, all from one row on."""
    world, noise = World(), np.random.default_rng(4)
    world.services(3)
    for name in ("orders", "users", "billing"):
        world.service(name, hurt={"http_requests_errors_total": hurt})
    own = {"job": "postgres-exporter", "instance": "pg-main:9187"}
    swing = 1.0 + 0.02 * noise.normal(size=ROWS)
    world.add("pg_stat_database_numbackends", np.minimum(used * swing, 199.0), datname="shop", **own)
    world.add("pg_up", 1.0, **own)
    if limit is not None:
        world.add("pg_settings_max_connections", limit, **own)
    return world.report(shards)


def test_a_database_without_connections_left_goes_before_those_it_turns_away() -> None:
    report = database(EATEN)
    assert report.entities[0].entity == "pg-main"
    assert {e.entity for e in report.entities if e.passed_on == {"error": "pg-main"}} == {
        *("orders", "users", "billing")
    }
    assert "from 90" in report.verdict
    assert "of 200" in report.verdict
    assert report.findings[0].limit == 200.0
    assert database(EATEN, limit=None).entities[0].entity != "pg-main"
    assert database(EATEN, limit=2000.0).entities[0].entity != "pg-main"


@pytest.mark.parametrize("rows", [25, 40])
def test_it_does_not_hide_itself_by_having_filled_for_long(rows: int) -> None:
    filled = np.minimum(90.0 + 108.0 / rows * np.maximum(np.arange(ROWS) - (ROW - rows), 0), 197.0)
    assert database(filled).entities[0].entity == "pg-main"


def test_limit_and_use_may_lie_in_different_shards() -> None:
    assert encode(database(EATEN, shards=6)) == encode(database(EATEN))


def test_what_lies_near_its_limit_all_the_time_is_as_it_is_meant_to_be() -> None:
    report = database(np.full(ROWS, 185.0) + 5.0 * (np.arange(ROWS) >= ROW), hurt=1.0)
    assert not report.entities or report.entities[0].score < 4.0
    assert all(finding.limit is None for finding in report.findings)


@pytest.mark.parametrize("is_told", [True, False])
def test_a_pool_that_is_used_up_is_felt(is_told: bool) -> None:
    world, noise = World(), np.random.default_rng(7)
    world.services(4)
    own = pod("cart", 0)
    busy = np.where(np.arange(ROWS) >= ROW, 29.6, 11.0 + noise.normal(size=ROWS))
    world.replica(own)
    world.add("hikaricp_connections_active", busy, pool="main", **own)
    if is_told:
        world.add("hikaricp_connections_max", 30.0, pool="main", **own)
    report = world.report()
    assert report.entities[0].entity == "cart"
    assert ("Nothing is seen to fail" in report.verdict) is not is_told


def test_a_pool_that_filled_for_long_is_not_measured_by_that() -> None:
    def report(limit: float) -> Report:
        world, noise = World(), np.random.default_rng(8)
        world.services(4)
        for n in range(4):
            own = {"job": "tomcat", "instance": f"tomcat-{n}.example:9404"}
            stuck = np.clip(22.0 + 3.8 * (np.arange(ROWS) - (ROW - 50)), 22.0, 205.0) if n == 2 else 22.0
            busy = stuck * (1.0 + 0.04 * noise.normal(size=ROWS))
            world.add("Catalina_ThreadPool_currentThreadsBusy", np.minimum(busy, 200.0), **own)
            world.add("Catalina_ThreadPool_maxThreads", limit, **own)
        return world.report()

    full = report(200.0)
    assert full.entities[0].entity == "tomcat/tomcat-2.example"
    assert full.entities[0].score >= 4.0
    assert "of 200" in full.verdict
    assert not report(900.0).entities


@pytest.mark.parametrize(("after", "is_full"), [(60.0, True), (150.0, False)])
def test_a_limit_that_is_lowered_to_what_is_used_is_the_cause(after: float, is_full: bool) -> None:
    since = np.arange(ROWS) >= ROW
    used = np.minimum(100.0, np.where(since, after, 200.0))
    limit = np.where(since, after, 200.0)
    report = database(np.where(since & is_full, used - 0.6, used), limit)
    assert (report.entities[0].entity == "pg-main") is is_full
    assert [finding.limit for finding in report.findings if finding.limit] == [after] * is_full
    assert encode(database(used, limit, shards=6)) == encode(database(used, limit))


def test_a_limit_that_is_raised_is_no_trouble() -> None:
    def limit(before: float, after: float) -> Report:
        world = World()
        world.services(4)
        world.add(
            "pg_settings_max_connections",
            np.where(np.arange(ROWS) >= SPLIT + 1, after, before),
            job="postgres-exporter",
            instance="pg-main:9187",
        )
        return world.report()

    assert not limit(100.0, 300.0).entities
    assert limit(300.0, 100.0).entities[0].entity == "pg-main"
