"""What was started anew in its place is told, and what it held begins anew with it."""

import numpy as np
import pytest

from patternwatch.analysis.lifecycle.restarts import restarts_of
from patternwatch.contracts.series import Window
from tests.analysis.incidents import ROWS, START_MS
from tests.analysis.lifecycle.worlds import ROW, World, kinds

WINDOW = Window(
    start_ms=1_760_000_000_000, split_ms=1_760_000_070_000, end_ms=1_760_000_090_000, step_ms=10_000
)
LONG_AGO = 1_759_000_000.0
HELD = ("process_resident_memory_bytes", "process_open_fds", "db_pool_connections")


def program(world: World, instance: str, restarted: int | None, errors: bool = False) -> None:
    """A program on a machine of its own, which may be restarted, and fail from then on."""
    labels = {"job": "orders", "instance": instance}
    rng, rows = world.rng, np.arange(ROWS)
    since = np.zeros(ROWS, dtype=bool) if restarted is None else rows >= restarted
    world.add(
        "process_start_time_seconds",
        np.where(since, START_MS / 1000 + 10.0 * (restarted or 0) - 3.0, LONG_AGO),
        **labels,
    )
    for name in HELD:
        level = np.where(since, 20.0, 100.0)
        world.add(name, level * (1.0 + 0.01 * rng.normal(size=ROWS)), **labels)
    failed = np.where(since, 4.0, 0.0) if errors else np.zeros(ROWS)
    world.add("http_requests_errors_total", failed + 0.001 * rng.random(ROWS), **labels)


def two(restarted: int | None, errors: bool = False) -> World:
    world = World()
    world.services(6)
    for n in (1, 2):
        program(world, f"app-{n}:80", restarted, errors)
    return world


def test_a_restart_that_hurts_nobody_is_told_and_accuses_nobody() -> None:
    report = two(ROW).report()
    assert kinds(report) == ["restarted"]
    (event,) = report.events
    assert (event.entity, event.replicas, event.of_replicas) == ("orders", 2, 2)
    assert event.text.startswith("orders was restarted in 2 of its 2 replicas (app-1:80, app-2:80) at ")
    assert event.at_ms == report.window.start_ms + ROW * 10_000 - 3_000
    assert not event.is_trouble
    assert report.findings == []


def test_a_release_on_machines_is_told_by_what_fails_since_its_restart() -> None:
    report = two(ROW, errors=True).report()
    assert report.entities[0].entity == "orders"
    assert {f.name for f in report.findings} == {"http_requests_errors_total"}
    assert "orders was restarted in 2 of its 2 replicas" in report.verdict


def test_what_is_higher_since_a_restart_than_before_is_no_mere_beginning() -> None:
    world = two(ROW)
    leak = np.where(np.arange(ROWS) >= ROW, 300.0, 100.0)
    world.add("go_goroutines", leak + world.rng.normal(size=ROWS), job="orders", instance="app-1:80")
    report = world.report()
    assert [f.name for f in report.findings] == ["go_goroutines"]


def test_what_another_program_held_is_not_excused() -> None:
    world = two(ROW)
    fell = np.where(np.arange(ROWS) >= ROW, 20.0, 100.0)
    world.add("db_pool_connections", fell + world.rng.normal(size=ROWS), job="orders", instance="app-3:80")
    report = world.report()
    assert [f.labels["instance"] for f in report.findings] == ["app-3:80"]


@pytest.mark.parametrize(
    ("name", "values", "row"),
    [
        ("process_start_time_seconds", [1_759e6] * 5 + [1_760_000_045.0] * 5, 5),
        ("process_start_time_seconds", [1_759e6] * 10, None),
        ("process_start_time_seconds", [1_759e6, 1_759e6 + 1.0] * 5, None),  # now less the uptime, rounded
        ("StartTime", [1_759e9] * 5 + [1_760_000_045_000.0] * 5, 5),
        ("process_start_time_seconds", [1_759e6] * 4 + [np.nan, np.nan] + [1_760_000_045.0] * 4, 6),
        ("redis_uptime_in_seconds", [*np.arange(500.0, 560.0, 10.0), 4.0, 14.0, 24.0, 34.0], 6),
        ("redis_uptime_in_seconds", np.arange(500.0, 600.0, 10.0), None),
        ("node_boot_time_seconds", [1_759e6] * 8 + [1_760_000_070.0] * 2, 8),
        ("go_goroutines", [500.0] * 5 + [20.0] * 5, None),
        ("probe_dns_lookup_time_seconds", [9.0] * 5 + [2.0] * 5, None),
        ("process_start_time_seconds", [np.nan] * 10, None),
        (
            "process_start_time_seconds",
            [1_759e6] + [1_760_000_002.0] * 9,
            None,
        ),  # too early
    ],
)
def test_when_it_was_started_anew(name: str, values: list[float], row: int | None) -> None:
    found = restarts_of([{"__name__": name}], [""], np.array([values], dtype=np.float64), WINDOW, 2)
    assert [restart.row for restart in found] == ([] if row is None else [row])


def test_a_rate_of_an_uptime_is_no_uptime() -> None:
    fell = np.array([[1.0] * 5 + [0.5] * 5])
    assert restarts_of([{"__name__": "process_uptime_seconds"}], ["rate"], fell, WINDOW, 2) == []
