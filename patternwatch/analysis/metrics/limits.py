"""Limits: how many connections, descriptors, threads or bytes there may be, and which metrics tell the use.

An exporter tells a limit beside what is used of it, under the same labels and nearly the same name:
`process_max_fds` and `process_open_fds`, `hikaricp_connections_max` and `hikaricp_connections_active`. So a
name is what is left of it without the words for limits and for use; what has other names, or is told by
another program, stands in a table.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

from patternwatch.analysis.metrics.high_water import is_high_water
from patternwatch.analysis.metrics.limit_pairs import PAIRS, Pair
from patternwatch.contracts.metric_words import in_snake_case
from patternwatch.contracts.series import Labels

Stem: TypeAlias = frozenset[str]
"""The words of a name without those for limits and for use."""

_LIMIT = frozenset(("max", "maximum", "limit", "limits", "capacity"))
_OF_ALL = frozenset(("limit", "limits", "maximum"))
"""Of the whole: `node_nf_conntrack_entries_limit` is that of `node_nf_conntrack_entries`. A pool at its `max`
may be idle, and its plain name counts what it holds (`hikaricp_connections`)."""
_USE = frozenset(
    (
        *("used", "use", "usage", "in", "current", "currently", "active", "open", "opened", "busy"),
        *("allocated", "connected", "estimated", "working", "set"),
    )
)
_NO_MATTER = frozenset(
    (
        *("config", "settings", "setting", "spec", "status", "global", "variables", "process", "pool"),
        *("count", "size"),
    )
)
"""Words that say where a number is read, or that it is one."""
_NO_SPACE = frozenset(
    (
        *("seconds", "milliseconds", "ms", "us", "duration", "time", "timeout", "latency", "delay"),
        *("interval", "age", "lag", "ratio", "percent", "percentage", "rate", "replicas", "retries"),
        *("attempts", "version", "min"),
        *("available", "free", "remaining"),  # a limit of what is left is the least of it
    )
)
_KEPT_FULL = re.compile(r"cache|^redis_memory|^memcached_(limit_)?bytes|^container_memory_usage|buffer_pool")
"""What is filled on purpose: the oldest makes room. cAdvisor's usage holds copies of files."""


_BY_LIMIT = {pair.limit: pair for pair in PAIRS}
_BY_USE: Mapping[str, tuple[Pair, ...]] = {
    name: tuple(pair for pair in PAIRS if name in pair.use) for own in PAIRS for name in own.use
}


@lru_cache(maxsize=50_000)
def _words(metric: str) -> frozenset[str]:
    return frozenset(in_snake_case(metric).replace(":", "_").split("_")) - {""}


@lru_cache(maxsize=50_000)
def stem_of(metric: str) -> Stem:
    """What a name is without words for limits and for use.

    >>> sorted(stem_of("process_max_fds")), stem_of("process_open_fds") == stem_of("process_max_fds")
    (['fds'], True)
    """
    return _words(metric) - _LIMIT - _USE - _NO_MATTER


@lru_cache(maxsize=50_000)
def tells_limit(metric: str) -> bool:
    """Whether a name tells how much there may be at most.

    >>> [tells_limit(name) for name in ("process_max_fds", "process_open_fds", "http_requests_seconds_max")]
    [True, False, False]
    """
    words = _words(metric)
    named = not words.isdisjoint(_LIMIT) and words.isdisjoint(_NO_SPACE) and bool(stem_of(metric))
    return named and not is_high_water(metric) and _KEPT_FULL.search(in_snake_case(metric)) is None


def is_limit(metric: str) -> bool:
    """Whether a metric tells limits, by its name alone: some of its series may tell another thing.

    >>> is_limit("pg_settings_max_connections"), is_limit("kube_resourcequota"), is_limit("up")
    (True, False, False)
    """
    pair = _BY_LIMIT.get(metric)
    return tells_limit(metric) if pair is None else metric not in pair.use


def limit_labels(labels: Labels) -> tuple[str, ...] | None:
    """By which labels what is used of a limit is found, in alphabetical order; None of what is no limit.

    >>> limit_labels({"__name__": "jvm_memory_max_bytes", "instance": "a:80", "area": "heap"})
    ('area', 'instance')
    >>> limit_labels({"__name__": "kube_resourcequota", "type": "used", "namespace": "shop"}) is None
    True
    """
    metric = labels.get("__name__", "")
    pair = _BY_LIMIT.get(metric)
    if pair is None:
        return _plain(labels, ()) if tells_limit(metric) else None
    if any(labels.get(name) != value for name, value in pair.of.items()):
        return None
    return tuple(name for name in pair.by if name in labels) or _plain(labels, pair.of)


def _plain(labels: Labels, without: Mapping[str, str] | tuple[()]) -> tuple[str, ...]:
    return tuple(sorted(name for name in labels if name != "__name__" and name not in without))


def may_limit(limit: str, metric: str) -> bool:
    """Whether a metric tells the limit of what another one counts, by their names.

    limit  one that tells a limit (`limit_labels`)

    >>> [may_limit("hikaricp_connections_max", f"hikaricp_connections_{end}") for end in ("active", "idle")]
    [True, False]
    >>> may_limit("pg_settings_max_connections", "pg_stat_database_numbackends")
    True
    """
    return any(pair.limit == limit for pair in _BY_USE.get(metric, ())) or (
        limit not in _BY_LIMIT and _are_alike(limit, metric)
    )


def counts_use(limit: str, labels: Labels) -> bool:
    """Whether a series counts what is used, by its labels: connections may be told by state, idle ones too.

    >>> [counts_use("kube_resourcequota", {"type": own}) for own in ("used", "hard")]
    [True, False]
    """
    pair = _BY_LIMIT.get(limit)
    if pair is None:
        return labels.get("state") != "idle"
    return all(labels.get(name) == value for name, value in pair.used.items())


@lru_cache(maxsize=50_000)
def _are_alike(limit: str, use: str) -> bool:
    words = _words(use)
    is_use = not words.isdisjoint(_USE) or not _words(limit).isdisjoint(_OF_ALL)
    is_use |= "size" in words and "capacity" in _words(limit)
    kept_full = _KEPT_FULL.search(in_snake_case(use)) is not None
    return is_use and not tells_limit(use) and not kept_full and stem_of(use) == stem_of(limit)
