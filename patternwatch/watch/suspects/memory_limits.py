"""Containers whose memory reaches its limit: the kernel kills them there, however slowly it filled.

What a leak takes is a resource, and half as telling as what users feel. At the limit it is felt at once or
within minutes (`analysis/metrics/used_up.py`). Copies of files count in a container's working set and are
given up when memory is asked for: where its own pages are told beside it, these must be near the limit.
Source: Kubernetes documentation, "Assign Memory Resources to Containers and Pods".
"""

from collections.abc import Callable

import numpy as np

from patternwatch.analysis.metrics.limits import limit_labels, may_limit
from patternwatch.analysis.metrics.used_up import used_up
from patternwatch.compiled import Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.metric_categories import METRIC_CATEGORIES
from patternwatch.contracts.series import Labels
from patternwatch.watch.members.members import Members
from patternwatch.watch.members.told_states import MEMORY_LIMIT
from patternwatch.watch.suspects.suspects import Suspects

_MEMORY = METRIC_CATEGORIES.index("memory")
_OWN_PAGES = "container_memory_rss"
_NEAR = 0.9


def at_memory_limit(
    suspects: Suspects, members: Members, level: Floats32, now: Callable[[int], float]
) -> Integers:
    """Numbers of the entities of which a container's memory came near its limit, as it usually is not.

    level  by slot: the usual value of the series; NaN where unknown
    now    of a slot: its value now; NaN where unknown

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members = Members(AnalysisSettings(), 30_000)
    >>> pods = [{"pod": f"cart-{n}", "container": "cart"} for n in range(2)]
    >>> names = "container_memory_working_set_bytes", "kube_pod_container_resource_limits"
    >>> used, limits = ([{"__name__": name, **pod, "resource": "memory"} for pod in pods] for name in names)
    >>> slots, _ = members.place([*used, *limits], [""] * 4)
    >>> level = np.full(len(members), 2e8, dtype=np.float32)
    >>> rose = Suspects(slots[:2], np.array([True, True]), np.float32([6.0, 6.0]), np.float32([2.8e8, 1e8]))
    >>> value = dict(zip(slots.tolist(), [4.8e8, 3e8, 5e8, 5e8]))
    >>> at_memory_limit(rose, members, level, value.get).tolist() == [members.entity[slots[0]]]
    True
    """
    rose = suspects.slots[suspects.up & (members.category[suspects.slots] == _MEMORY)]
    limits = np.flatnonzero(members.present & (members.states == MEMORY_LIMIT))
    if not len(rose) or not len(limits):
        return np.empty(0, dtype=np.int64)
    limits = limits[np.isin(members.pod[limits], members.pod[rose])]
    found = [
        slot
        for slot in rose.tolist()
        for limit in limits[members.pod[limits] == members.pod[slot]].tolist()
        if _is_of(members.labels[limit], members.labels[slot])
        and used_up(level[[slot]].astype(np.float64), np.array([now(slot)]), np.array([now(limit)])).any()
        and not _is_of_files(slot, members, now(limit), now)
    ]
    return np.unique(members.entity[found]).astype(np.int64)


def _is_of(limit: Labels, use: Labels) -> bool:
    """Whether a series tells the limit of what another one counts."""
    shared = limit_labels(limit)
    return (
        shared is not None
        and may_limit(limit["__name__"], use["__name__"])
        and all(limit.get(name) == use.get(name) for name in shared)
    )


def _is_of_files(slot: int, members: Members, limit: float, now: Callable[[int], float]) -> bool:
    """Whether the container's own pages are told, and are far from its limit."""
    own = {**members.labels[slot], "__name__": _OWN_PAGES}
    beside = np.flatnonzero(members.present & (members.pod == members.pod[slot]))
    pages = [now(other) for other in beside.tolist() if members.labels[other] == own]
    return any(value < _NEAR * limit for value in pages)
