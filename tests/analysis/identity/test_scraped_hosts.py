"""What a job of any name tells by an instance is about the node that most of it is about."""

import numpy as np
import pytest

from patternwatch.analysis.identity.scraped_hosts import scraped_hosts
from patternwatch.contracts.life_table import LifeRow, LifeTable
from patternwatch.contracts.report import Report
from patternwatch.contracts.severity import CLEAR_SCORE
from patternwatch.contracts.subject import Key
from tests.analysis.incidents import ROWS
from tests.analysis.lifecycle.worlds import ROW, World, troubles

NODE, JOB = ("", "north", "", "web-1"), ("", "north", "infra", "vms")
KINDS = {Key(*NODE): "node", Key(*JOB): "job"}


@pytest.mark.parametrize(
    ("job", "instance", "own", "is_host"),
    [
        ("vms", "web-1:9100", 3, True),
        ("vms", "web-1:9100", 40, False),  # a program that also tells of its machine
        ("web", "web-1:9100", 3, False),  # another job tells of the node
        ("vms", "web-2:9100", 3, False),
    ],
)
def test_an_instance_tells_of_its_host_where_most_of_it_does(
    job: str, instance: str, own: int, is_host: bool
) -> None:
    rows = [LifeRow(NODE, "", "vms", 30), LifeRow(JOB, instance, job, own)]
    shards = [LifeTable.of_rows([row]) for row in rows]
    found = {("", "north", job, instance): Key(*NODE)} if is_host else {}
    assert scraped_hosts(shards, KINDS) == found


def machines(began: int, gone: int) -> Report:
    """Machines of a job that is not called as its exporter; one of them ends, one begins."""
    world, noise = World(), np.random.default_rng(3)
    world.services(4)
    for name, first, last in (("a1", 0, gone), ("b2", 0, ROWS), ("c3", 0, ROWS), ("d4", began, ROWS)):
        own = {"job": "vms", "instance": f"web-{name}:9100"}
        for metric, level in (("node_load1", 1.0), ("node_memory_free", 9e9), ("node_procs", 90.0)):
            values = world.add(metric, level * (1.0 + 0.03 * noise.normal(size=ROWS)), **own)
            values[:first], values[last:] = np.nan, np.nan
        up = world.add("up", 1.0, **own)
        up[:first], up[last:] = np.nan, np.nan
    return world.report()


def test_a_machine_that_another_one_took_the_place_of_is_no_trouble_of_its_job() -> None:
    report = machines(began=ROW, gone=ROW + 6)
    assert troubles(report) == []
    assert not [e for e in report.entities if e.score >= CLEAR_SCORE]


def test_a_machine_that_died_is_named_once() -> None:
    report = machines(began=ROWS, gone=ROW + 6)
    assert [e.entity for e in troubles(report)] == ["web-a1"]
    assert [e.entity for e in report.entities if e.score >= CLEAR_SCORE] == ["web-a1"]
