"""What the metrics of each entity add up to, by role: what users feel, resources, load."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Bytes, Flags
from patternwatch.contracts.metric_categories import METRIC_CATEGORIES
from patternwatch.watch.suspects.metric_evidence import MetricEvidence
from patternwatch.watch.suspects.roles import LOAD, RESOURCE, SYMPTOM, roles_by_category

RESOURCE_WEIGHT = 0.5
"""Resources explain what users feel; they are not felt."""
_TRAFFIC, _ERROR = METRIC_CATEGORIES.index("traffic"), METRIC_CATEGORIES.index("error")
_READY = [METRIC_CATEGORIES.index(name) for name in ("availability", "health")]
_ROLES = roles_by_category()
_Float64s = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RoleSums:
    """By entity number, each of shape (E,).

    felt       symptoms other than failures and fewer requests
    unwell     the part of them that says that it is not ready, or not there
    errors     that requests fail
    fewer      that fewer requests come
    shifted    bool: more of them come to another of its series: these are not lost
    resources  of which there is more or less
    load       more requests, and what moves with them
    strongest  the strongest single series of a symptom
    failed     the same of failures
    far        how high the highest resource is, uncapped
    busy       the same of load
    strength   all of it, uncapped
    """

    felt: _Float64s
    unwell: _Float64s
    errors: _Float64s
    fewer: _Float64s
    shifted: Flags
    resources: _Float64s
    load: _Float64s
    strongest: _Float64s
    failed: _Float64s
    far: _Float64s
    busy: _Float64s
    strength: _Float64s

    @classmethod
    def none(cls, entities: int) -> "RoleSums":
        """Of so many entities without a suspect."""
        kinds = {field.name: np.bool_ if field.name == "shifted" else np.float64 for field in fields(cls)}
        return cls(**{name: np.zeros(entities, dtype=kind) for name, kind in kinds.items()})


def sums_by_role(found: MetricEvidence, entities: int, even: Flags) -> RoleSums:
    """Add up the metrics of so many entities.

    even  bool, shape (E,): who has no more requests than before, all in all

    >>> error, cpu = METRIC_CATEGORIES.index("error"), METRIC_CATEGORIES.index("cpu")
    >>> up, one = np.array([True, True]), np.array([3.0, 2.0])
    >>> found = MetricEvidence(np.array([1, 1]), np.array([error, cpu]), up, one, one, one)
    >>> sums = sums_by_role(found, 2, np.array([False, False]))
    >>> sums.errors.tolist(), sums.load.tolist(), sums.strength.tolist()
    ([0.0, 3.0], [0.0, 2.0], [0.0, 4.0])
    """
    role = _ROLES[found.category, found.up.astype(np.int64)]
    symptom = role == SYMPTOM
    traffic, failing = symptom & (found.category == _TRAFFIC), symptom & (found.category == _ERROR)
    weight = np.where(symptom, 1.0, RESOURCE_WEIGHT) * (role > 0)

    def summed(mine: Flags, values: _Float64s = found.value) -> _Float64s:
        into = np.zeros(entities)
        np.add.at(into, found.entity[mine], values[mine])
        return into

    def highest(mine: Flags, values: _Float64s) -> _Float64s:
        into = np.zeros(entities)
        np.maximum.at(into, found.entity[mine], values[mine])
        return into

    shifted = np.zeros(entities, dtype=np.bool_)
    shifted[found.entity[(role == LOAD) & (found.category == _TRAFFIC)]] = True
    # What falls is no exhaustion: a process that was restarted has less of everything.
    return RoleSums(
        felt=summed(symptom & ~traffic & ~failing),
        unwell=summed(symptom & np.isin(found.category, _READY)),
        errors=summed(failing),
        fewer=summed(traffic),
        shifted=shifted,
        resources=summed(role == RESOURCE),
        load=_load(found, role, even),
        strongest=highest(symptom, found.single),
        failed=highest(failing, found.single),
        far=highest((role == RESOURCE) & found.up, found.uncapped),
        busy=highest((role == LOAD) & found.up, found.uncapped),
        strength=summed(role >= 0, found.uncapped * weight),
    )


def _load(found: MetricEvidence, role: Bytes, even: Flags) -> _Float64s:
    """By entity, its load: more requests move processors and networks too, one cause, counted once."""
    load, loads = np.zeros(len(even)), role == LOAD
    np.maximum.at(load, found.entity[loads], found.value[loads])
    # Requests that came from another part of the same workload, which is moved, are no more of them.
    busier = found.entity[loads & (found.category == _TRAFFIC) & found.up]
    load[busier[even[busier]]] = 0.0
    return load
