"""Calls to one callee fail, which is in trouble of another kind: the caller has it from there."""

import numpy as np
import pytest

from patternwatch.analysis.entities.blamed_callees import blamed_callees
from patternwatch.contracts.report import Report
from tests.analysis.incidents import ROWS
from tests.analysis.lifecycle.worlds import ROW, World

NAMES = ["proxy", "proxy", "proxy", "billing"]
CATEGORIES = ["error", "error", "cpu", "saturation"]
ASKED = ["billing", "orders", "", ""]


def blamed(
    scores: list[float], trouble: str = "saturation", failing: str = "error"
) -> dict[tuple[str, str], str]:
    return blamed_callees(NAMES, [failing, failing, "cpu", trouble], scores, [""] * 4, ASKED)


def test_the_callee_in_trouble_is_the_one_whose_calls_alone_fail() -> None:
    assert blamed([4.0, 0.5, 3.0, 2.0]) == {("proxy", "error"): "billing"}
    assert blamed([4.0, 0.5, 3.0, 3.0], failing="latency") == {("proxy", "latency"): "billing"}


@pytest.mark.parametrize(
    ("scores", "trouble", "failing"),
    [
        ([4.0, 2.0, 0.0, 3.0], "saturation", "error"),  # others are hurt too: the proxy's network, say
        ([4.0, 0.5, 0.0, 1.9], "saturation", "error"),  # it shows too little of its own
        ([4.0, 0.5, 0.0, 2.9], "saturation", "latency"),  # of what is slow three quarters
        ([4.0, 0.5, 0.0, 3.0], "cpu", "error"),  # callers are a cause of load too
        ([4.0, 0.5, 0.0, 3.0], "saturation", "saturation"),  # does not travel up
        ([0.0, 0.0, 0.0, 3.0], "saturation", "error"),
    ],
)
def test_it_is_not_where_more_or_less_than_that_is_known(
    scores: list[float], trouble: str, failing: str
) -> None:
    assert blamed(scores, trouble, failing) == {}


@pytest.mark.parametrize(
    ("known", "calls_of_search", "fewer", "agreed"),
    [
        (("web", "search"), 4.0, 1.5, True),
        (("web", "search", "mail"), 4.0, 1.5, False),  # of whom one is served
        (("web", "search"), 0.3, 1.5, False),
        (("web", "search"), 4.0, 0.0, False),  # nothing is known of it
    ],
)
def test_what_all_callers_see_of_one_callee_alone_is_its_trouble(
    known: tuple[str, ...], calls_of_search: float, fewer: float, agreed: bool
) -> None:
    names = ["web", "web", "search", "search", "stock"]
    asked = ["stock", "prices", "stock", "prices", ""]
    scores = [4.0, 0.4, calls_of_search, 0.3, fewer]
    categories = ["error"] * 4 + ["traffic"]
    found = blamed_callees(names, categories, scores, [""] * 5, asked, {"stock": known})
    assert found == ({("web", "error"): "stock", ("search", "error"): "stock"} if agreed else {})


def behind_a_proxy(failing: tuple[str, ...]) -> Report:
    """Three programs and the proxy that asks them, which counts failures by upstream; one is busy."""
    world, noise = World(), np.random.default_rng(5)
    world.services(4)
    for upstream in ("billing", "orders", "mail"):
        own = {"job": "edge", "instance": "edge-1:9913", "upstream": upstream}
        failed = world.add("upstream_errors", 0.2 + 0.05 * noise.random(ROWS), **own)
        world.add("upstream_requests", 40.0 + 2.0 * noise.normal(size=ROWS), **own)
        failed[ROW:] *= 60.0 if upstream in failing else 1.0
        program = {"job": upstream, "instance": f"{upstream}:9256"}
        threads = world.add("worker_threads_busy", 80.0 + 2.0 * noise.normal(size=ROWS), **program)
        threads[ROW:] *= 2.0 if upstream == "billing" else 1.0
    return world.report()


def test_a_proxy_that_counts_failures_of_one_upstream_is_not_the_cause() -> None:
    report = behind_a_proxy(failing=("billing",))
    assert [e.entity for e in report.entities][:2] == ["billing", "edge"]
    assert report.entities[1].passed_on == {"error": "billing"}


def test_a_proxy_that_fails_with_all_of_them_is() -> None:
    report = behind_a_proxy(failing=("billing", "orders", "mail"))
    assert report.entities[0].entity == "edge"


def test_a_callee_that_all_its_callers_cannot_reach_is_the_cause() -> None:
    world, noise = World(), np.random.default_rng(6)
    world.services(4)
    for caller in ("web", "orders", "search"):
        for upstream in ("stock", "prices", "users"):
            own = {"job": caller, "instance": f"{caller}:9913", "upstream": upstream}
            failed = world.add("upstream_errors", 0.2 + 0.05 * noise.random(ROWS), **own)
            failed[ROW:] *= 60.0 if upstream == "stock" else 1.0
    for upstream in ("stock", "prices", "users"):
        own = {"job": upstream, "instance": f"{upstream}:8080"}
        served = world.add("http_requests", 40.0 + 2.0 * noise.normal(size=ROWS), **own)
        served[ROW:] *= 0.05 if upstream == "stock" else 1.0
    report = world.report()
    assert report.entities[0].entity == "stock"
    assert all(one.passed_on == {"error": "stock"} for one in report.entities[1:4])
