"""A store that its exporter calls down goes before the callers that fail for it."""

import numpy as np
import pytest

from patternwatch.analysis.lifecycle.stores_down import falls_of_stores, tells_of_store
from tests.analysis.incidents import ROWS
from tests.analysis.lifecycle.test_what_ended import CALLER
from tests.analysis.lifecycle.worlds import ROW, World


def world_with(metric: str, job: str, at: int) -> World:
    """Callers that fail, and an exporter that says from a row on that one of two instances is down."""
    world = World()
    world.services(6)
    for caller in ("web", "api", "orders"):
        world.service(caller, hurt=CALLER)
    for host in ("cache-1", "queue-1"):
        says = world.add(metric, 1.0, job=job, instance=f"{host}:9121")
        if host == "queue-1":
            says[at:] = 0.0
    return world


@pytest.mark.parametrize(("metric", "job"), [("redis_up", "redis"), ("pg_up", "postgres")])
def test_what_answers_nobody_goes_before_those_who_ask_it(metric: str, job: str) -> None:
    report = world_with(metric, job, ROW).report()
    assert report.entities[0].entity == f"{job}/queue-1"
    assert report.entities[0].score > report.entities[1].score > 6.0


@pytest.mark.parametrize(
    ("metric", "job", "at"),
    [
        ("phpfpm_up", "php", ROW),  # its workers may all wait for somebody else
        ("redis_master_link_up", "redis", ROW),  # it answers, and misses its like
        ("redis_up", "redis", ROW + 30),  # long after the callers failed
    ],
)
def test_nothing_else_does(metric: str, job: str, at: int) -> None:
    assert world_with(metric, job, at).report().entities[0].entity in ("api", "orders", "web")


def test_a_store_that_was_down_before_is_no_news() -> None:
    world = world_with("redis_up", "redis", ROW)
    world.values[-1][:] = np.where(np.arange(ROWS) % 20 < 3, 0.0, 1.0)
    assert world.report().entities[0].entity in ("api", "orders", "web")


def test_each_fall_is_found_over_gaps() -> None:
    says = np.array([[np.nan, 1.0, np.nan, 0.0, 0.0, 1.0, 0.0], [0.0] * 7])
    assert falls_of_stores(["mysql_up", "pg_up"], says) == {0: [3, 6]}
    assert not tells_of_store("node_network_up")
