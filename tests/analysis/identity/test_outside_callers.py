"""How somebody from outside is answered says nothing of himself; how much he asks does."""

from collections.abc import Mapping

import pytest

from patternwatch.analysis.entities.call_graph import CallGraph, call_graph
from patternwatch.analysis.entities.entities import Entity, rank_entities
from patternwatch.analysis.identity.outside_callers import outside_callers

KINDS = {"web": "deployment", "cart": "statefulset", "visitors": "service", "host": "instance"}
CALLS = [("visitors", "web"), ("web", "cart")]
USERS, WORKER = Entity("visitors", "service"), Entity("worker", "deployment")


@pytest.mark.parametrize(
    ("kinds", "calls", "found"),
    [
        ({}, CALLS, {"visitors"}),
        ({"visitors": "deployment"}, CALLS, set()),
        ({"web": "service", "cart": "service"}, CALLS, set()),
        ({}, [*CALLS, ("host", "visitors")], set()),
        ({}, [*CALLS, ("host", "web")], {"visitors", "host"}),
        ({"visitors": ""}, CALLS, set()),
    ],
    ids=["calls a workload", "is one", "nobody is one", "is called", "two", "is not known"],
)
def test_who_calls_workloads_is_none_and_is_called_by_nobody(
    kinds: Mapping[str, str], calls: list[tuple[str, str]], found: set[str]
) -> None:
    assert outside_callers(call_graph(calls), (KINDS | dict(kinds)).__getitem__) == found


@pytest.mark.parametrize(
    ("category", "first"), [("latency", "worker"), ("error", "worker"), ("traffic", "visitors")]
)
def test_what_is_answered_counts_half_and_is_passed_on_to_nobody(category: str, first: str) -> None:
    ranked = rank_entities(
        [USERS, WORKER], [category, "latency"], [4.0, 3.0], ["a", "b"], CallGraph(outside={"visitors"})
    )
    assert ranked[0].entity.name == first
    assert {r.entity.name: r.score for r in ranked}["visitors"] == (4.0 if first == "visitors" else 2.0)
    assert not any(r.passed_on for r in ranked)
