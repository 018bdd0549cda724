"""Who is slow for its own queries is slow for the store that it asks."""

import pytest

from patternwatch.analysis.entities.call_graph import CallGraph
from patternwatch.analysis.entities.entities import Entity, rank_entities
from patternwatch.analysis.entities.queried_stores import queried_stores, store_asked

WEB, DB, CACHE = (Entity(name, "service", cluster="north") for name in ("web", "orders-db", "redis"))
ANSWERS, QUERIES = ("http_request_duration_seconds", "mean"), ("db_query_duration_seconds", "mean")
LOCKS = ("pg_locks_count", "")


def found(query: tuple[str, str], slower: float, store: Entity, trouble: float = 3.0) -> dict[str, str]:
    """What web's queries say that became so many seconds slower, as its answers did by two."""
    return queried_stores(
        [WEB, WEB, store],
        [ANSWERS, query, LOCKS],
        ["latency", "latency", "saturation"],
        [4.0, 4.0, trouble],
        [2.0, slower, 9.0],
    )


@pytest.mark.parametrize(
    ("metric", "store"),
    [
        ("db_query_duration_seconds", "db"),
        ("db.client.operation.duration", "db"),
        ("lettuce_command_completion_seconds", "redis"),
        ("mongodb_driver_commands_seconds", "mongo"),
        ("redis_client_request_duration_seconds", "redis"),
        ("etcd_request_duration_seconds", "etcd"),
        ("etcd_disk_wal_fsync_duration_seconds", ""),
        ("db_pool_wait_seconds", ""),
        ("hikaricp_connections_acquire_seconds", ""),
        ("http_client_request_duration_seconds", ""),
        ("dbus_requests_seconds", ""),
    ],
)
def test_queries_are_told_by_their_names(metric: str, store: str) -> None:
    assert store_asked(metric) == store


def test_the_store_in_trouble_that_the_slow_queries_go_to_is_found() -> None:
    assert found(QUERIES, 1.0, DB) == {"web": "orders-db"}
    assert found(("sql_query_ms", "mean"), 1000.0, DB) == {"web": "orders-db"}
    assert found(("redis_client_request_duration_seconds", "mean"), 1.0, CACHE) == {"web": "redis"}


@pytest.mark.parametrize(
    ("query", "slower", "store", "trouble"),
    [
        (QUERIES, 0.9, DB, 3.0),  # less than half of what the answers did
        (QUERIES, 1.0, DB, 1.9),  # the store shows too little
        (QUERIES, 1.0, CACHE, 3.0),  # a cache is no database
        (QUERIES, 1.0, Entity("orders-db", "service", cluster="south"), 3.0),
        (("redis_client_request_duration_seconds", "mean"), 1.0, DB, 3.0),
        (("db_query_duration_seconds", "p99"), 1.0, Entity("mail", "service", cluster="north"), 3.0),
        (("db_pool_wait_seconds", "mean"), 2.0, DB, 3.0),  # its own pool may be too small
    ],
)
def test_nothing_is_concluded_else(
    query: tuple[str, str], slower: float, store: Entity, trouble: float
) -> None:
    assert found(query, slower, store, trouble) == {}


def test_the_callers_latency_is_the_stores() -> None:
    calls = CallGraph(queried={"web": "orders-db"})
    ranked = rank_entities([WEB, DB], ["latency", "saturation"], [4.0, 3.0], ["a", "b"], calls)
    assert [(r.entity.name, r.score, r.passed_on) for r in ranked] == [
        ("orders-db", 4.0 + 3.0 / 2, {}),
        ("web", 4.0 / 2, {"latency": "orders-db"}),
    ]
