"""A service that lost all its traffic is the cause where nothing else fails; one replica's is no loss."""

from collections.abc import Iterable

import numpy as np
import pytest

from patternwatch.contracts.report import Report
from patternwatch.contracts.severity import CLEAR_SCORE
from tests.analysis.incidents import ROWS
from tests.analysis.lifecycle.worlds import ROW, World, pod

IDLES = {"http_requests_total": 0.0, "http_requests_errors_total": 0.0, "process_cpu_seconds_total": 0.05}
PODS = 3


def world(lost: Iterable[int] = range(PODS), hurt: dict[str, float] | None = None) -> World:
    """A cart of three pods beside six services that go on; these pods of it get no requests from a row on."""
    made = World()
    made.services(6)
    for n in range(PODS):
        made.replica(pod("cart", n), (hurt or IDLES) if n in lost else None)
    return made


def score_of_cart(report: Report) -> float:
    return max((one.score for one in report.entities if one.entity.endswith("cart")), default=0.0)


def test_a_service_that_idles_since_nobody_asks_it_is_the_cause() -> None:
    report = world().report()
    assert report.entities[0].entity.endswith("cart")
    assert report.entities[0].score > CLEAR_SCORE
    assert report.findings[0].category == "traffic"
    assert "cart is the likely cause: " in report.verdict


def test_one_of_its_pods_without_requests_is_no_loss() -> None:
    assert score_of_cart(world([1]).report()) < CLEAR_SCORE


@pytest.mark.parametrize("used", [1.0, 0.6])
def test_a_service_that_works_on_lost_a_route(used: float) -> None:
    assert score_of_cart(world(hurt={**IDLES, "process_cpu_seconds_total": used}).report()) < CLEAR_SCORE


def test_what_others_serve_from_then_on_is_not_lost() -> None:
    made = world()
    for n in range(PODS):
        made.replica(pod("cart-south", n), {"http_requests_total": 2.0, "process_cpu_seconds_total": 2.0})
    assert score_of_cart(made.report()) < CLEAR_SCORE


def test_where_another_one_fails_it_is_that_which_keeps_them_away() -> None:
    made = world()
    made.service("gateway", hurt={"http_requests_errors_total": 30.0})
    report = made.report()
    assert report.entities[0].entity.endswith("gateway")
    assert score_of_cart(report) < CLEAR_SCORE


def test_of_those_that_one_asks_for_another_it_is_the_first() -> None:
    made = world()
    for n in range(PODS):
        made.replica(pod("stock", n), IDLES)
        made.add("calls_total", np.where(np.arange(ROWS) < ROW, 9.0, 0.0), **pod("cart", n), peer="stock")
    assert made.report().entities[0].entity.endswith("cart")


def test_a_batch_may_end() -> None:
    made = World()
    made.services(6)
    ends = np.where(np.arange(ROWS) < ROW, 1.0, 0.0)
    for name, level in (("rows_processed_total", 900.0), ("process_cpu_seconds_total", 3.0)):
        noise = 1.0 + 0.05 * made.rng.normal(size=ROWS)
        made.add(name, level * noise * ends, job="train", instance="train:9000")
    assert max((one.score for one in made.report().entities), default=0.0) < CLEAR_SCORE
