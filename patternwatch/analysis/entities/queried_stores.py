"""Stores that make their callers slow, as the callers' own queries tell.

Few databases tell how long a query takes, and most of those who ask them do (`db_query_duration_seconds`,
the API server's `etcd_request_duration_seconds`, OpenTelemetry's `db.client.operation.duration`, Micrometer's
`lettuce.command.completion`). Where an entity's
queries became slower by about as much as its answers, it is slow for the store that it asks; waiting for a
connection of a pool is no query, and may be its own fault.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from patternwatch.analysis.entities.entities import Entity
from patternwatch.analysis.entities.stores import is_store
from patternwatch.analysis.metrics.units import unit_of
from patternwatch.contracts.metric_words import in_snake_case

_QUERY = re.compile(
    r"(?:^|_)(db|sql|database|jdbc|hibernate|mysql|mariadb|postgres|mongo|cassandra|redis|valkey|memcached"
    r"|lettuce|elasticsearch|dynamodb|etcd)(?:db|ql)?_(?:\w+_)?"
    r"(?:quer(?:y|ies)|statements?|commands?|operations?|requests?|calls?)_"
)
"""How metrics of queries are called by those who ask: the product, and what it is asked."""
_ANY = frozenset(("db", "sql", "database", "jdbc", "hibernate"))
_CACHES = ("redis", "valkey", "memcached")
"""What is not meant by a database in general."""
_CALLED = {"lettuce": "redis"}
"""What clients are called, where not as their server."""
_SECONDS = {"seconds": 1.0, "ms": 1e-3, "us": 1e-6}
_MOST = 0.5
"""Part of what an entity became slower by that its queries have to be; one answer may take several. And part
of the entity's score from which the store is in trouble itself. As for failures that travel up the calls."""


@lru_cache(maxsize=50_000)
def store_asked(metric: str) -> str:
    """What kind of store a metric of queries is about, empty for any other metric.

    >>> [store_asked(name) for name in ("db_query_duration_seconds", "redis_client_request_duration_seconds")]
    ['db', 'redis']
    >>> [store_asked(name) for name in ("db_pool_wait_seconds", "http_request_duration_seconds")]
    ['', '']
    """
    found = _QUERY.search(in_snake_case(metric) + "_")
    return _CALLED.get(found[1], found[1]) if found else ""


def queried_stores(
    entities: Sequence[Entity],
    metrics: Sequence[tuple[str, str]],
    categories: Sequence[str],
    scores: Sequence[float],
    rose: Sequence[float],
) -> dict[str, str]:
    """By entity that is slow for its queries, the store of its cluster that it asks.

    entities    the entity of each of N series
    metrics     name and derivation of each
    categories  N metric categories
    scores      how strongly each points at a cause
    rose        by how much each rose, in its own unit

    >>> web, store = Entity("web", "app"), Entity("orders-db", "app")
    >>> metrics = [("http_request_ms", "mean"), ("db_query_duration_seconds", "mean"), ("pg_locks_count", "")]
    >>> categories, scores, rose = ["latency", "latency", "saturation"], [4.0, 4.0, 3.0], [900.0, 0.8, 5.0]
    >>> queried_stores([web, web, store], metrics, categories, scores, rose)
    {'web': 'orders-db'}
    """
    slower: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    best: dict[str, float] = defaultdict(float)
    latency: dict[str, float] = defaultdict(float)
    known = {e.name: e for e in entities}
    for entity, (metric, derivation), category, score, more in zip(
        entities, metrics, categories, scores, rose, strict=True
    ):
        best[entity.name] = max(best[entity.name], score)
        seconds = more * _SECONDS.get(unit_of(metric, derivation), 0.0)
        if category == "latency" and score > 0.0 and seconds > 0.0:
            told = slower[entity.name][derivation]
            asked = store_asked(metric)
            told[asked] = max(told.get(asked, 0.0), seconds)
            latency[entity.name] = max(latency[entity.name], score)
    stores = sorted(name for name in best if is_store(name))
    found = {}
    for name in sorted(slower.keys() - set(stores)):
        place = known[name].tenant, known[name].cluster
        near = [s for s in stores if (known[s].tenant, known[s].cluster) == place]
        asked = _slow_query(list(slower[name].values()))
        store = max(
            (s for s in near if _is_meant(asked, s) and best[s] >= _MOST * latency[name]),
            key=lambda s: best[s],
            default="",
        )
        if store:
            found[name] = store
    return found


def _slow_query(told: Sequence[dict[str, float]]) -> str:
    """The kind of store whose queries explain the answers that became slower by most; empty where none does.

    told  by statistic, how much slower answers (empty) and the queries of each kind of store became
    """
    both = [own for own in told if len(own) > ("" in own)]
    if not both:
        return ""
    own = max(both, key=lambda own: own.get("", 0.0))
    query = max((asked for asked in own if asked), key=lambda asked: own[asked])
    return query if own[query] >= _MOST * own.get("", 0.0) else ""


def _is_meant(asked: str, store: str) -> bool:
    """Whether a store of this name may be what such queries go to."""
    name = store.lower()
    if asked in _ANY:
        return not any(cache in name for cache in _CACHES)
    return bool(asked) and asked in name
