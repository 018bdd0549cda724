"""Callers whose calls to one callee fail, and no others, while that callee is in trouble of another kind.

A program that has no descriptors or threads left counts no errors: it does not answer. A proxy counts these
by the name of the upstream. Where only the calls to one callee are hurt, and it tells of trouble by itself,
of whatever kind, the caller has it from there. So have all callers of one, two at least, that agree on it,
though all that it shows is fewer requests: whose certificate is refused knows nothing of it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from patternwatch.analysis.entities.call_graph import SHARED

_TROUBLE = frozenset(("error", "availability", "health", "latency", "saturation"))
"""What a callee may tell of itself that makes calls to it fail; of load its callers are a cause too."""
_AGREE = 2
"""Callers from which on what all of them see is the callee's, as in the balance of calls (`call_graph`)."""
_OTHERS = 0.5
"""Part of it from which the calls to another callee are hurt as well: as for failures that travel up."""


def blamed_callees(
    names: Sequence[str],
    categories: Sequence[str],
    scores: Sequence[float],
    callers: Sequence[str],
    asked: Sequence[str],
    callers_of: Mapping[str, Collection[str]] | None = None,
) -> dict[tuple[str, str], str]:
    """By caller and category of its trouble, the callee that it has it from.

    names       the entity of each of N series
    categories  N metric categories
    scores      how strongly each points at a cause
    callers     of those about calls to their entity: who calls; else empty
    asked       of those about calls of their entity: who is called; else empty
    callers_of  by callee, who is known to call it

    >>> names, asked = ["proxy", "proxy", "billing"], ["billing", "orders", ""]
    >>> told = ["error", "error", "saturation"]
    >>> blamed_callees(names, told, [4.0, 0.2, 3.0], ["", "", ""], asked)
    {('proxy', 'error'): 'billing'}
    >>> blamed_callees(names, told, [4.0, 3.0, 3.0], ["", "", ""], asked)
    {}
    """
    calls: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    most: dict[tuple[str, str], float] = defaultdict(float)
    own: dict[str, float] = defaultdict(float)
    shown = {name for name, score in zip(names, scores, strict=True) if score > 0.0}
    for name, category, score, caller, callee in zip(names, categories, scores, callers, asked, strict=True):
        most[name, category] = max(most[name, category], score)
        if callee and callee != name:
            told = calls[name, category]
            told[callee] = max(told.get(callee, 0.0), score)
        elif category in _TROUBLE and not caller:
            own[name] = max(own[name], score)
    found = {}
    alone: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (name, category), told in sorted(calls.items()):
        if category not in SHARED:
            continue
        callee, *others = sorted(told, key=lambda other: (-told[other], other))
        bar = SHARED[category] * most[name, category]
        is_alone = all(told[other] < _OTHERS * told[callee] for other in others)
        if is_alone and told[callee] >= bar > 0.0:
            alone[callee, category].add(name)
            if own[callee] >= bar:
                found[name, category] = callee
    for (callee, category), those in alone.items():
        known = set((callers_of or {}).get(callee, ()))
        if callee in shown and len(those) >= _AGREE and known <= those:
            found |= {(name, category): callee for name in those}
    return found
