"""Callees that do more work because more is asked of them: a surge goes down the calls, as failures go up.

Who serves more requests uses more processor, memory and network, and runs into its limits, as does everybody
whom it asks for each of them. That is no trouble of theirs: it begins where the requests come in.
"""

from collections import defaultdict
from collections.abc import Sequence

from patternwatch.analysis.entities.call_graph import CallGraph

_AS_MUCH = 0.5
"""Part of a callee's rise from which its caller's explains it; as for failures that travel up."""


def asked_for_more(
    calls: CallGraph, entities: Sequence[str], categories: Sequence[str], rose: Sequence[float]
) -> frozenset[str]:
    """Those that serve more because a caller of theirs serves more.

    entities    the entity of each of N series
    categories  N metric categories: traffic counts
    rose        how far each rose, as a score; 0 for what did not

    Users, probes and generators of load serve nobody.

    >>> from patternwatch.analysis.entities.call_graph import call_graph
    >>> calls = call_graph([("web", "cart"), ("web", "mail"), ("cart", "redis")])
    >>> sorted(asked_for_more(calls, ["web", "cart", "redis"], ["traffic"] * 3, [2.0, 2.1, 5.0]))
    ['cart']
    """
    most: dict[str, float] = defaultdict(float)
    for name, category, score in zip(entities, categories, rose, strict=True):
        if category == "traffic":
            most[name] = max(most[name], score)
    return frozenset(
        name
        for name, score in most.items()
        if score > 0.0
        and any(
            most.get(caller, 0.0) >= _AS_MUCH * score
            for caller in calls.callers.get(name, ())
            if caller not in calls.outside
        )
    )
