"""A node whose pods are in trouble is the cause, of several workloads the pods on it alone."""

import pytest

from tests.analysis.lifecycle.worlds import ROW, World, pod

SLOW = {"http_request_duration_seconds": 8.0, "http_requests_errors_total": 30.0}
NODES = 4


def world(hurt: set[tuple[str, int]]) -> World:
    """Six services of four pods, each on a node of its own; those of (service, node) are slow and fail."""
    made = World()
    for service in ("cart", "web", "mail", "search", "stock", "login"):
        for node in range(NODES):
            own = pod(service, node, node=f"worker-{node}")
            made.replica(own, SLOW if (service, node) in hurt else None)
    return made


def test_a_sick_node_is_found_through_its_workloads() -> None:
    report = world({("cart", 2), ("web", 2), ("mail", 2)}).report()
    first = report.entities[0]
    assert (first.entity, first.kind) == ("worker-2", "node")
    assert sorted(first.through) == ["cart", "mail", "web"]
    assert report.verdict.startswith("worker-2 is the likely cause")
    assert "seen in its pods of " in report.verdict
    assert {e.entity for e in report.entities[1:4]} == {"cart", "mail", "web"}
    assert {e.part.kind for e in report.entities[1:4] if e.part} == {"pod"}


@pytest.mark.parametrize(
    "hurt",
    [
        {("cart", 2)},
        {("cart", 2), ("web", 1)},
        {("cart", node) for node in range(NODES)} | {("web", node) for node in range(NODES)},
        {("cart", 2), ("web", 2), ("mail", 0), ("search", 1), ("stock", 3)},
    ],
    ids=["one workload", "two nodes", "two whole workloads", "a minority"],
)
def test_other_trouble_is_no_nodes(hurt: set[tuple[str, int]]) -> None:
    report = world(hurt).report()
    assert report.entities[0].entity in {service for service, _ in hurt}
    assert not any(e.through for e in report.entities)


def test_a_lost_node_goes_before_its_workloads() -> None:
    made = World()
    for n, service in enumerate(("cart", "web", "mail", "search")):
        for k in range(3):
            on = (n + k) % NODES
            made.replica(pod(service, k, node=f"worker-{on}"), gone=ROW if on == 2 else 300)
    report = made.report()
    assert report.entities[0].entity == "worker-2"
    assert report.verdict.startswith("Node worker-2 was lost")
    assert "worker-2 is the likely cause" in report.verdict
