"""Who became slow with the one database that waits has it from there."""

import numpy as np
import pytest

from patternwatch.analysis.entities.entities import Entity
from patternwatch.analysis.entities.waiting_stores import tells_waiting, waiting_stores
from patternwatch.contracts.report import Report
from tests.analysis.incidents import ROWS, batch, report_of
from tests.analysis.lifecycle.worlds import ROW, World, pod

WEB = Entity("web", "service", cluster="north")
DB, OTHER = (Entity(name, "instance", cluster="north") for name in ("mysql-1", "mysql-2"))
ALL = {("web", "latency"): "mysql-1", ("web", "error"): "mysql-1"}


@pytest.mark.parametrize(
    ("metric", "tells"),
    [
        ("mysql_global_status_innodb_row_lock_waits", True),
        ("mysql_global_status_threads_running", True),
        ("mysql_global_status_slow_queries", True),
        ("pg_stat_activity_max_tx_duration", True),
        ("pg_locks_count", False),  # held, and nobody waits
        ("cnpg_backends_waiting_total", True),
        ("mongodb_ss_globalLock_currentQueue", True),
        ("mysql_global_status_threads_connected", False),  # a caller may open more of them
        ("pg_stat_database_xact_commit", False),
        ("jvm_threads_blocked", False),
        ("redis_blocked_clients", False),  # they wait for messages, as they mean to
    ],
)
def test_what_tells_of_waiting_in_a_database(metric: str, tells: bool) -> None:
    assert tells_waiting(metric) is tells


def found(
    store: Entity = DB,
    waits: float = 3.0,
    row: int = 250,
    other: float = 0.0,
    newborn: bool = False,
    told: tuple[str, ...] = (),
) -> dict[tuple[str, str], str]:
    """What the trouble of web, from row 252, is passed on to."""
    return waiting_stores(
        [WEB, WEB, WEB, store, OTHER],
        ["http_seconds", "http_errors", "cpu", "mysql_row_lock_waits", "mysql_slow_queries"],
        ["latency", "error", "cpu", "saturation", "error"],
        [4.0, 3.0, 4.0, waits, other],
        [252, 253, 252, row, 250],
        [newborn, False, False, False, False],
        told,
    )


def test_latency_and_what_times_out_are_passed_on_to_the_database_that_waits() -> None:
    assert found() == ALL
    assert found(row=256) == ALL  # each is scraped at its own time


@pytest.mark.parametrize(
    "changes",
    [
        {"waits": 1.4},
        {"row": 258},
        {"other": 3.0},
        {"newborn": True},
        {"told": ("web",)},
        {"store": Entity("mysql-1", "instance", cluster="south")},
    ],
    ids=["too little", "later", "two that wait", "a release", "known callees", "another cluster"],
)
def test_it_is_not_where_another_cause_is_as_likely(changes: dict[str, object]) -> None:
    assert found(**changes) == {}  # type: ignore[arg-type]


def locked(later: int) -> Report:
    """One of three databases holds locks, a service becomes slow and fails `later` rows after that."""
    world, noise = World(), np.random.default_rng(5)
    world.services(4)
    for n in range(3):
        own = {"job": "mysqld-exporter", "instance": f"mysql-{n}:9104"}
        for name, usual, times in (("innodb_row_lock_time", 4.0, 60.0), ("threads_running", 5.0, 5.0)):
            values = world.add(
                f"mysql_global_status_{name}", usual * (1.0 + 0.1 * noise.normal(size=ROWS)), **own
            )
            values[ROW:] *= times if n == 1 else 1.0
        world.add("mysql_up", 1.0, **own)
    first = len(world.values)
    for n in range(2):
        world.replica(pod("orders", n))
    for own, values in zip(world.labels[first:], world.values[first:], strict=True):
        hurt = {"http_request_duration_seconds": 9.0, "http_requests_errors_total": 40.0}
        values[ROW + later :] *= hurt.get(own["__name__"], 1.0)
    return world.report()


def test_a_database_that_waits_goes_before_those_who_wait_for_it() -> None:
    report = locked(later=2)
    assert [e.entity for e in report.entities][:2] == ["mysql-1", "orders"]
    assert report.entities[1].passed_on == {"error": "mysql-1", "latency": "mysql-1"}


def test_who_was_slow_before_the_database_is_not_slow_for_it() -> None:
    report = locked(later=-12)
    assert report.entities[0].entity == "orders"


def test_a_transaction_that_runs_and_runs_began_where_it_began() -> None:
    """Its age rises with the clock: half of what it comes to lies half of the current part later."""
    world, noise = World(), np.random.default_rng(6)
    world.services(4)
    own = {"job": "postgres-exporter", "instance": "pg-1:9187"}
    age = 0.5 + 10.0 * np.maximum(np.arange(ROWS) - ROW, 0)
    world.add("pg_stat_activity_max_tx_duration", age * (1.0 + 0.15 * noise.normal(size=ROWS)), **own)
    world.add("pg_up", 1.0, **own)
    slow = {"http_request_duration_seconds": 9.0, "http_requests_errors_total": 40.0}
    world.service("orders", hurt=slow)
    report = report_of(batch(world.labels, np.array(world.values)), split=ROW)
    assert report.entities[0].entity == "pg-1"
    assert next(e for e in report.entities if e.entity == "orders").passed_on.get("latency") == "pg-1"
