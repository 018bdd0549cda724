"""Work alone stays below the bar from which a watch tells of it, however far it moved."""

import numpy as np
import pytest

from patternwatch.contracts.report import Report
from patternwatch.contracts.severity import CLEAR_SCORE
from tests.analysis.incidents import ROWS, SPLIT, batch, report_of
from tests.analysis.lifecycle.worlds import World

SINCE = np.arange(ROWS) >= SPLIT + 2


def compaction(slower: float = 1.0, clients: float = 1.0, age: str = "") -> Report:
    """A database that reads, writes and computes far more; its answers take so many times as long.

    age  the name of a metric that tells for how long it has done so, or how much more is due
    """
    world = World()
    world.services(6)
    own = {"job": "db", "service": "db", "instance": "db-1:9000"}
    for name, before, times in (
        ("disk_read_bytes", 3e6, 20.0),
        ("process_cpu_seconds_total", 0.6, 4.0),
        ("process_resident_memory_bytes", 2e9, 2.0),
        ("compactions_running", 1.0, 5.0),
        ("query_duration_seconds", 0.02, slower),
        ("connected_clients", 40.0, clients),
    ):
        noise = 1.0 + 0.05 * world.rng.normal(size=ROWS)
        world.add(name, before * np.where(SINCE, times, 1.0) * noise, **own)
    if age:
        world.add(age, np.where(SINCE, np.arange(ROWS) - SPLIT, -1.0), **own)
    return world.report()


def test_work_that_hurts_nobody_is_told_and_stays_below_the_bar() -> None:
    report = compaction()
    assert report.entities[0].entity == "db"
    assert CLEAR_SCORE / 2 < report.entities[0].score < CLEAR_SCORE
    assert report.findings[0].score <= report.entities[0].score
    assert report.verdict.startswith("Nothing is seen to fail or slow down; db moved most: ")


@pytest.mark.parametrize("due", ["compaction_pending_tasks", "thanos_compact_todo_compactions"])
def test_how_much_upkeep_is_due_is_work_too(due: str) -> None:
    report = compaction(age=due)
    assert due in {f.labels["__name__"] for f in report.findings}
    assert report.entities[0].score < CLEAR_SCORE


@pytest.mark.parametrize(("done", "is_work"), [(0.08, True), (0.004, False)])
def test_a_queue_that_more_work_makes_longer_stays_below_the_bar(done: float, is_work: bool) -> None:
    world = World()
    world.services(6)
    own = {"job": "builds", "service": "builds", "instance": "builds-1:9000"}
    for name, before, after in (("builds_queue_length", 1.0, 40.0), ("builds_done_total", 0.001, done)):
        world.add(name, np.where(SINCE, after, before) * (1.0 + 0.05 * world.rng.normal(size=ROWS)), **own)
    derivation = ["rate" if own["__name__"] == "builds_done_total" else "" for own in world.labels]
    report = report_of(batch(world.labels, np.array(world.values), derivation))
    assert "builds_queue_length" in {f.labels["__name__"] for f in report.findings}
    assert (report.entities[0].score < CLEAR_SCORE) is is_work


@pytest.mark.parametrize("age", ["pg_stat_activity_max_tx_duration", "redis_rdb_current_bgsave_duration_sec"])
def test_for_how_long_work_has_gone_on_is_work_too(age: str) -> None:
    report = compaction(age=age)
    assert age in {f.labels["__name__"] for f in report.findings if f.category == "latency"}
    assert report.entities[0].score < CLEAR_SCORE
    assert report.verdict.startswith("Nothing is seen to fail or slow down; db moved most: ")


@pytest.mark.parametrize(("slower", "clients"), [(8.0, 1.0), (1.0, 10.0)])
def test_work_beside_answers_that_wait_or_users_that_came_counts_whole(slower: float, clients: float) -> None:
    report = compaction(slower, clients)
    assert report.entities[0].entity == "db"
    assert report.entities[0].score > CLEAR_SCORE
