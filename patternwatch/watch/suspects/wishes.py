"""What somebody asked for is no trouble: the pods that a workload shall have, and those that it then loses.

A scale-in and each step of a rolling update wish for fewer pods of a Deployment or a ReplicaSet, and as many
are no longer ready a moment later. What falls further than that was not asked for. The wishes themselves, and
their numbering, are no resource that could run out; nor is what a scraper notes of its scrapes. The highest
value since a process began rises with what others tell, and would go on when that is over. A certificate or a
lease that is renewed has more time left, and nobody is worse off.
Source: kube-state-metrics, "Deployment metrics", "ReplicaSet metrics", "StatefulSet metrics".
"""

import re

import numpy as np

from patternwatch.analysis.identity.scrape_series import SCRAPE_SERIES
from patternwatch.analysis.metrics.high_water import is_high_water
from patternwatch.analysis.metrics.time_left import tells_time_left
from patternwatch.contracts.metric_categories import METRIC_CATEGORIES
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.suspects import Suspects

WISHED = re.compile(r"kube_(deployment_spec|replicaset_spec|statefulset)_replicas")
BOOKKEEPING = re.compile(r"kube_\w+_(generation|status_replicas|status_replicas_(current|updated))")
_NOTED = SCRAPE_SERIES - {"up"}
_READY = [METRIC_CATEGORIES.index(name) for name in ("availability", "health")]


def unasked(suspects: Suspects, members: Members) -> Suspects:
    """The suspects without wishes, and without falls of readiness that are no larger than the wish's fall.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members = Members(AnalysisSettings(), 30_000)
    >>> names = "kube_deployment_spec_replicas", "kube_deployment_status_replicas_available"
    >>> labels = [{"__name__": name, "namespace": "shop", "deployment": "cart"} for name in names]
    >>> slots, _ = members.place(labels, ["", ""])
    >>> def falls(wished: float, available: float) -> Suspects:
    ...     score, size = np.full(2, 6.0, np.float32), np.array([wished, available], np.float32)
    ...     return Suspects(slots, np.array([False, False]), score, size)
    >>> [len(unasked(falls(1, available), members)) for available in (1, 2)]
    [0, 1]
    """
    families, of = np.unique(members.family[suspects.slots], return_inverse=True)
    names = [members.families[family][0] for family in families.tolist()]
    wished = np.array([bool(WISHED.fullmatch(name)) for name in names], dtype=np.bool_)[of]
    noted = np.array([_is_noted(name) for name in names], dtype=np.bool_)[of]
    renewed = np.array([tells_time_left(name) for name in names], dtype=np.bool_)[of] & suspects.up
    if not (wished | noted | renewed).any():
        return suspects
    entity, falls = members.entity[suspects.slots], ~suspects.up
    fewer = np.zeros(len(members.machines), dtype=np.float32)
    np.maximum.at(fewer, entity[wished & falls], suspects.size[wished & falls])
    ready = falls & np.isin(members.category[suspects.slots], _READY)
    planned = ready & (fewer[entity] > 0) & (suspects.size <= fewer[entity])
    return suspects.take(~(wished | noted | planned | renewed))


def _is_noted(metric: str) -> bool:
    return metric in _NOTED or is_high_water(metric) or BOOKKEEPING.fullmatch(metric) is not None
