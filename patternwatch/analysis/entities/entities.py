"""From series to entities: the services (workloads, jobs, instances) that they belong to, ranked.

The factors below were chosen on public fault injections (`python -m benchmarks.ranking DIR`), on a plateau
where a third more or less of each changes the macro figures by about .01; see docs/method.md, "Measured".
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from patternwatch.analysis.entities.call_graph import NO_CALLS, CallGraph, Witnesses
from patternwatch.analysis.series.recording_rules import NOTHING_RECORDED, Recorded

CATEGORY_DECAY = 0.5
"""Weight of an entity's next-strongest category, relative to the one before it."""
_INHERITED = 0.5
"""Factor on a category that a caller has from its callee: it counts no more than the callee's, which has at
least half of the caller's (`call_graph`). On what a callee has from its caller, too, on what both tell alike,
and on an entity that is another one as its callers see it."""
_MAX_DEPTH = 4
"""Calls along which trouble is followed down."""
_RECORDED_ONLY = 0.5
"""Factor on an entity of which only recording rules tell, where others have series of their own; judgement.

A rule averages, often over ten rows, which leaves a third of the noise: its series look more certain."""
_PART_BEFORE_WHOLE = 0.9
"""Part of the whole's score from which its part (`orders-db` of `orders`) goes before it; .85 to .95 rank the
same incidents alike (`python -m benchmarks.ranking DIR`).

Not the verdict's close second: this one corrects the order, that one only chooses words."""


@dataclass(frozen=True, slots=True)
class Entity:
    """The workload, node, service or other thing that a series tells of.

    name   as a report calls it, the same for all series of it
    label  the label that names it
    kind   what it is, and its place, empty where a series does not say
    """

    name: str
    label: str
    kind: str = ""
    tenant: str = ""
    cluster: str = ""
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Ranked:
    """One entity with its score (at least 0) and the positions of its series, strongest first.

    passed_on  metric category -> the callee that it has its trouble from
    """

    entity: Entity
    score: float
    members: tuple[int, ...]
    passed_on: Mapping[str, str] = field(default_factory=dict)


def rank_entities(
    entities: Sequence[Entity],
    categories: Sequence[str],
    scores: Sequence[float],
    ids: Sequence[str],
    calls: CallGraph = NO_CALLS,
    from_outside: str = "",
    recorded: Recorded = NOTHING_RECORDED,
    callers: Sequence[str] = (),
) -> list[Ranked]:
    """Entities from the likeliest cause down; those whose series all score 0 are left out.

    entities    the entity of each of N series
    categories  the metric category of each
    scores      how strongly each points at a cause, at least 0
    ids         the series id of each, for ties
    calls       which entity calls which, where that is known
    from_outside  regular expression searched in entity names: such an entity is another one as its
                  callers see it, and its score counts in part; raises re.error if it is none
    recorded      the series that recording rules made: one that repeats another one is a member of its
                  entity, and counts only where the other one scores nothing
    callers       of a series that is about calls to its entity: who calls, else empty; no sequence where
                  none is

    An entity scores as its strongest series of each category, the second category counting half, the
    third a quarter: ten near-copies of one metric weigh as much as one. Failures and latency that a caller
    has from a callee with the same trouble count in part; so does work that a callee is asked for. Where both
    tell of it, the caller's word for it counts as a further category of the callee, in part. Ties go by name.

    >>> cart, redis = Entity("cart", "service"), Entity("redis", "service")
    >>> ranked = rank_entities(
    ...     [cart, cart, redis], ["cpu", "latency", "memory"], [1.0, 0.8, 1.2], ["a", "b", "c"]
    ... )
    >>> [(r.entity.name, r.score, r.members) for r in ranked]
    [('cart', 1.4, (0, 1)), ('redis', 1.2, (2,))]
    """
    members: dict[str, list[int]] = defaultdict(list)
    for i in sorted(range(len(entities)), key=lambda i: (-scores[i], ids[i])):
        if scores[i] > 0.0:
            members[entities[i].name].append(i)
    told_twice = {i for i, raw in recorded.originals.items() if scores[raw] > 0.0}
    is_raw = any(score > 0.0 and i not in recorded.rows for i, score in enumerate(scores))
    counted = [0.0 if i in told_twice else score for i, score in enumerate(scores)]
    callers = callers or [""] * len(entities)
    best = {name: _best_scores(own, categories, callers, counted) for name, own in members.items()}
    passed_on = {name: calls.passed_on(name, best) for name in members}
    explained, borne_out = _explained(calls, best, passed_on), _borne_out(calls, best, passed_on)
    ranked = []
    for name, own in members.items():
        of_others = {
            category
            for category in explained[name]
            if category in passed_on[name]
            or calls.is_answer(name, category)
            or calls.is_asked_work(name, category)
        }
        breakdown = [
            score * (_INHERITED if category in of_others else 1.0)
            for category, score in explained[name].items()
        ]
        breakdown.append(_INHERITED * borne_out.get(name, 0.0))
        seen = _INHERITED if from_outside and re.search(from_outside, name) else 1.0
        if is_raw and recorded.rows.issuperset(own):
            seen *= _RECORDED_ONLY
        ranked.append(Ranked(entities[own[0]], seen * _decayed(breakdown), tuple(own), passed_on[name]))
    return _specific_first(sorted(ranked, key=lambda r: (-r.score, r.entity.name)))


