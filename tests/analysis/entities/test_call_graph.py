"""Whose trouble is passed up the calls, and what the report says of the calls."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import pytest

from patternwatch.analysis.entities.call_graph import Witnesses, call_graph, first_by_rank
from patternwatch.contracts.report import Report
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


CALLS = [("web", "cart"), ("web", "mail"), ("web", "ads"), ("app", "cart"), ("cart", "redis")]


@pytest.mark.parametrize(
    ("slow", "caller", "callee", "of_caller"),
    [
        # all that the caller asks is slow for it, and for nobody else
        ([("web", "cart"), ("web", "mail"), ("web", "ads")], "web", "cart", True),
        ([("web", "cart"), ("web", "mail"), ("web", "ads")], "web", "mail", True),
        # the callee is slow for all who ask it, and the caller's other calls are not
        ([("web", "cart"), ("app", "cart")], "web", "cart", False),
        ([("web", "mail")], "web", "mail", False),
        # all calls of one caller against one of two callers
        ([("app", "cart")], "app", "cart", True),
        ([("web", "cart")], "web", "cart", False),
        # one call by one caller: nothing speaks for the caller
        ([("cart", "redis")], "cart", "redis", False),
    ],
)
def test_trouble_of_a_call_is_the_one_s_that_has_more_of_its_calls_hurt(
    slow: list[tuple[str, str]], caller: str, callee: str, of_caller: bool
) -> None:
    scores: dict[str, Scores] = {}
    for a, b in slow:
        scores.setdefault(b, {"latency": {}})["latency"][a] = 2.0
    graph = call_graph(CALLS)
    assert graph.of_caller(caller, callee, "latency", scores) is of_caller
    scores[callee]["latency"][""] = 1.5  # three quarters by its own series: then it is the callee's
    assert not graph.of_caller(caller, callee, "latency", scores)
    scores[callee]["latency"][""] = 1.49
    assert graph.of_caller(caller, callee, "latency", scores) is of_caller


def test_calls_hurt_less_than_half_as_much_do_not_count() -> None:
    graph = call_graph(CALLS)
    scores = {"cart": {"error": {"web": 2.0, "app": 0.99}}, "mail": {"error": {"web": 1.0}},
              "ads": {"error": {"web": 0.99}}}  # fmt: skip
    assert graph.of_caller("web", "cart", "error", scores)  # two of three calls, one of two callers
    scores["cart"]["error"]["app"] = 1.0
    assert not graph.of_caller("web", "cart", "error", scores)


def test_of_one_call_by_one_caller_a_failure_is_the_callee_s_and_latency_is_left_open() -> None:
    graph = call_graph([("web", "cart")])
    web = {"latency": {"": 2.0}, "error": {"": 2.0}}
    scores: Witnesses = {"web": web, "cart": {"latency": {"web": 2.0}, "error": {"web": 2.0}}}
    assert graph.passed_on("web", scores) == {"error": "cart"}
    assert not graph.of_caller("web", "cart", "latency", scores)


def test_latency_of_the_only_calls_of_several_callers_is_the_callee_s() -> None:
    graph = call_graph([("web", "bank"), ("app", "bank"), ("edge", "web")])
    seen: Witnesses = {"bank": {"latency": {"web": 2.0, "app": 2.0}}, "edge": {"latency": {"": 2.0}}}
    both = {**seen, "web": {"latency": {"": 2.0}}}
    assert graph.passed_on("web", both) == {"latency": "bank"}


def test_only_trouble_that_travels_can_be_the_caller_s() -> None:
    slow = {name: {"cpu": {"web": 2.0}} for name in ("cart", "mail", "ads")}
    assert not call_graph(CALLS).of_caller("web", "mail", "cpu", slow)


def test_what_is_the_caller_s_is_not_passed_on_to_it() -> None:
    scores = {name: {"latency": {"web": 2.0}} for name in ("cart", "mail", "ads")}
    scores["web"] = {"latency": {"": 2.0}}
    assert call_graph(CALLS).passed_on("web", scores) == {}
    scores["ads"]["latency"][""] = 1.9
    assert call_graph(CALLS).passed_on("web", scores) == {"latency": "ads"}
    del scores["mail"], scores["ads"]
    scores["cart"]["latency"]["app"] = 2.0
    assert call_graph(CALLS).passed_on("web", scores) == {"latency": "cart"}


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


def edges_report(hurt: Mapping[tuple[str, str], float], number: int) -> Report:
    """Every edge tells of the success of its calls; some of these fall."""
    rng = np.random.default_rng(3)
    labels = [
        {"__name__": "success_ratio", "cluster": "shop", "edge": f"{caller}->{callee}", "service": callee}
        for caller, callee in hurt
    ]
    values = 1 - np.abs(rng.normal(0, 0.002, (len(hurt), ROWS)))
    values[:, SPLIT:] -= np.array(list(hurt.values()))[:, None]
    return report_of(batch(labels, values), number)


@pytest.mark.parametrize("number", [1, 4])
def test_a_caller_that_fails_at_whatever_it_asks_is_the_cause(number: int) -> None:
    hurt = {("edge", "web"): 0.1, ("web", "cart"): 0.1, ("web", "mail"): 0.1, ("app", "cart"): 0.0}
    ranked = edges_report(hurt, number).entities
    assert [e.entity for e in ranked] == ["web", "mail", "cart"]
    assert ranked[0].score > 1.9 * ranked[1].score


@pytest.mark.parametrize("number", [1, 4])
def test_a_release_that_breaks_the_catalogue_shows_deepest_at_the_checkout(number: int) -> None:
    """The catalogue loses 4 % of its answers, the checkout, which asks it often, 20 %."""
    hurt = {("web", "checkout"): 0.2, ("web", "catalogue"): 0.04, ("checkout", "catalogue"): 0.04,
            ("web", "cart"): 0.0, ("checkout", "cart"): 0.0}  # fmt: skip
    first, second = edges_report(hurt, number).entities[:2]
    assert (first.entity, second.entity) == ("catalogue", "checkout")
    assert (first.callers, first.callees, first.passed_on) == (["checkout", "web"], [], {})
    assert (second.callers, second.callees) == (["web"], ["catalogue", "cart"])
    assert second.passed_on == {"availability": "catalogue"}


@pytest.mark.parametrize(
    ("orders", "mail", "is_callers"),
    [
        ({"p50": 240.0}, {"p50": 260.0, "p99": 9000.0}, True),
        ({"p50": 240.0}, {}, True),  # two of its three calls, and one of the two callers of cart
        (
            {"p50": 100.0, "p99": 240.0},
            {"p99": 9000.0},
            False,
        ),  # another quantile, and too little of the same
        ({}, {}, False),
    ],
)
def test_a_delay_that_each_call_has_alike_is_the_callers_however_long_they_take(
    orders: dict[str, float], mail: dict[str, float], is_callers: bool
) -> None:
    """A throttled processor: slow calls hardly show in scores what quick ones do; rises in milliseconds."""
    asked = [("web", "cart"), ("web", "orders"), ("web", "mail"), ("app", "cart")]
    slower = {"cart": {"web": {"p50": 250.0}}, "orders": {"web": orders}, "mail": {"web": mail}}
    graph = dataclasses.replace(call_graph(asked), slower=slower)
    seen = {
        name: {"latency": {"web": score}} for name, score in (("cart", 4.0), ("orders", 1.5), ("mail", 1.0))
    }
    assert graph.of_caller("web", "cart", "latency", seen) is is_callers
    errors = {name: {"error": shown["latency"]} for name, shown in seen.items()}
    assert not graph.of_caller("web", "cart", "error", errors), "failures are counted, not timed"


def test_what_did_not_change_is_not_as_slow() -> None:
    asked = [("web", "cart"), ("web", "orders"), ("app", "cart")]
    slower = {"cart": {"web": {"p50": 250.0}}, "orders": {"web": {"p50": 250.0}}}
    graph = dataclasses.replace(call_graph(asked), slower=slower)
    assert not graph.of_caller("web", "cart", "latency", {"cart": {"latency": {"web": 4.0}}})
