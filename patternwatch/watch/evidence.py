"""From suspects to entities: how much speaks for trouble, by symptoms, resources and load.

A pod's series of one metric count as their strongest, less what the strongest of so many is by chance
(Bonferroni: of n series, one in n times as many rows). A metric counts its pods' mean, and a part of its
strongest pod; metrics add up. What moves in many services at once is the cluster's, and counts for none of
them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.members import Members
from patternwatch.watch.roles import LOAD, RESOURCE, SYMPTOM, roles_by_category, weights_by_category
from patternwatch.watch.suspects import Suspects

LEAST_SCORE = 2.5
"""What a score must exceed: once in 300 rows happens to each of thousands of series all day."""
STRONGEST_POD = 0.25
"""The part of a metric's evidence that its strongest pod makes; the rest is its pods' mean."""
RESOURCE_WEIGHT = 0.5
"""Resources explain what users feel; they are not felt."""
COMMON_SHARE, COMMON_QUANTILE = 0.1, 0.75
"""From this share of services with symptoms on, what does not exceed this quantile of theirs is common."""
GONE = 50.0
"""Evidence of an entity that is not there: above every bar."""
_ROLES, _WEIGHTS = roles_by_category(), weights_by_category()
_Float64s = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EntityEvidence:
    """Evidence by entity number, each of shape (E,).

    symptoms, resources, load  float32: by role, what is common to many taken off
    total    float32: what counts against the bar
    widest   float32: the part of it that its strongest single metric makes
    gone     bool: none of its parts gives a sample
    machine  bool: no users of its own; opens nothing
    suspects what it was made of
    entity   int64, shape (K,): the entity of each suspect
    """

    symptoms: Floats32
    resources: Floats32
    load: Floats32
    total: Floats32
    widest: Floats32
    gone: Flags
    machine: Flags
    suspects: Suspects
    entity: Integers


def entity_evidence(suspects: Suspects, members: Members, gone: Integers) -> EntityEvidence:
    """Sum the suspects of each entity.

    gone  numbers of the entities that are not there

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members = Members(AnalysisSettings(), 30_000)
    >>> labels = [{"__name__": "http_request_duration_seconds", "service": name} for name in ("cart", "web")]
    >>> slots, _ = members.place(labels, ["p99", "p99"])
    >>> seen = Suspects(slots[:1], np.array([True]), np.float32([6.5]), np.float32([0.2]))
    >>> evidence = entity_evidence(seen, members, np.array([1]))
    >>> evidence.symptoms.tolist(), evidence.total.tolist()
    ([4.0, 0.0], [4.0, 50.0])
    """
    entities = len(members.machines)
    entity = members.entity[suspects.slots].astype(np.int64)
    by_role, strongest = np.zeros((4, entities)), np.zeros(entities)
    if len(suspects):
        owner, category, up, value = _metrics(suspects, members)
        value *= _WEIGHTS[category]
        role = _ROLES[category, up.astype(np.int64)]
        np.add.at(by_role, (SYMPTOM, owner[role == SYMPTOM]), value[role == SYMPTOM])
        np.add.at(by_role, (RESOURCE, owner[role == RESOURCE]), value[role == RESOURCE])
        # More requests move processors and networks too: one cause, counted once.
        np.maximum.at(by_role, (LOAD, owner[role == LOAD]), value[role == LOAD])
        np.maximum.at(strongest, owner[role == SYMPTOM], value[role == SYMPTOM])
    machine = members.machines
    symptoms, load = by_role[SYMPTOM], by_role[LOAD]
    _take_off_common(symptoms, machine)
    _take_off_common(load, machine)
    total = symptoms + RESOURCE_WEIGHT * (by_role[RESOURCE] + load)
    is_gone = np.zeros(entities, dtype=np.bool_)
    is_gone[gone] = True
    total[is_gone] = np.maximum(total[is_gone], GONE)
    as32 = (symptoms, by_role[RESOURCE], load, total, np.minimum(strongest, symptoms))
    arrays = [array.astype(np.float32) for array in as32]
    return EntityEvidence(
        arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], is_gone, machine, suspects, entity
    )


def _metrics(suspects: Suspects, members: Members) -> tuple[Integers, Integers, Flags, _Float64s]:
    """Entity, category, direction and value of each metric of an entity that has suspects."""
    entity, family = members.entity[suspects.slots].astype(np.int64), members.family[suspects.slots]
    families = len(members.families)
    metric = entity * families + family
    series, parts = _sizes(metric, members)
    score = suspects.score - np.log10(np.maximum(series / parts, 1.0))
    of_pod = np.unique(
        np.stack([metric, members.pod[suspects.slots], suspects.up]), axis=1, return_inverse=True
    )
    pods, pod_of = of_pod[0], of_pod[1].ravel()
    best = np.zeros(pods.shape[1])
    np.maximum.at(best, pod_of, np.maximum(score - LEAST_SCORE, 0.0))
    of_metric = np.unique(pods[[0, 2]], axis=1, return_inverse=True)
    metrics, metric_of = of_metric[0], of_metric[1].ravel()
    total, largest = np.bincount(metric_of, best), np.zeros(metrics.shape[1])
    np.maximum.at(largest, metric_of, best)
    count = np.zeros(metrics.shape[1])
    category = np.zeros(metrics.shape[1], dtype=np.int64)
    count[metric_of[pod_of]] = parts
    category[metric_of[pod_of]] = members.category[suspects.slots]
    value = (1.0 - STRONGEST_POD) * total / count + STRONGEST_POD * largest
    return metrics[0] // families, category, metrics[1] > 0, value


def _sizes(metric: Integers, members: Members) -> tuple[_Float64s, _Float64s]:
    """Of each suspect's metric (entity and family): how many series it has, and in how many pods."""
    mine = np.unique(metric)
    there = np.flatnonzero(members.present)
    every = members.entity[there].astype(np.int64) * len(members.families) + members.family[there]
    kept = np.isin(every, mine)
    at, pod = np.searchsorted(mine, every[kept]), members.pod[there][kept]
    pods = np.unique(np.stack([at, pod]), axis=1)[0]
    of = np.searchsorted(mine, metric)
    series = np.bincount(at, minlength=len(mine))[of].astype(np.float64)
    return np.maximum(series, 1.0), np.maximum(np.bincount(pods, minlength=len(mine))[of], 1.0)


def _take_off_common(values: _Float64s, machine: Flags) -> None:
    """Where many services show it at once, each keeps what exceeds most of theirs; in place."""
    showing = values[~machine & (values > 0)]
    if len(showing) > max(3.0, COMMON_SHARE * np.count_nonzero(~machine)):
        values[:] = np.maximum(values - np.quantile(showing, COMMON_QUANTILE), 0.0)
