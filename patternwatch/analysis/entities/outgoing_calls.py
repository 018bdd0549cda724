"""Programs whose own calls fail as their answers do: they have it from somebody whom nobody names.

A tracer tells of both ends of a call: of what a program serves, and of what it asks others. The asking side
seldom says who was asked (OpenTelemetry's span metrics), yet it says enough: whose outgoing calls fail as
much as its answers has it from them. Of all whose answers fail, the cause is the one whose own calls do not.
Only tracers are believed so, which look at all programs alike: one that counts no calls of its own, as in
metrics of frameworks, would pass for a cause.
Source: OpenTelemetry, "Span kind" and the collector's spanmetrics connector.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from patternwatch.analysis.entities.call_graph import SHARED
from patternwatch.analysis.entities.entities import Entity
from patternwatch.contracts.promql_names import both_forms
from patternwatch.contracts.series import Labels

OUT, IN = "out", "in"
_KIND = both_forms("span.kind")
_SIDES = {"client": OUT, "producer": OUT, "server": IN, "consumer": IN}


def side_of(labels: Labels) -> str:
    """Which side of a call a tracer's series tells of: `out`, `in`, or empty where it does not say.

    >>> side_of({"span_kind": "SPAN_KIND_CLIENT"}), side_of({"span.kind": "server"})
    ('out', 'in')
    >>> side_of({"span_kind": "SPAN_KIND_INTERNAL"}), side_of({"__name__": "http_requests_total"})
    ('', '')
    """
    kind = next((labels[label] for label in _KIND if label in labels), "")
    return _SIDES.get(kind.lower().rpartition("_")[2], "")


def asked_in_vain(
    entities: Sequence[Entity], labels: Sequence[Labels], categories: Sequence[str], scores: Sequence[float]
) -> dict[str, dict[str, str]]:
    """By metric category and entity, the one of its cluster that it has its trouble from.

    entities    the entity of each of N series
    labels      N label sets
    categories  N metric categories: those that travel up the calls count
    scores      how strongly each points at a cause

    Where several may be meant, or none, nothing is said.

    >>> web, tax = Entity("web", "service_name"), Entity("tax", "service_name")
    >>> served, asked = {"span_kind": "SPAN_KIND_SERVER"}, {"span_kind": "SPAN_KIND_CLIENT"}
    >>> asked_in_vain([web, web, tax], [served, asked, served], ["error"] * 3, [4.5, 4.6, 4.4])
    {'error': {'web': 'tax'}}
    """
    best: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    places: dict[str, tuple[str, str]] = {}
    for entity, own, category, score in zip(entities, labels, categories, scores, strict=True):
        if category in SHARED and score > 0.0 and (side := side_of(own)):
            told = best[category][entity.name]
            told[side] = max(told.get(side, 0.0), score)
            places[entity.name] = entity.tenant, entity.cluster
    found: dict[str, dict[str, str]] = {}
    for category, by_name in sorted(best.items()):
        share = SHARED[category]
        passed = {name for name, sides in by_name.items() if _is_passed_on(sides, share)}
        for name in sorted(passed):
            bar = share * by_name[name][IN]
            meant = [
                other
                for other, sides in by_name.items()
                if other not in passed and places[other] == places[name] and sides.get(IN, 0.0) >= bar
            ]
            if len(meant) == 1:
                found.setdefault(category, {})[name] = meant[0]
    return found


def _is_passed_on(sides: Mapping[str, float], share: float) -> bool:
    """Whether what is asked is in trouble nearly as much as what is answered."""
    return sides.get(OUT, 0.0) >= share * sides.get(IN, 0.0) > 0.0