def _specific_first(ranked: list[Ranked]) -> list[Ranked]:
    """Of two that are about as suspicious, `orders-db` goes before `orders`: the part before the whole."""
    lifted = {}
    for place, r in enumerate(ranked):
        lifted[r.entity.name] = r.score
        for other in ranked[place - 1 :: -1] if place else ():
            if r.score < _PART_BEFORE_WHOLE * other.score:
                break
            if r.entity.name.startswith(other.entity.name):
                lifted[r.entity.name] = math.nextafter(other.score, math.inf)
    return sorted(ranked, key=lambda r: (-lifted[r.entity.name], r.entity.name))


def _best_scores(
    own: list[int], categories: Sequence[str], callers: Sequence[str], scores: Sequence[float]
) -> dict[str, dict[str, float]]:
    """The best score by metric category, and by the caller whose calls tell of it."""
    best: dict[str, dict[str, float]] = defaultdict(dict)
    for i in own:
        told = best[categories[i]]
        told[callers[i]] = max(told.get(callers[i], 0.0), scores[i])
    return best


def _explained(
    calls: CallGraph, best: Witnesses, passed_on: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, float]]:
    """The score of each entity's categories: what it shows, or explains of others, if that is more."""
    found: dict[str, dict[str, float]] = {name: {} for name in best}
    for name, shown in best.items():
        for category, told in shown.items():
            for caller, score in told.items():
                of_caller = caller in best and calls.of_caller(caller, name, category, best)
                _raise(found[name], category, score * (_INHERITED if of_caller else 1.0))
                if of_caller:
                    _raise(found[caller], category, score)
    for _ in range(_MAX_DEPTH):
        for name, categories in passed_on.items():
            for category, callee in categories.items():
                _raise(found[callee], calls.shown_as(callee, category, best), found[name][category])
    return found


def _borne_out(
    calls: CallGraph, best: Witnesses, passed_on: Mapping[str, Mapping[str, str]]
) -> dict[str, float]:
    """By entity, how much trouble of its own both it and a caller that has it from there tell of.

    What two say of themselves is seldom chance, and a stranger that moved has nobody to say so. Nobody bears
    out what the entity has from a callee in turn, nor what only its callers' calls tell of.
    """
    found: dict[str, float] = defaultdict(float)
    for caller, categories in passed_on.items():
        for category, callee in categories.items():
            shown = calls.shown_as(callee, category, best)
            if shown not in passed_on[callee]:
                own = best[callee].get(shown, {}).get("", 0.0)
                found[callee] = max(found[callee], min(own, best[caller][category].get("", 0.0)))
    return found


def _raise(scores: dict[str, float], category: str, score: float) -> None:
    scores[category] = max(scores.get(category, 0.0), score)


def _decayed(scores: Iterable[float]) -> float:
    return sum(score * CATEGORY_DECAY**place for place, score in enumerate(sorted(scores, reverse=True)))
