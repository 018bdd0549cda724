"""Callers from outside: users, probes and generators of load, which only tell how they are answered.

A workload that is slow may be so by itself. Who calls workloads, is called by nobody and runs beside none of
them has what it waits for from them, by whatever way: over a queue too, where no call tells of it.
"""

from collections.abc import Callable

from patternwatch.analysis.entities.call_graph import CallGraph
from patternwatch.analysis.identity.apart import NO_WORKLOAD
from patternwatch.analysis.identity.label_names import WORKLOADS

_WORKLOAD = frozenset(("workload", *(kind for kind, _ in WORKLOADS))).difference(NO_WORKLOAD)


def outside_callers(calls: CallGraph, kind_of: Callable[[str], str]) -> frozenset[str]:
    """Those who call a workload, are none themselves, and are called by nobody.

    kind_of  what an entity of this name is, empty where no series says

    >>> from patternwatch.analysis.entities.call_graph import call_graph
    >>> kinds = {"web": "deployment", "cart": "deployment", "visitors": "service"}
    >>> sorted(outside_callers(call_graph([("visitors", "web"), ("web", "cart")]), kinds.__getitem__))
    ['visitors']
    """
    return frozenset(
        caller
        for caller, callees in calls.callees.items()
        if not calls.callers.get(caller)
        and kind_of(caller) in NO_WORKLOAD
        and any(kind_of(callee) in _WORKLOAD for callee in callees)
    )
