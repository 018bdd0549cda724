"""Counting many names in pieces of about as many series, one after the other; smaller where one is refused.

A server holds all series of a count at once, about a kilobyte of each. How many a name has is known only by
counting; so the first piece is small and has names from everywhere, and tells how large the next may be.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from patternwatch.contracts.errors import SourceError, SourceSlowError
from patternwatch.contracts.matchers import Matchers
from patternwatch.cortex.count_queries import is_passable
from patternwatch.cortex.label_partition import matcher_of, packed
from patternwatch.cortex.listed_values import narrowed

Count: TypeAlias = Callable[[Matchers], Awaitable[Mapping[str, int]]]

NAME = "__name__"
PIECE_SERIES = 60_000
"""Series that one query counts, about: a Prometheus 2.42 holds some 60 MB for them, and as much in waste."""
FEW_NAMES = 128
"""So many names are counted at once, without a first piece: few have more than some hundred series each."""
FIRST_PART = 16
"""The first piece holds one name in so many."""
MAX_PIECE_CHARS = 12_000
"""Of the names of a piece: VictoriaMetrics takes queries of 16 kB by default (-search.maxQueryLen)."""
MAX_PIECES = 30
"""Pieces that names are cut into for their length; of very many names each piece is longer instead."""
MAX_REQUESTS = 60
"""Of one census, in pieces: what is not counted by then is cut evenly."""
MAX_SLOW = 2
"""So many pieces that are not answered in time end the counting: it must leave time for the read."""
PIECE_S = 1.0
"""How long a piece may take, by what the first ones took."""
MAX_COUNT_S = 4.0
"""This time in all ends the counting as well: the next census goes on where it ended."""
ASSUMED_SERIES = 20
"""Of a name that could not be counted, where no other could either."""


@dataclass(slots=True)
class CountBudget:
    """What one census may still ask for, what it has seen, and what it could not count.

    clock  seconds, rising
    """

    clock: Callable[[], float]
    requests: int = 0
    slow: int = 0
    names: int = 0
    """Names that were counted."""
    series: int = 0
    """Their series."""
    seconds: float = 0.0
    """How long that took."""
    assumed: list[str] = field(default_factory=list)
    """Names that could not be counted."""
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.clock()

    @property
    def is_spent(self) -> bool:
        """Whether no more is asked for."""
        is_late = self.clock() - self._began >= MAX_COUNT_S
        return is_late or self.requests >= MAX_REQUESTS or self.slow >= MAX_SLOW

    def failed(self, error: SourceError) -> None:
        """Note a count that failed; raises the error where smaller pieces do not help."""
        if not is_passable(error):
            raise error
        self.slow += isinstance(error, SourceSlowError)

    def counted(self, counts: Mapping[str, int], seconds: float) -> None:
        """Note a count that was answered, and how long it took."""
        self.names += len(counts)
        self.series += sum(counts.values())
        self.seconds += seconds

    def fitting(self, left: int) -> int:
        """How many of the names that are left one query may count."""
        if not self.names:
            return left if left <= FEW_NAMES else -(-left // FIRST_PART)
        used = max(self.series / PIECE_SERIES, self.seconds / PIECE_S)
        return max(int(self.names / used), 1) if used else left


async def count_in_pieces(
    names: Sequence[str],
    size: int,
    matchers: Matchers,
    count: Count,
    budget: CountBudget,
    assumed: int | None = None,
) -> dict[str, int]:
    """Counts of these names, at most `size` at once, fewer where that is refused; 0 for those without series.

    matchers  the selection that the names are of
    assumed   series of a name that cannot be counted; by default as many as the others have
    Raises what `count` raises where smaller pieces do not help.
    """
    found: dict[str, int] = {}
    left = spread(names) if len(names) > FEW_NAMES else list(names)
    uncounted: list[str] = []
    max_chars = max(MAX_PIECE_CHARS, sum(map(len, names)) // MAX_PIECES)
    while left and not budget.is_spent:
        piece = _first(left, min(size, budget.fitting(len(left))), max_chars)
        budget.requests += 1
        began = budget.clock()
        try:
            counted = await count(narrowed(matchers, matcher_of(NAME, piece)))
        except SourceError as error:
            budget.failed(error)
            if len(piece) > 1:
                size = -(-len(piece) // 2)
                continue
            uncounted += piece
        else:
            answer = {name: counted.get(name, 0) for name in piece}
            budget.counted(answer, budget.clock() - began)
            found |= answer
        left = left[len(piece) :]
    uncounted += left
    if uncounted:
        budget.assumed += uncounted
        mean = sum(found.values()) // len(found) if found else ASSUMED_SERIES
        found |= dict.fromkeys(uncounted, assumed or max(mean, 1))
    return found


def spread(names: Sequence[str]) -> list[str]:
    """The same names, first some from everywhere: neighbours are of one exporter, and of its size."""
    return [name for first in range(FIRST_PART) for name in names[first::FIRST_PART]]


def _first(names: Sequence[str], size: int, max_chars: int) -> list[str]:
    """So many of the first names, fewer where their matcher would be too long."""
    (values, _), *_ = packed([((name,), 0) for name in names[:size]], 1, max_chars)
    return list(values)
