"""How much longer calls take since an onset, by who is called and who calls."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

Rises: TypeAlias = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Entity -> by whose calls it is told, empty for the entity itself -> family -> how much longer it takes."""
_LATENCY = "latency"


def slowed(
    entities: Iterable[str],
    callers: Iterable[str],
    categories: Iterable[str],
    families: Iterable[str],
    rose: Iterable[float],
) -> Rises:
    """How much longer what these series tell of takes, the most of each family.

    entities    the entity of each of N series
    callers     by whose calls it is told, empty for the entity itself
    categories  N metric categories: latency counts
    families    metric and derivation of each
    rose        by how much, in the series' own unit

    >>> slowed(["cart", "cart"], ["web", "web"], ["latency", "cpu"], ["p99(s)", "load"], [2.0, 3.0])
    {'cart': {'web': {'p99(s)': 2.0}}}
    """
    found: dict[str, dict[str, dict[str, float]]] = {}
    for name, caller, category, family, more in zip(
        entities, callers, categories, families, rose, strict=True
    ):
        if category == _LATENCY and more > 0.0:
            told = found.setdefault(name, {}).setdefault(caller, {})
            told[family] = max(told.get(family, 0.0), more)
    return found
