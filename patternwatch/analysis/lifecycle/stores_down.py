"""Stores that are down as their exporters say: what answers nobody at all explains those who ask it.

An exporter that cannot reach what it tells of says so, and is scraped on ("Writing exporters", "Failed
scrapes" of the Prometheus documentation). A database, a cache or a broker calls nobody, so that nothing which
it asks can be why. Of a proxy or a program the same may say that all of its workers wait for somebody else.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from patternwatch.contracts.series import Matrix

_SAYS_SO = re.compile(
    r"(redis|valkey|memcached|pg|postgres|mysql|mariadb|mssql|oracledb|mongodb|elasticsearch|opensearch|solr"
    r"|cassandra|clickhouse|couchbase|couchdb|influxdb|neo4j|aerospike|zk|zookeeper|rabbitmq|nats|activemq"
    r"|beanstalkd?|ldap|openldap)_up"
)
"""How exporters of what calls nobody say whether they reach it."""


@lru_cache(maxsize=50_000)
def tells_of_store(metric: str) -> bool:
    """Whether a metric is an exporter's word on whether a store answers.

    >>> [tells_of_store(name) for name in ("redis_up", "redis_master_link_up", "phpfpm_up", "up")]
    [True, False, False, False]
    """
    return _SAYS_SO.fullmatch(metric) is not None


def falls_of_stores(metrics: Sequence[str], values: Matrix) -> dict[int, list[int]]:
    """By the position of each exporter's word, the rows at which it fell to 0.

    metrics  names of N metrics
    values   shape (N, T); NaN is a gap

    >>> falls_of_stores(["pg_up", "up"], np.array([[1.0, np.nan, 0.0, 0.0, 1.0, 0.0], [1, 1, 1, 0, 0, 0]]))
    {0: [2, 5]}
    """
    found = {}
    for i, metric in enumerate(metrics):
        if tells_of_store(metric):
            there = np.flatnonzero(~np.isnan(values[i]))
            says = values[i, there]
            if rows := there[1:][(says[1:] == 0.0) & (says[:-1] > 0.0)].tolist():
                found[i] = rows
    return found
