"""The calls of a request's series put together: whose trouble may be another one's, passed up the calls.

What a callee fails at, its callers fail at too, and often more deeply: where a checkout asks the catalogue
ten times, one lost answer in ten loses most checkouts. So where a callee shows the trouble as well, the
caller's is no sign of its own. Trouble that only the calls tell of may be either's: it is the one's that has
the larger part of its calls hurt, as in the tomography of networks, where faults are placed by the paths that
see them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from patternwatch.analysis.entities.slower_calls import Rises

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
_NO_WORK = ("error", "availability", "health", _LATENCY)
"""Categories of trouble that more requests do not explain by themselves."""
_MAX_NEIGHBOURS = 20
SHARED = {"error": 0.5, "availability": 0.5, _LATENCY: 0.75}
"""Part of the caller's score from which a callee counts as showing the same trouble, by its category.

Failures grow on the way up, since a caller asks several times; a callee that makes its caller slow is slowed
down at least as much, in units of what is usual for each. Chosen on public fault injections
(`python -m benchmarks.ranking DIR`), where .4 for failures ranks the same."""


@dataclass(frozen=True, slots=True)
class CallGraph:
    """Callees by caller, and callers by callee; names in alphabetical order.

    asked_by_all  by caller, further callees that are known without being told, as name servers are
    outside       callers that only tell how they are answered (`outside_callers`)
    slower        how much longer things take since the onset
    slow_stores   by entity, stores that are as much slower, though nobody tells who asks them (`stores`)
    queried       by entity that is slow for its queries, the store that it asks (`queried_stores`)
    in_vain       by metric category and entity whose own calls fail, who is meant (`outgoing_calls`)
    blamed        by caller and category, the callee that it has its trouble from (`blamed_callees`)
    busier        those that serve more because a caller of theirs does (`asked_for_more`)

    >>> graph = call_graph([("web", "cart"), ("cart", "redis"), ("web", "cart")])
    >>> graph.callees["web"], graph.callers["redis"]
    (('cart',), ('cart',))
    """

    callees: Mapping[str, Sequence[str]] = field(default_factory=dict)
    callers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    asked_by_all: Mapping[str, Sequence[str]] = field(default_factory=dict)
    outside: Collection[str] = frozenset()
    slower: Rises = field(default_factory=dict)
    slow_stores: Mapping[str, Sequence[str]] = field(default_factory=dict)
    queried: Mapping[str, str] = field(default_factory=dict)
    in_vain: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    blamed: Mapping[Pair, str] = field(default_factory=dict)
    busier: Collection[str] = frozenset()

    def passed_on(self, name: str, scores: Witnesses) -> dict[str, str]:
        """Categories in which an entity has its trouble from a callee, and from which one (the worst).

        >>> graph = call_graph([("web", "cart")])
        >>> own = {"error": {"": 2.0}, "cpu": {"": 1.0}}
        >>> graph.passed_on("web", {"web": own, "cart": {"availability": {"web": 1.5}}})
        {'error': 'cart'}
        """
        found = {}
        for category in scores[name].keys() & _PASSED_UP.keys():
            asked = [*self.callees.get(name, ()), *self.asked_by_all.get(name, ())]
            if category == _LATENCY:
                asked += self.slow_stores.get(name, ())
            theirs = {callee: self._shown(callee, category, scores) for callee in asked}
            worst = max(theirs, key=lambda callee: theirs[callee], default="")
            if worst and theirs[worst] >= SHARED[category] * max(scores[name][category].values()) > 0.0:
                found[category] = worst
            elif (name, category) in self.blamed:
                found[category] = self.blamed[name, category]
        if _LATENCY in scores[name] and name in self.queried:
            found.setdefault(_LATENCY, self.queried[name])
        for category, meant in self.in_vain.items():
            if name in meant and category in scores[name]:
                found.setdefault(category, meant[name])
        return found

    def is_answer(self, name: str, category: str) -> bool:
        """Whether such trouble is how somebody from outside is answered, and none of its own.

        >>> graph = CallGraph(outside={"visitors"})
        >>> graph.is_answer("visitors", "latency"), graph.is_answer("visitors", "traffic")
        (True, False)
        """
        return name in self.outside and category in _PASSED_UP

    def is_asked_work(self, name: str, category: str) -> bool:
        """Whether it is more work that callers ask for.

        >>> graph = CallGraph(busier={"cart"})
        >>> graph.is_asked_work("cart", "cpu"), graph.is_asked_work("cart", "error")
        (True, False)
        """
        return name in self.busier and category not in _NO_WORK

    def of_caller(self, caller: str, callee: str, category: str, scores: Witnesses) -> bool:
        """Whether the trouble that a caller's calls show is rather the caller's: its processor, its network.

        It is where the callee itself shows too little of it, and a larger part of the caller's calls
        is hurt than of the callee's. Of equal parts the caller's are one cause for several of its calls,
        else the callee's for several callers. A call is hurt as well that became slower by about as much in
        time, however long it takes by nature. Where one caller has one callee, nothing decides whose latency
        it is.

        >>> graph = call_graph([("web", "cart"), ("web", "mail"), ("app", "cart")])
        >>> seen = {"cart": {"latency": {"web": 2.0}}, "mail": {"latency": {"web": 2.1}}}
        >>> graph.of_caller("web", "cart", "latency", seen)
        True
        """
        return self._balance(caller, callee, category, scores) > 0

    def _balance(self, caller: str, callee: str, category: str, scores: Witnesses) -> int:
        """Above 0 where the trouble of such calls is the caller's, below 0 where it is the callee's."""
        told = scores[callee][category]
        bar = SHARED.get(category, 0.0) * told[caller]
        if category not in _PASSED_UP or told.get("", 0.0) >= bar:
            return -1
        callees, callers = self.callees.get(caller, ()), self.callers.get(callee, ())
        call = self.slower.get(callee, {}).get(caller, {}) if category == _LATENCY else {}

        def is_hurt(by: str, asked: str) -> bool:
            shown = scores.get(asked, {}).get(category, {}).get(by, 0.0)
            return shown >= bar or (shown > 0.0 and self._as_slow(by, asked, call))

        hurt = sum(is_hurt(caller, other) for other in callees)
        seen = sum(is_hurt(other, callee) for other in callers)
        ours, theirs = hurt * len(callers), seen * len(callees)
        if ours == theirs and hurt <= 1:
            # One call of one caller: who fails answers so, who is slow may not be.
            return 0 if category == _LATENCY and seen <= 1 else -1
        return 1 if ours >= theirs else -1

    def _as_slow(self, caller: str, callee: str, call: Mapping[str, float]) -> bool:
        """Whether these calls became slower by about as much as that one, in the family in which it did most.

        A delay on the caller's side, of its processor say, adds as much to each, whatever they usually take.
        """
        most = max(call, key=lambda family: (call[family], family), default="")
        rise = self.slower.get(callee, {}).get(caller, {}).get(most, 0.0)
        return bool(most) and rise >= SHARED[_LATENCY] * call[most]

    def shown_as(self, callee: str, category: str, scores: Witnesses) -> str:
        """The category by which a callee shows such trouble: it may count errors or tell of successes.

        >>> NO_CALLS.shown_as("cart", "error", {"cart": {"availability": {"": 2.0}}})
        'availability'
        """
        shown = scores.get(callee, {})
        return max(_PASSED_UP[category], key=lambda kind: max(shown.get(kind, {}).values(), default=0.0))

    def _shown(self, callee: str, category: str, scores: Witnesses) -> float:
        """How much of such trouble the callee shows, without what is its callers'."""
        return max(
            (
                score
                for kind in _PASSED_UP[category]
                for teller, score in scores.get(callee, {}).get(kind, {}).items()
                if not teller or self._balance(teller, callee, kind, scores) < 0
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
