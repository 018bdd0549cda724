"""A zone is the cause where most changed workloads changed there alone."""

import pytest

from tests.analysis.lifecycle.worlds import World, pod

SLOW = {"http_request_duration_seconds": 8.0, "http_requests_errors_total": 30.0}
ZONES = ("eu-1a", "eu-1b", "eu-1c")
SERVICES = ("cart", "web", "mail", "search", "stock", "login")


def world(hurt: set[tuple[str, str]], label: str = "zone", pods: int = 2) -> World:
    """Six services with two pods in each zone; those of (service, zone) are slow and fail."""
    made = World()
    for service in SERVICES:
        for k, zone in enumerate(ZONES):
            for n in range(pods):
                own = pod(service, pods * k + n, **{label: zone})
                made.replica(own, SLOW if (service, zone) in hurt else None)
    return made


@pytest.mark.parametrize(
    ("label", "kind", "pods"),
    [
        ("zone", "zone", 2),
        ("topology_kubernetes_io_zone", "zone", 2),
        ("availability_zone", "zone", 1),
        ("dc", "data center", 2),
        ("cloud.region", "region", 2),
        ("rack", "rack", 1),
    ],
)
def test_a_place_is_found_through_its_workloads(label: str, kind: str, pods: int) -> None:
    report = world({(service, "eu-1b") for service in SERVICES[:4]}, label, pods).report()
    first = report.entities[0]
    assert (first.entity, first.kind) == ("eu-1b", kind)
    assert sorted(first.through) == sorted(SERVICES[:4])
    assert report.verdict.startswith("eu-1b is the likely cause")
    assert "seen in what " in report.verdict
    assert {e.entity for e in report.entities[1:5]} == set(SERVICES[:4])


@pytest.mark.parametrize(
    "hurt",
    [
        {("cart", "eu-1b")},
        {("cart", "eu-1b"), ("web", "eu-1a")},
        {("cart", zone) for zone in ZONES} | {("web", zone) for zone in ZONES},
        {("cart", "eu-1b"), ("web", "eu-1b"), ("mail", "eu-1a"), ("search", "eu-1c"), ("stock", "eu-1a")},
    ],
    ids=["one workload", "two zones", "two whole workloads", "a minority"],
)
def test_other_trouble_is_no_places(hurt: set[tuple[str, str]]) -> None:
    report = world(hurt).report()
    assert report.entities[0].entity in {service for service, _ in hurt}
    assert not any(e.through for e in report.entities)
