"""From series to the services (workloads, jobs, instances) that they belong to."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from patternwatch.contracts.series import Labels

UNLABELLED = "(no entity label)"
_DECAY = 0.5
_PASSED_UP = ("error", "latency")
_SHARED = 0.5
_INHERITED = 0.6
_FROM_OUTSIDE = 0.7
_CLOSE = 0.95


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


def callee_of(labels: Labels, peer_labels: Iterable[str]) -> str:
    """The service that this series says it calls, or nothing."""
    return next((labels[label] for label in peer_labels if labels.get(label)), "")


def rank_entities(
    entities: Sequence[Entity],
    categories: Sequence[str],
    scores: Sequence[float],
    ids: Sequence[str],
    callees: Sequence[str] = (),
    from_outside: str = "",
) -> list[Ranked]:
    """Entities from the likeliest cause down; those without any score are left out.

    An entity is as suspicious as its strongest series of each kind of metric, the second kind counting
    half, the third a quarter: ten near-copies of one metric weigh as much as one. Errors and latency that a
    caller has from a callee that shows them itself count in part, and so does an entity whose name fits
    `from_outside`, a regular expression: it is another one as its callers see it. Ties go by name.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for i in sorted(range(len(entities)), key=lambda i: (-scores[i], ids[i])):
        if scores[i] > 0.0:
            members[entities[i].name].append(i)
    best = {name: _best_by_kind(own, categories, scores) for name, own in members.items()}
    passed_on = {name: _passed_on(name, own, categories, callees, best) for name, own in members.items()}
    ranked = []
    for name, own in members.items():
        breakdown = [
            s * (_INHERITED if category in passed_on[name] else 1.0) for category, s in best[name].items()
        ]
        seen = _FROM_OUTSIDE if from_outside and re.search(from_outside, name) else 1.0
        ranked.append(Ranked(entities[own[0]], seen * _decayed(breakdown), tuple(own)))
    return _specific_first(sorted(ranked, key=lambda r: (-r.score, r.entity.name)))


def _specific_first(ranked: list[Ranked]) -> list[Ranked]:
    """Of two that are about as suspicious, `orders-db` goes before `orders`: the part before the whole."""
    lifted = {}
    for place, r in enumerate(ranked):
        lifted[r.entity.name] = r.score
        for other in ranked[place - 1 :: -1] if place else ():
            if r.score < _CLOSE * other.score:
                break
            if r.entity.name.startswith(other.entity.name):
                lifted[r.entity.name] = math.nextafter(other.score, math.inf)
    return sorted(ranked, key=lambda r: (-lifted[r.entity.name], r.entity.name))


def _best_by_kind(own: list[int], categories: Sequence[str], scores: Sequence[float]) -> dict[str, float]:
    best: dict[str, float] = {}
    for i in own:
        best[categories[i]] = max(best.get(categories[i], 0.0), scores[i])
    return best


def _passed_on(
    name: str,
    own: list[int],
    categories: Sequence[str],
    callees: Sequence[str],
    best: dict[str, dict[str, float]],
) -> set[str]:
    """Kinds of trouble that an entity's own series blame on a callee which has that trouble too."""
    found = set()
    for i in own if callees else ():
        theirs = best.get(callees[i], {}) if callees[i] != name else {}
        if (
            categories[i] in _PASSED_UP
            and theirs.get(categories[i], 0.0) >= _SHARED * best[name][categories[i]]
        ):
            found.add(categories[i])
    return found


def _decayed(scores: Iterable[float]) -> float:
    return sum(score * _DECAY**place for place, score in enumerate(sorted(scores, reverse=True)))
