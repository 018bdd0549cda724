"""Stores: databases, caches and tables, which answer others and call nobody.

Who is slow because of one is slow by about as much, in seconds: latencies add up. So where a metric tells of
both, as service maps and tracers do, a store that became slower by most of what another entity did accounts
for it, though no label says who asks it. The other way round it cannot be.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from patternwatch.analysis.entities.call_graph import SHARED
from patternwatch.analysis.entities.entities import Entity
from patternwatch.analysis.entities.slower_calls import Rises
from patternwatch.contracts.metric_words import in_snake_case

_WORDS = frozenset(
    (
        *("db", "database", "sql", "mysql", "mariadb", "postgres", "postgresql", "oracle", "mssql"),
        *("mongo", "mongodb", "cassandra", "scylla", "couchbase", "dynamodb", "clickhouse", "influxdb"),
        *("redis", "valkey", "memcached", "elasticsearch", "opensearch", "etcd"),
    )
)
"""What stores are called, or say of what kind they are (`AWS::DynamoDB::Table`)."""
_NO_WORD = re.compile(r"[^a-z]+")


@lru_cache(maxsize=50_000)
def is_store(name: str) -> bool:
    """Whether an entity of this name keeps data for others.

    >>> [is_store(name) for name in ("carts-db", "pets_AWS::DynamoDB::Table", "redis-0", "dbus-proxy")]
    [True, True, True, False]
    """
    return not _WORDS.isdisjoint(_NO_WORD.split(in_snake_case(name)))


def slow_stores(entities: Iterable[Entity], slower: Rises, told: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """By entity, the stores of its cluster that became slower by most of what it did, in alphabetical order.

    entities  of all series
    slower    how much longer things take since the onset (`slower_calls.slowed`)
    told      the names of which a call is told, by themselves or to them: these are known

    An entity is held against a store by the family in which it rose most, if that tells of the store too. The
    part is that of its latency which a callee has to show: half is reached by chance, by a few slow queries.

    >>> web, table = Entity("web", "node"), Entity("pets_DynamoDB::Table", "node")
    >>> rose = {"web": {"": {"latency_p99": 11.6}}, table.name: {"": {"latency_p99": 10.2}}}
    >>> slow_stores([web, table], rose, told=[])
    {'web': ('pets_DynamoDB::Table',)}
    """
    places = {e.name: (e.tenant, e.cluster) for e in entities if e.name in slower}
    stores = sorted(name for name in places.keys() - set(told) if is_store(name))
    found = {}
    for name in sorted(places.keys() - set(stores)):
        family, rise = _most(slower, name)
        slow = tuple(
            store
            for store in stores
            if places[store] == places[name]
            and slower[store].get("", {}).get(family, 0.0) >= SHARED["latency"] * rise > 0.0
        )
        if slow:
            found[name] = slow
    return found


def _most(slower: Rises, name: str) -> tuple[str, float]:
    """The family in which an entity rose most, whoever tells it, and by how much."""
    rises = ((rise, family) for told in slower[name].values() for family, rise in told.items())
    rise, family = max(rises, default=(0.0, ""))
    return family, rise
