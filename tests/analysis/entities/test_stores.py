"""A store that became as slow as somebody is the cause of it, though no label tells who asks it."""

import numpy as np
import pytest

from patternwatch.analysis.entities.call_graph import CallGraph
from patternwatch.analysis.entities.entities import Entity, rank_entities
from patternwatch.analysis.entities.stores import is_store, slow_stores
from tests.analysis.incidents import ROWS, SPLIT, batch, report_of

SITE, SEARCH = Entity("site", "node", cluster="north"), Entity("search", "node", cluster="north")
TABLE = Entity("pets_AWS::DynamoDB::Table", "node", cluster="north")
FAR = Entity("far-redis", "node", cluster="south")
P99, MEAN = "latency_p99", "latency_mean"


def rose(**by_name: float) -> dict[str, dict[str, dict[str, float]]]:
    names = {"site": "site", "search": "search", "table": TABLE.name, "far": FAR.name}
    return {names[name]: {"": {P99: rise}} for name, rise in by_name.items()}


@pytest.mark.parametrize(
    "name", ["carts-db", "redis", "postgres-0", "user-db2", "MySQL", "shop@db.example.com_Database::SQL"]
)
def test_what_a_store_is_called(name: str) -> None:
    assert is_store(name)


@pytest.mark.parametrize("name", ["cart", "dbus", "sqlite-less", "feedback", "AWS::Lambda::Function", ""])
def test_what_is_no_store(name: str) -> None:
    assert not is_store(name)


def test_it_accounts_for_who_became_slower_by_little_more() -> None:
    entities = [SITE, SEARCH, TABLE]
    assert slow_stores(entities, rose(site=4.1, search=3.9, table=3.0), ()) == {"search": (TABLE.name,)}
    assert slow_stores(entities, rose(site=4.1, search=0.1, table=3.0), ()) == {"search": (TABLE.name,)}
    assert slow_stores(entities, rose(site=4.1, table=1.0), ()) == {}


def test_each_is_held_against_it_by_the_family_that_rose_most() -> None:
    slower = {"site": {"": {P99: 4.0, MEAN: 0.1}}, TABLE.name: {"": {P99: 1.0, MEAN: 0.1}}}
    assert slow_stores([SITE, TABLE], slower, ()) == {}
    assert slow_stores([SITE, TABLE], {"site": {"": {P99: 4.0}}, TABLE.name: {"": {MEAN: 4.0}}}, ()) == {}


def test_calls_that_are_told_are_known_and_another_cluster_is_not_asked() -> None:
    slower = rose(site=4.0, table=4.0, far=4.0)
    assert slow_stores([SITE, TABLE, FAR], slower, ()) == {"site": (TABLE.name,)}
    assert slow_stores([SITE, TABLE, FAR], slower, [TABLE.name]) == {}
    assert slow_stores([SITE, TABLE, FAR], slower, ["site"]) == {"site": (TABLE.name,)}


def test_no_store_has_its_slowness_from_a_store() -> None:
    both = Entity("redis", "node", cluster="north")
    assert slow_stores([both, TABLE], rose(table=4.0) | {"redis": {"": {P99: 4.0}}}, ()) == {}


@pytest.mark.parametrize(("category", "first"), [("latency", TABLE.name), ("error", "search")])
def test_its_callers_latency_is_handed_down_to_it_and_nothing_else(category: str, first: str) -> None:
    ranked = rank_entities(
        [SITE, SEARCH, TABLE],
        [category] * 3,
        [4.4, 4.6, 3.9],
        ["a", "b", "c"],
        CallGraph(slow_stores={"site": (TABLE.name,), "search": (TABLE.name,)}),
    )
    assert ranked[0].entity.name == first


def test_a_report_names_the_table_before_those_who_wait_for_it() -> None:
    rng = np.random.default_rng(5)
    late = np.arange(ROWS) >= SPLIT
    rises = {
        "site": (0.4, 3.2),
        "search": (0.03, 2.9),
        "pets_DynamoDB::Table": (0.36, 2.8),
        "mail": (0.2, 0.0),
    }
    labels = [{"__name__": "latency_p99", "service": name} for name in rises]
    values = [usual * (1 + 0.1 * rng.normal(size=ROWS)) + rise * late for usual, rise in rises.values()]
    entities = report_of(batch(labels, np.array(values))).entities
    assert entities[0].entity == "pets_DynamoDB::Table"
    assert {e.entity: e.passed_on for e in entities}["search"] == {"latency": "pets_DynamoDB::Table"}
