"""Databases that keep others waiting: locks, long transactions, queries that pile up.

Hardly any label says who asks a database, and few callers tell how long their queries take. But a database
does not wait for those who ask it: where one of them alone, of a cluster, holds locks or runs slowly from
when others became slow, these have it from there, and with it the requests that time out. So have those that
fail from when it has no connection left to give.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import lru_cache

from patternwatch.analysis.entities.entities import Entity
from patternwatch.contracts.metric_words import in_snake_case

_DATABASE = r"(?:^|_)(?:pg|cnpg|postgres(?:ql)?|mysql|mariadb|mongo(?:db)?|mssql|oracledb?)_"
_WAITS = re.compile(
    rf"{_DATABASE}(?:\w+_)?"
    r"(?:lock_time|lock_current_queue|deadlocks?|waits?|waiting|blocked|slow|max_tx_duration|threads_running"
    r"|latency)(?:_|$)"
)
"""What databases call it: the exporters of PostgreSQL, CloudNativePG, MySQL, MongoDB, SQL."""
_OF_DATABASE = re.compile(_DATABASE)
_PASSED = ("latency", "error", "availability")
_MOST = 0.5
"""Part of an entity's score from which the database is in trouble itself, as in `queried_stores`."""
_WITH_ROWS = 4
"""Rows after others became slow up to which it may have begun: each is scraped at its own time; judgement."""


@lru_cache(maxsize=50_000)
def tells_waiting(metric: str) -> bool:
    """Whether a metric of a database tells of waiting in it.

    >>> [tells_waiting(n) for n in ("mysql_global_status_innodb_row_lock_time", "pg_stat_activity_count")]
    [True, False]
    >>> tells_waiting("hikaricp_connections_pending")  # may be the caller's own fault
    False
    """
    return _WAITS.search(in_snake_case(metric)) is not None


@lru_cache(maxsize=50_000)
def tells_database(metric: str) -> bool:
    """Whether a metric is one of a database.

    >>> tells_database("pg_stat_database_numbackends"), tells_database("hikaricp_connections_active")
    (True, False)
    """
    return _OF_DATABASE.search(in_snake_case(metric)) is not None


def waiting_stores(
    entities: Sequence[Entity],
    metrics: Sequence[str],
    categories: Sequence[str],
    scores: Sequence[float],
    begun: Sequence[int],
    newborn: Sequence[bool],
    told: Collection[str],
    used_up: Collection[int] = (),
) -> dict[tuple[str, str], str]:
    """By entity that waits, and category of its trouble, the one database that keeps it waiting.

    entities    the entity of each of N series
    metrics     the name of each
    categories  N metric categories
    scores      how strongly each points at a cause
    begun       the row at which each began to move
    newborn     whether its replica is new: who was released just then may be why the database waits
    told        the callers of which the callees are known
    used_up     positions of the series that rose to their limits: connections of a database, say

    >>> shop, locked = Entity("shop", "service"), Entity("mysql-1", "instance")
    >>> names, told = ["http_seconds", "mysql_row_lock_waits"], ["latency", "saturation"]
    >>> waiting_stores([shop, locked], names, told, [4.0, 3.0], [252, 250], [False, False], ())
    {('shop', 'latency'): 'mysql-1'}
    >>> waiting_stores([shop, locked], names, told, [4.0, 3.0], [252, 260], [False, False], ())
    {}
    """
    waits: dict[str, tuple[float, int]] = {}
    most: dict[tuple[str, str], tuple[float, int]] = defaultdict(lambda: (0.0, 0))
    known = {entity.name: entity for entity in entities}
    released = {entity.name for entity, is_new in zip(entities, newborn, strict=True) if is_new}
    full: set[str] = set()
    for i, (entity, metric, category, score, row) in enumerate(
        zip(entities, metrics, categories, scores, begun, strict=True)
    ):
        is_full = i in used_up and tells_database(metric)
        if score > 0.0 and (is_full or tells_waiting(metric)):
            full |= {entity.name} if is_full else set()
            waits[entity.name] = max(waits.get(entity.name, (0.0, 0)), (score, row))
        elif score > 0.0 and category in _PASSED:
            most[entity.name, category] = max(most[entity.name, category], (score, row))
    found = {}
    for (name, category), (score, row) in most.items():
        if name in waits or name in told or name in released:
            continue
        place = known[name].tenant, known[name].cluster
        near = [store for store in waits if (known[store].tenant, known[store].cluster) == place]
        strong = [store for store in near if waits[store][0] >= _MOST * score]
        if len(strong) != 1 or waits[strong[0]][1] > row + _WITH_ROWS:
            continue
        if (name, _PASSED[0]) in most or strong[0] in full:  # who is turned away need not wait
            found[name, category] = strong[0]
    return found
