"""From suspects to entities: how much speaks for trouble, by symptoms, resources and load.

Metrics (`suspects/metric_evidence.py`) add up. What moves in many services at once is the cluster's, and
counts for none of them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.episodes.felt_losses import felt_losses
from patternwatch.watch.episodes.role_sums import RESOURCE_WEIGHT, RoleSums, sums_by_role
from patternwatch.watch.losses.losses import NO_LOSSES, Losses
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.metric_evidence import CAP, LEAST_SCORE, evidence_by_metric
from patternwatch.watch.suspects.muting import NOTHING_MUTED, Muting
from patternwatch.watch.suspects.roles import RULES
from patternwatch.watch.suspects.suspects import NO_SUSPECTS, Suspects

COMMON_SHARE, COMMON_QUANTILE = 0.3, 0.75
"""From this share of services with less traffic (or more load) on, what does not exceed this quantile of
theirs is common: the end of a surge. Failures and slowness in many services are trouble all the same: they
travel from a service to those that call it."""
GONE = 50.0
"""Evidence of an entity that is not there: above every bar."""
FULL = RULES["availability"].weight * (CAP - LEAST_SCORE)
"""Evidence of a space that runs out: as much as a metric of all parts that says that they are not there. With
what its own history says it opens at once: two rows in a row with hardly any space left are no noise."""
_NOBODY = np.empty(0, dtype=np.int64)
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
    served: Integers = _NOBODY,
) -> EntityEvidence:
    """Sum the suspects of each entity; of those that are muted nothing counts, but they are in the result.

    gone    numbers of the entities that are not there
    silent  numbers of those that are not there for a moment
    full    numbers of those of which a space runs out, or a queue that nobody serves
    losses  what their users lose
    served  numbers of those of which a part is known to be ready
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
    is_gone, is_silent, is_full = np.zeros((3, entities), dtype=np.bool_)
    losses = losses.fitted(entities)
    # A track that is taken away once another one has its requests is not missed.
    is_gone[gone], is_silent[silent], is_full[full] = ~losses.exchanged[gone], True, True
    # What a machine takes is felt by what runs on it, if at all; that its space runs out needs no other sign.
    mute = (members.machines & ~is_full) | muted_entities
    if muted.all():
        sums = RoleSums.none(entities)
        losses = NO_LOSSES.fitted(entities)  # what no series tells opens nothing
    else:
        sums = sums_by_role(evidence_by_metric(suspects.take(~muted), members, served), entities, losses.even)
    felt = felt_losses(sums, losses)
    # What goes to another track of an application, or comes from it, goes with its requests.
    resources, far, load, busy = (
        np.where(losses.exchanged, 0.0, of) for of in (sums.resources, sums.far, sums.load, sums.busy)
    )
    fewer, load, busy = (_without_common(of, mute) for of in (felt.fewer, load, busy))
    lasting = sums.felt + felt.failures + FULL * is_full
    symptoms = lasting + fewer
    total = symptoms + RESOURCE_WEIGHT * (resources + load)
    # How much one series of failures loses is a reason as another series is; half of each is none.
    widest = np.minimum(felt.strongest, symptoms)
    widest += np.clip(total - widest - felt.lost, 0.0, felt.lost)
    above, demand = np.zeros(entities), demand.take(~muting.of_suspects(demand, members))
    np.maximum.at(above, members.entity[demand.slots], np.maximum(demand.score - LEAST_SCORE, 0))
    above = np.where(losses.exchanged, 0.0, above)
    strength = sums.strength + felt.strength + RESOURCE_WEIGHT * above + FULL * is_full
    total[is_gone] = np.maximum(total[is_gone], GONE)
    strength[is_gone] += GONE
    return EntityEvidence(
        symptoms=symptoms.astype(np.float32),
        lasting=lasting.astype(np.float32),
        unwell=sums.unwell.astype(np.float32),
        failing=felt.failures.astype(np.float32),
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


def _without_common(values: _Float64s, mute: Flags) -> _Float64s:
    """Where many services show it at once, each keeps what exceeds most of theirs."""
    showing = values[~mute & (values > 0)]
    if len(showing) <= max(3.0, COMMON_SHARE * np.count_nonzero(~mute)):
        return values
    return np.maximum(values - np.quantile(showing, COMMON_QUANTILE), 0.0)
