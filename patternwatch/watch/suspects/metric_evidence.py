"""From suspects to metrics of entities: what the series of all pods say of one metric.

A pod's series of one metric count as their strongest, less what the strongest of so many is by chance
(Bonferroni: of n series, one in n times as many rows). A metric counts its pods' mean, and a part of its
strongest pod. That one of several parts is not ready is told by half a dozen metrics, of its container, its
pod, its workload and its scraper: the most telling one counts, as resources do. Where none is left, all do.
"""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Flags, Integers
from patternwatch.watch.members.members import Members
from patternwatch.watch.members.told_states import AVAILABLE, READY, UNAVAILABLE
from patternwatch.watch.suspects.roles import weights_by_category
from patternwatch.watch.suspects.suspects import Suspects

LEAST_SCORE = 2.5
"""What a score must exceed: once in 300 rows happens to each of thousands of series all day."""
STRONGEST_POD = 0.25
"""The part of a metric's evidence that its strongest pod makes; the rest is its pods' mean."""
CAP = 8.0
"""What a score counts at most for what users feel: rarer than once in a hundred million rows nobody knows,
and by its rarity one metric alone shall not make a case. How far beyond it goes says only who has it most."""
SPARE_WEIGHT = 0.5
"""A replica that is away while others serve is less of a resource; nobody feels it yet."""
_WEIGHTS = weights_by_category()
_NOBODY = np.empty(0, dtype=np.int64)
_Float64s = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MetricEvidence:
    """Metrics of entities that have suspects, shape (M,): capped value, that of one series, and uncapped."""

    entity: Integers
    category: Integers
    up: Flags
    value: _Float64s
    single: _Float64s
    uncapped: _Float64s

    def take(self, which: Integers) -> "MetricEvidence":
        """Those at these positions."""
        return MetricEvidence(*(getattr(self, field.name)[which] for field in fields(self)))


def evidence_by_metric(suspects: Suspects, members: Members, served: Integers = _NOBODY) -> MetricEvidence:
    """Pods' strongest series, then metrics of all pods.

    served  numbers of the entities of which a part is known to be ready

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members = Members(AnalysisSettings(), 30_000)
    >>> labels = [{"__name__": "request_duration_seconds", "service": "cart", "pod": pod} for pod in "ab"]
    >>> slots, _ = members.place(labels, ["p99", "p99"])
    >>> one = Suspects(slots[:1], np.array([True]), np.float32([6.5]), np.float32([3]))
    >>> evidence_by_metric(one, members).value.tolist()
    [2.5]
    """
    families, pods = len(members.families), len(members.pods)
    series, parts = (sizes[suspects.slots] for sizes in members.sizes)
    metric = members.entity[suspects.slots].astype(np.int64) * families + members.family[suspects.slots]
    key = 2 * metric + suspects.up
    keys, key_of = np.unique(key * pods + members.pod[suspects.slots], return_inverse=True)
    score = suspects.score - np.log10(series / parts) - LEAST_SCORE
    best = np.zeros(len(keys))
    np.maximum.at(best, key_of, np.maximum(score, 0.0))
    metrics, metric_of = np.unique(keys // pods, return_inverse=True)
    of_suspect = metric_of[key_of]
    count, category = np.ones(len(metrics)), np.zeros(len(metrics), dtype=np.int64)
    count[of_suspect], category[of_suspect] = parts, members.category[suspects.slots]
    entity, up = metrics // 2 // families, metrics % 2 > 0
    spare = np.zeros(len(metrics), dtype=np.bool_)
    spare[of_suspect] = np.isin(members.states[suspects.slots], (READY, AVAILABLE, UNAVAILABLE))
    spare &= np.isin(entity, served)
    weight = _WEIGHTS[category].astype(np.float64) * np.where(spare, SPARE_WEIGHT, 1.0)

    def over_pods(values: _Float64s) -> tuple[_Float64s, _Float64s]:
        largest = np.zeros(len(count))
        np.maximum.at(largest, metric_of, values)
        mean = np.bincount(metric_of, values, minlength=len(count)) / count
        return weight * ((1.0 - STRONGEST_POD) * mean + STRONGEST_POD * largest), largest

    value, largest = over_pods(np.minimum(best, CAP - LEAST_SCORE))
    single = weight * ((1.0 - STRONGEST_POD) / count + STRONGEST_POD) * largest
    found = MetricEvidence(entity, category, up, value, single, over_pods(best)[0])
    return found.take(_told_first(entity, value, spare))


def _told_first(entity: Integers, value: _Float64s, repeats: Flags) -> Integers:
    """Positions of M metrics without those that repeat what a more telling one says of the same entity.

    >>> entity, repeats = np.array([0, 0, 0, 1]), np.array([True, True, False, True])
    >>> _told_first(entity, np.array([4.0, 8.0, 2.0, 1.0]), repeats).tolist()
    [1, 2, 3]
    """
    order = np.lexsort((-value, entity))
    order = order[repeats[order]]
    first = np.diff(entity[order], prepend=-1) != 0
    return np.sort(np.concatenate([np.flatnonzero(~repeats), order[first]]))
