"""Counting many names in pieces: fewer at once where that is refused, and not at all where nothing helps."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from patternwatch.contracts.errors import SourceError, SourceSlowError
from patternwatch.contracts.matchers import Matchers
from patternwatch.cortex.count_queries import is_passable
from patternwatch.cortex.label_partition import MAX_MATCHER_CHARS, matcher_of, packed
from patternwatch.cortex.listed_values import narrowed

Count: TypeAlias = Callable[[Matchers], Awaitable[Mapping[str, int]]]

NAME = "__name__"
MAX_REQUESTS = 60
"""Of one census, in pieces: what is not counted by then is cut evenly."""
MAX_SLOW = 2
"""So many pieces that are not answered in time end the counting: it must leave time for the read."""
ASSUMED_SERIES = 20
"""Of a name that could not be counted, where no other could either."""


@dataclass(slots=True)
class CountBudget:
    """What one census may still ask for, and what it could not count."""

    requests: int = 0
    slow: int = 0
    assumed: list[str] = field(default_factory=list)
    """Names that could not be counted."""

    @property
    def is_spent(self) -> bool:
        """Whether no more is asked for."""
        return self.requests >= MAX_REQUESTS or self.slow >= MAX_SLOW


async def count_in_pieces(
    names: Sequence[str],
    size: int,
    matchers: Matchers,
    count: Count,
    budget: CountBudget,
    assumed: int | None = None,
) -> dict[str, int]:
    """Counts of these names, `size` at once, fewer where that is refused; 0 for those without series.

    matchers  the selection that the names are of
    assumed   series of a name that cannot be counted; by default as many as the others have
    Raises what `count` raises where smaller pieces do not help.
    """
    found: dict[str, int] = {}
    left = list(names)
    uncounted: list[str] = []
    while left and not budget.is_spent:
        piece = _first(left, size)
        budget.requests += 1
        try:
            counted = await count(narrowed(matchers, matcher_of(NAME, piece)))
        except SourceError as error:
            if not is_passable(error):
                raise
            budget.slow += isinstance(error, SourceSlowError)
            if len(piece) > 1:
                size = -(-len(piece) // 2)
                continue
            uncounted += piece
        else:
            found |= {name: counted.get(name, 0) for name in piece}
        left = left[len(piece) :]
    uncounted += left
    if uncounted:
        budget.assumed += uncounted
        mean = sum(found.values()) // len(found) if found else ASSUMED_SERIES
        found |= dict.fromkeys(uncounted, assumed or max(mean, 1))
    return found


def _first(names: Sequence[str], size: int) -> list[str]:
    """So many of the first names, fewer where their matcher would be too long for a URL."""
    (values, _), *_ = packed([((name,), 0) for name in names[:size]], 1, MAX_MATCHER_CHARS)
    return list(values)
