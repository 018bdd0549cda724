"""From suspects to entities: how much speaks for trouble, by symptoms, resources and load.

Metrics (`suspects/metric_evidence.py`) add up. What moves in many services at once is the cluster's, and
counts for none of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Bytes, Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.metric_categories import METRIC_CATEGORIES, MetricCategoryName
from patternwatch.watch.losses.losses import NO_LOSSES, Losses
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.metric_evidence import (
    CAP,
    LEAST_SCORE,
    MetricEvidence,
    evidence_by_metric,
)
from patternwatch.watch.suspects.muting import NOTHING_MUTED, Muting
from patternwatch.watch.suspects.roles import LOAD, RESOURCE, RULES, SYMPTOM, roles_by_category
from patternwatch.watch.suspects.suspects import NO_SUSPECTS, Suspects

RESOURCE_WEIGHT = 0.5
"""Resources explain what users feel; they are not felt."""
COMMON_SHARE, COMMON_QUANTILE = 0.3, 0.75
"""From this share of services with less traffic (or more load) on, what does not exceed this quantile of
theirs is common: the end of a surge. Failures and slowness in many services are trouble all the same: they
travel from a service to those that call it."""
USUAL_FAILURES = 0.5
"""Part that failures count where they are over, or no more than in other half hours of the week."""
MOST_FAILING = 10.0
"""What a doubling of the failing share counts for who has most: callers fail too, with a part of it."""
GONE = 50.0
"""Evidence of an entity that is not there: above every bar."""
FULL = RULES["availability"].weight * (CAP - LEAST_SCORE)
"""Evidence of a space that runs out: as much as a metric of all parts that says that they are not there. With
what its own history says it opens at once: two rows in a row with hardly any space left are no noise."""
_TRAFFIC, _ERROR = METRIC_CATEGORIES.index("traffic"), METRIC_CATEGORIES.index("error")
_NOBODY = np.empty(0, dtype=np.int64)
_READY = [METRIC_CATEGORIES.index(name) for name in ("availability", "health")]
_ROLES = roles_by_category()
_Float64s = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EntityEvidence:
    """Evidence by entity number, each of shape (E,).

    symptoms, resources, load  float32: by role, what is common to many taken off
    lasting  float32: the part of the symptoms that no hour of the day moves: all but fewer requests
    unwell   float32: the part of the symptoms that says that it is not ready, or not there
    failing  float32: the part of the symptoms that says that requests fail
    total    float32: what counts against the bar
    widest   float32: the part of it that its strongest single series makes, with what half bears it out
    far      float32: how high its highest resource or load is, uncapped
    strength float32: the same as `total` without the cap: who has it most
    gone     bool: none of its parts gives a sample
    silent   bool: the same for a moment: it opens nothing, but is named where something opens meanwhile
    machine  bool: it has no users of its own, and is not muted
    mute     bool: it opens nothing: it is a machine of which no space runs out, or is muted
    suspects what it was made of
    entity   int64, shape (K,): the entity of each suspect
    muted    bool, shape (K,): whether it counts for nothing
    """

    symptoms: Floats32
    lasting: Floats32
    unwell: Floats32
    failing: Floats32
    resources: Floats32
    load: Floats32
    total: Floats32
    widest: Floats32
    far: Floats32
    strength: Floats32
    gone: Flags
    silent: Flags
    machine: Flags
    mute: Flags
    suspects: Suspects
    entity: Integers
    muted: Flags


def entity_evidence(
    suspects: Suspects,
    members: Members,
    gone: Integers,
    muting: Muting = NOTHING_MUTED,
    losses: Losses = NO_LOSSES,
    demand: Suspects = NO_SUSPECTS,
    silent: Integers = _NOBODY,
    full: Integers = _NOBODY,
) -> EntityEvidence:
    """Sum the suspects of each entity; of those that are muted nothing counts, but they are in the result.

    gone    numbers of the entities that are not there
    silent  numbers of those that are not there for a moment
    full    numbers of those of which a space runs out, or a queue that nobody serves
    losses  what their users lose
    demand  resources that are above what so many requests usually take

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members = Members(AnalysisSettings(), 30_000)
    >>> labels = [{"__name__": "http_request_duration_seconds", "service": name} for name in ("cart", "web")]
    >>> slots, _ = members.place(labels, ["p99", "p99"])
    >>> seen = Suspects(slots[:1], np.array([True]), np.float32([6.5]), np.float32([0.2]))
    >>> evidence = entity_evidence(seen, members, np.array([1]))
    >>> evidence.symptoms.tolist(), evidence.total.tolist()
    ([4.0, 0.0], [4.0, 50.0])
    """
    entities, entity = len(members.machines), members.entity[suspects.slots].astype(np.int64)
    muted, muted_entities = muting.of_suspects(suspects, members), muting.of_entities(members)
    symptoms, errors, fewer, strongest, load, resources, far, busy, strength = np.zeros((9, entities))
    unwell, failures, failed, lost = np.zeros((4, entities))
    is_gone, is_silent, is_full = np.zeros((3, entities), dtype=np.bool_)
    losses = losses.fitted(entities)
    # A track that is taken away once another one has its requests is not missed.
    is_gone[gone], is_silent[silent], is_full[full] = ~losses.exchanged[gone], True, True
    # What a machine takes is felt by what runs on it, if at all; that its space runs out needs no other sign.
    mute = (members.machines & ~is_full) | muted_entities
    if not muted.all():
        found = evidence_by_metric(suspects.take(~muted), members)
        role = _ROLES[found.category, found.up.astype(np.int64)]
        traffic = (role == SYMPTOM) & (found.category == _TRAFFIC)
        failing = (role == SYMPTOM) & (found.category == _ERROR)
        for mine, into in (
            ((role == SYMPTOM) & ~traffic & ~failing, symptoms),
            (failing, errors),
            (traffic, fewer),
            (role == RESOURCE, resources),
            ((role == SYMPTOM) & np.isin(found.category, _READY), unwell),
        ):
            np.add.at(into, found.entity[mine], found.value[mine])
        load = _load(found, role, losses)
        # What falls is no exhaustion: a process that was restarted has less of everything.
        for kind, into in ((LOAD, busy), (RESOURCE, far)):
            rises = (role == kind) & found.up
            np.maximum.at(into, found.entity[rises], found.uncapped[rises])
        np.maximum.at(strongest, found.entity[role == SYMPTOM], found.single[role == SYMPTOM])
        np.maximum.at(failed, found.entity[failing], found.single[failing])
        np.add.at(
            strength,
            found.entity,
            found.uncapped * np.where(role == SYMPTOM, 1.0, RESOURCE_WEIGHT) * (role > 0),
        )
        is_told = fewer > 0
        # Requests that go to another part of the same workload are not lost.
        fewer[found.entity[(role == LOAD) & (found.category == _TRAFFIC)]] = 0.0
        fewer[losses.whole] = 0.0
        counted = np.where(is_told, _in_full(losses.missing_decades, "traffic"), 0.0)
        strength += np.maximum(counted - fewer, 0.0)
        fewer = np.maximum(fewer, counted)
        fewer += np.where(fewer > 0, losses.missing, 0.0)
        errors *= np.where(losses.usual, USUAL_FAILURES, 1.0)
        told, counted = errors, _in_full(losses.failing_decades, "error")
        errors = np.maximum(told, counted)
        more = np.where(errors > 0, losses.failing, 0.0)
        lost += np.where((failed > 0) & (failed >= strongest), more, 0.0)
        strongest = np.where(
            losses.lasted, strongest, _with_the_same_failures(strongest, failed, told, counted, more)
        )
        strength += MOST_FAILING * more
        failures += errors + more
        symptoms += failures
        _take_off_exchanged((load, busy, resources, far), losses)
        for values in (fewer, load, busy):
            _take_off_common(values, mute)
    symptoms += FULL * is_full
    lasting = symptoms.copy()
    symptoms += fewer
    total = symptoms + RESOURCE_WEIGHT * (resources + load)
    # How much one series of failures loses is a reason as another series is; half of each is none.
    widest = np.minimum(strongest, symptoms)
    widest += np.clip(total - widest - lost, 0.0, lost)
    above, demand = np.zeros(entities), demand.take(~muting.of_suspects(demand, members))
    np.maximum.at(above, members.entity[demand.slots], np.maximum(demand.score - LEAST_SCORE, 0))
    strength += RESOURCE_WEIGHT * above + FULL * is_full
    total[is_gone] = np.maximum(total[is_gone], GONE)
    strength[is_gone] += GONE
    return EntityEvidence(
        symptoms=symptoms.astype(np.float32),
        lasting=lasting.astype(np.float32),
        unwell=unwell.astype(np.float32),
        failing=failures.astype(np.float32),
        resources=resources.astype(np.float32),
        load=load.astype(np.float32),
        total=total.astype(np.float32),
        widest=widest.astype(np.float32),
        far=np.maximum(np.maximum(far, busy), above).astype(np.float32),
        strength=strength.astype(np.float32),
        gone=is_gone,
        silent=is_silent & ~mute,
        machine=members.machines & ~muted_entities,
        mute=mute,
        suspects=suspects,
        entity=entity,
        muted=muted,
    )


def _load(found: MetricEvidence, role: Bytes, losses: Losses) -> _Float64s:
    """By entity, its load: more requests move processors and networks too, one cause, counted once."""
    load, loads = np.zeros(len(losses.even)), role == LOAD
    np.maximum.at(load, found.entity[loads], found.value[loads])
    # Requests that came from another part of the same workload, which is moved, are no more of them.
    busier = found.entity[loads & (found.category == _TRAFFIC) & found.up]
    load[busier[losses.even[busier]]] = 0.0
    return load


def _with_the_same_failures(
    strongest: _Float64s, failed: _Float64s, told: _Float64s, counted: _Float64s, more: _Float64s
) -> _Float64s:
    """The strongest single series, with what the failures that it tells of count because they are no chance.

    Few requests of many parts are single failures in each of many series: what none of these tells by itself
    must have lasted, or last, as what one series alone tells. And the same failures do not bear that one out.

    strongest, failed  the strongest series of all, and of failures
    told, counted      failures as their series tell of them, and as chance does not explain them
    more               for how many they are
    """
    beyond = np.where(failed >= strongest, np.maximum(counted - told, 0.0), 0.0)
    return np.where(told > 0, strongest + beyond, np.maximum(strongest, counted + more))


def _in_full(decades: Floats32, category: MetricCategoryName) -> _Float64s:
    """What losses that stay count: at most what a metric of all parts does, each as far as can be known."""
    return RULES[category].weight * np.minimum(decades.astype(np.float64), CAP - LEAST_SCORE)


def _take_off_exchanged(of_resources: Iterable[_Float64s], losses: Losses) -> None:
    """What goes to another track of an application, or comes from it, goes with its requests; in place."""
    for values in of_resources:
        values[losses.exchanged] = 0.0


def _take_off_common(values: _Float64s, mute: Flags) -> None:
    """Where many services show it at once, each keeps what exceeds most of theirs; in place."""
    showing = values[~mute & (values > 0)]
    if len(showing) > max(3.0, COMMON_SHARE * np.count_nonzero(~mute)):
        values[:] = np.maximum(values - np.quantile(showing, COMMON_QUANTILE), 0.0)
