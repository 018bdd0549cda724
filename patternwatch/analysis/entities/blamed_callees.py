"""Callers whose calls to one callee fail, and no others, while that callee is in trouble of another kind.

A program that has no descriptors or threads left counts no errors: it does not answer. A proxy counts these
by the name of the upstream. Where only the calls to one callee are hurt, and it tells of trouble by itself,
of whatever kind, the caller has it from there.
"""

from collections import defaultdict
from collections.abc import Sequence

from patternwatch.analysis.entities.call_graph import SHARED

_TROUBLE = frozenset(("error", "availability", "health", "latency", "saturation"))
"""What a callee may tell of itself that makes calls to it fail; of load its callers are a cause too."""
_OTHERS = 0.5
"""Part of it from which the calls to another callee are hurt as well: as for failures that travel up."""


def blamed_callees(
    names: Sequence[str],
    categories: Sequence[str],
    scores: Sequence[float],
    callers: Sequence[str],
    asked: Sequence[str],
) -> dict[tuple[str, str], str]:
    """By caller and category of its trouble, the callee that it has it from.

    names       the entity of each of N series
    categories  N metric categories
    scores      how strongly each points at a cause
    callers     of those about calls to their entity: who calls; else empty
    asked       of those about calls of their entity: who is called; else empty

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
    for name, category, score, caller, callee in zip(names, categories, scores, callers, asked, strict=True):
        most[name, category] = max(most[name, category], score)
        if callee and callee != name:
            told = calls[name, category]
            told[callee] = max(told.get(callee, 0.0), score)
        elif category in _TROUBLE and not caller:
            own[name] = max(own[name], score)
    found = {}
    for (name, category), told in sorted(calls.items()):
        if category not in SHARED:
            continue
        callee, *others = sorted(told, key=lambda other: (-told[other], other))
        bar = SHARED[category] * most[name, category]
        is_alone = all(told[other] < _OTHERS * told[callee] for other in others)
        if is_alone and told[callee] >= bar > 0.0 and own[callee] >= bar:
            found[name, category] = callee
    return found
