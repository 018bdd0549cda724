"""Whose trouble is passed up the calls, and what the report says of the calls."""

import numpy as np
import pytest

from patternwatch.analysis.call_graph import Witnesses, call_graph, first_by_rank
from tests.analysis.incidents import ROWS, SPLIT, batch, report_of

Scores = dict[str, dict[str, float]]


def passed_on(web: Scores, cart: Scores, callee: str = "cart") -> dict[str, str]:
    scores: Witnesses = {"web": web, "cart": cart}
    return call_graph([("web", callee)]).passed_on("web", scores)


@pytest.mark.parametrize("category", ["error", "availability"])
@pytest.mark.parametrize("theirs", ["error", "availability"])
def test_failures_travel_up_the_calls_whichever_way_they_are_counted(category: str, theirs: str) -> None:
    assert passed_on({category: {"": 2.0}}, {theirs: {"": 1.0}}) == {category: "cart"}
    assert passed_on({category: {"": 2.0}}, {theirs: {"web": 1.0}}) == {category: "cart"}
    assert passed_on({category: {"": 2.0}}, {theirs: {"": 0.99}}) == {}
    assert passed_on({category: {"": 2.0}}, {theirs: {"": 2.0}}, "mail") == {}


def test_slow_answers_that_only_the_caller_gets_may_be_its_own() -> None:
    assert passed_on({"latency": {"": 2.0}}, {"latency": {"web": 2.0}}) == {}
    assert passed_on({"latency": {"": 2.0}}, {"latency": {"web": 2.0, "": 1.0}}) == {"latency": "cart"}
    assert passed_on({"latency": {"": 2.0}}, {"latency": {"app": 1.0}}) == {"latency": "cart"}
    assert passed_on({"latency": {"": 1.0, "app": 2.0}}, {"latency": {"": 0.9}}) == {}


def test_other_trouble_does_not_travel() -> None:
    assert passed_on({"cpu": {"": 2.0}}, {"cpu": {"": 2.0}}) == {}
    assert passed_on({"error": {"": 2.0}}, {"latency": {"": 2.0}}) == {}


def test_the_worst_callee_is_named() -> None:
    graph = call_graph([("web", "a"), ("web", "b"), ("web", "c")])
    scores = {"web": {"error": {"": 2.0}}, "a": {"error": {"": 1.2}}, "b": {"error": {"": 1.9}}}
    assert graph.passed_on("web", scores) == {"error": "b"}


def test_neighbours_with_a_rank_are_named_first() -> None:
    names = [f"n{i:02}" for i in range(30)]
    assert first_by_rank(names, {"n29": 1, "n07": 2})[:3] == ["n29", "n07", "n00"]
    assert len(first_by_rank(names, {})) == 20


@pytest.mark.parametrize("number", [1, 4])
def test_a_release_that_breaks_the_catalogue_shows_deepest_at_the_checkout(number: int) -> None:
    """The catalogue loses 4 % of its answers, the checkout, which asks it often, 20 %."""
    edges = {("web", "checkout"): 0.2, ("web", "catalogue"): 0.04, ("checkout", "catalogue"): 0.04,
             ("web", "cart"): 0.0, ("checkout", "cart"): 0.0}  # fmt: skip
    rng = np.random.default_rng(3)
    labels = [
        {"__name__": "success_ratio", "job": "mesh", "cluster": "shop", "edge": f"{caller}->{callee}",
         "service": callee}
        for caller, callee in edges
    ]  # fmt: skip
    values = 1 - np.abs(rng.normal(0, 0.002, (len(edges), ROWS)))
    values[:, SPLIT:] -= np.array(list(edges.values()))[:, None]
    first, second = report_of(batch(labels, values), number).entities[:2]
    assert (first.entity, second.entity) == ("catalogue", "checkout")
    assert (first.callers, first.callees, first.passed_on) == (["checkout", "web"], [], {})
    assert (second.callers, second.callees) == (["web"], ["catalogue", "cart"])
    assert second.passed_on == {"availability": "catalogue"}
