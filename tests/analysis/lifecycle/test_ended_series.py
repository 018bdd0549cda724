"""Of a workload that came or went, three series are shown: what it did, and what it took."""

import numpy as np

from patternwatch.analysis.lifecycle.ended_series import order_of
from patternwatch.analysis.verdict.lead import headline_of
from patternwatch.contracts.codec import encode
from tests.analysis.incidents import ROWS
from tests.analysis.lifecycle.worlds import ROW, World, pod


def test_what_says_most_goes_first_then_the_latest_and_last_what_the_scraper_tells() -> None:
    series = [
        ("up", "health", False, 9, "a"),
        ("restarts", "cpu", True, 9, "b"),
        ("load", "cpu", False, 3, "c"),
        ("load", "cpu", False, 7, "e"),
        ("load", "cpu", False, 7, "d"),
        ("requests", "traffic", False, 1, "f"),
        ("ready", "health", False, 9, "g"),
    ]
    ordered = sorted(series, key=lambda own: order_of({"__name__": own[0]}, *own[1:]))
    assert [name for *_, name in ordered] == ["f", "d", "e", "c", "g", "b", "a"]


def test_a_new_neighbour_is_told_by_the_processor_it_takes_not_by_what_it_leaves_alone() -> None:
    world = World()
    world.services(6)
    born = np.arange(ROWS) >= ROW
    labels = pod("report-builder", 0)
    for name, value in (
        ("container_oom_events_total", 0.0),
        ("container_fs_writes_bytes_total", 0.0),
        ("container_network_transmit_bytes_total", 0.0),
        ("container_cpu_usage_seconds_total", 1.5),
        ("container_cpu_user_seconds_total", 1.4),
        ("container_memory_working_set_bytes", 4e8),
        ("container_processes", 12.0),
    ):
        world.add(name, np.where(born, value, np.nan), **labels)
    report = world.report()
    shown = [f for f in report.findings if f.entity == "report-builder"]
    assert {f.category for f in shown} == {"cpu", "memory", "other"}
    assert all(f.baseline > 0.0 for f in shown)
    assert encode(world.report(shards=4)) == encode(report)
    (entity,) = (e for e in report.entities if e.entity == "report-builder")
    told = headline_of(entity, report.findings)
    assert told is not None
    assert told.category == "cpu"
