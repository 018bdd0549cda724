"""A surge is told where its requests come in, and not of whoever works most for it."""

import pytest

from patternwatch.analysis.entities.asked_for_more import asked_for_more
from patternwatch.analysis.entities.call_graph import CallGraph, call_graph
from patternwatch.analysis.entities.entities import Entity, rank_entities
from tests.analysis.lifecycle.worlds import World

CALLS = call_graph([("visitors", "web"), ("web", "cart"), ("cart", "redis")])
WEB, CART = Entity("web", "service"), Entity("cart", "service")


def surge(web: float, cart: float) -> list[str]:
    """The ranked services of a shop of which web and cart serve so many times as many requests."""
    world = World()
    world.services(6)
    for name, times, work in (("web", web, 5.0), ("cart", cart, 9.0)):
        world.service(name, hurt={"http_requests_total": times, "process_cpu_seconds_total": work})
    edge = {"source_workload": "web", "destination_workload": "cart", "reporter": "source"}
    world.add("istio_requests_total", 9.0, **edge, namespace="shop", job="mesh")
    return [entity.entity for entity in world.report().entities[:2]]


def test_where_the_requests_come_in_goes_before_whom_they_are_passed_to() -> None:
    assert surge(web=4.0, cart=4.0) == ["web", "cart"]


@pytest.mark.parametrize(("web", "cart"), [(1.0, 4.0), (0.2, 0.2)])
def test_work_that_no_caller_asks_for_is_its_own(web: float, cart: float) -> None:
    assert surge(web, cart) == ["cart", "web"]


def test_a_caller_counts_from_half_of_the_rise_on_and_serves_somebody() -> None:
    assert asked_for_more(CALLS, ["web", "cart"], ["traffic"] * 2, [1.0, 2.0]) == {"cart"}
    assert asked_for_more(CALLS, ["web", "cart"], ["traffic"] * 2, [0.9, 2.0]) == set()
    assert asked_for_more(CALLS, ["web", "cart"], ["traffic", "cpu"], [2.0, 2.0]) == set()
    assert asked_for_more(CALLS, ["web", "cart"], ["traffic"] * 2, [0.0, 0.0]) == set()
    outside = CallGraph(CALLS.callees, CALLS.callers, outside={"visitors"})
    assert asked_for_more(outside, ["visitors", "web"], ["traffic"] * 2, [5.0, 2.0]) == set()


def test_failures_and_latency_are_no_work() -> None:
    graph = CallGraph(CALLS.callees, CALLS.callers, busier={"cart"})
    scores = [2.0, 2.0, 2.0, 2.0]
    categories = ["cpu", "memory", "error", "health"]
    (ranked,) = rank_entities([CART] * 4, categories, scores, list("abcd"), graph)
    assert ranked.score == 2.0 + 2.0 / 2 + 1.0 / 4 + 1.0 / 8
