"""The calls of a request's series put together: whose trouble may be another one's, passed up the calls.

What a callee fails at, its callers fail at too, and often more deeply: where a checkout asks the catalogue
ten times, one lost answer in ten loses most checkouts. So where a callee shows the trouble as well, the
caller's is no sign of its own.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Pair: TypeAlias = tuple[str, str]
"""Caller and callee."""
Witnesses: TypeAlias = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Entity -> metric category -> by whose calls it is told, empty for the entity itself -> the best score."""
_LATENCY = "latency"
_PASSED_UP: Mapping[str, tuple[str, ...]] = {
    "error": ("error", "availability"),
    "availability": ("availability", "error"),
    _LATENCY: (_LATENCY,),
}
"""Categories of trouble that travel from a callee up to its callers, and as what the callee may show it: what
one counts as errors, the other tells as a share of successes."""
_MAX_NEIGHBOURS = 20
_SHARED = 0.5
"""Part of the caller's score from which a callee counts as showing the same trouble.

Chosen on public fault injections (`python -m benchmarks.ranking DIR`): .4 ranks the same."""


@dataclass(frozen=True, slots=True)
class CallGraph:
    """Callees by caller, and callers by callee; names in alphabetical order.

    >>> graph = call_graph([("web", "cart"), ("cart", "redis"), ("web", "cart")])
    >>> graph.callees["web"], graph.callers["redis"]
    (('cart',), ('cart',))
    """

    callees: Mapping[str, Sequence[str]] = field(default_factory=dict)
    callers: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def passed_on(self, name: str, scores: Witnesses) -> dict[str, str]:
        """Categories in which an entity has its trouble from a callee, and from which one (the worst).

        A failure is the callee's, whoever tells of it. Slow answers that only this caller gets may come from
        its own processor or network: they do not count.

        >>> graph = call_graph([("web", "cart")])
        >>> own = {"error": {"": 2.0}, "latency": {"": 2.0}, "cpu": {"": 1.0}}
        >>> theirs = {"availability": {"web": 1.5}, "latency": {"web": 3.0}}
        >>> graph.passed_on("web", {"web": own, "cart": theirs})
        {'error': 'cart'}
        """
        found = {}
        for category in scores[name].keys() & _PASSED_UP.keys():
            theirs = {
                callee: self._shown(name, callee, category, scores) for callee in self.callees.get(name, ())
            }
            worst = max(theirs, key=lambda callee: theirs[callee], default="")
            if worst and theirs[worst] >= _SHARED * max(scores[name][category].values()) > 0.0:
                found[category] = worst
        return found

    def _shown(self, caller: str, callee: str, category: str, scores: Witnesses) -> float:
        """How much of such trouble the callee shows."""
        return max(
            (
                score
                for kind in _PASSED_UP[category]
                for teller, score in scores.get(callee, {}).get(kind, {}).items()
                if kind != _LATENCY or teller != caller
            ),
            default=0.0,
        )


NO_CALLS = CallGraph()


def call_graph(pairs: Iterable[Pair]) -> CallGraph:
    """The graph of these calls.

    >>> call_graph([]) == NO_CALLS
    True
    """
    callees: dict[str, set[str]] = defaultdict(set)
    callers: dict[str, set[str]] = defaultdict(set)
    for caller, callee in pairs:
        if caller != callee:
            callees[caller].add(callee)
            callers[callee].add(caller)
    return CallGraph(_ordered(callees), _ordered(callers))


def first_by_rank(names: Iterable[str], places: Mapping[str, int]) -> list[str]:
    """The callers or callees that an entity's entry names: those with a rank first, 20 at most.

    >>> first_by_rank(["cart", "mail", "web"], {"web": 1, "mail": 2})
    ['web', 'mail', 'cart']
    """
    return sorted(names, key=lambda name: (places.get(name, len(places) + 1), name))[:_MAX_NEIGHBOURS]


def _ordered(names: Mapping[str, Collection[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(sorted(others)) for name, others in sorted(names.items())}
