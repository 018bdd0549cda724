"""From series to the services (workloads, jobs, instances) that they belong to."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from patternwatch.contracts.series import Labels

UNLABELLED = "(no entity label)"
_DECAY = 0.5


@dataclass(frozen=True, slots=True)
class Entity:
    """The thing that a series belongs to, and the label that says so."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Ranked:
    """One entity with its score and the positions of its series, strongest first."""

    entity: Entity
    score: float
    members: tuple[int, ...]


def entity_of(labels: Labels, entity_labels: Iterable[str]) -> Entity:
    """The first of these labels that the series carries."""
    for label in entity_labels:
        if value := labels.get(label):
            return Entity(value, label)
    return Entity(UNLABELLED, "")


def rank_entities(
    entities: Sequence[Entity], kinds: Sequence[str], scores: Sequence[float], ids: Sequence[str]
) -> list[Ranked]:
    """Entities from the likeliest cause down; those without any score are left out.

    An entity is as suspicious as its strongest series of each kind of metric, the second kind counting
    half, the third a quarter: ten near-copies of one metric weigh as much as one. Ties go by name.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for i in sorted(range(len(entities)), key=lambda i: (-scores[i], ids[i])):
        if scores[i] > 0.0:
            members[entities[i].name].append(i)
    ranked = [Ranked(entities[own[0]], _score(own, kinds, scores), tuple(own)) for own in members.values()]
    return sorted(ranked, key=lambda r: (-r.score, r.entity.name))


def _score(own: list[int], kinds: Sequence[str], scores: Sequence[float]) -> float:
    best: dict[str, float] = defaultdict(float)
    for i in own:
        best[kinds[i]] = max(best[kinds[i]], scores[i])
    return sum(score * _DECAY**place for place, score in enumerate(sorted(best.values(), reverse=True)))
