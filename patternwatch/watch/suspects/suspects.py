"""Series that are not as their own history has it."""

from dataclasses import dataclass

import numpy as np

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32


@dataclass(frozen=True, slots=True)
class Suspects:
    """K series and directions; a series that rises against one past and falls against another is there twice.

    slots  int64, shape (K,)
    up     bool, shape (K,): higher, else lower
    score  float32, shape (K,): -log10 of how often the series' own history had it
    size   float32, shape (K,): the change, in the series' own unit, always positive
    """

    slots: Integers
    up: Flags
    score: Floats32
    size: Floats32

    def __len__(self) -> int:
        """How many there are."""
        return len(self.slots)

    def take(self, which: Flags | Integers) -> "Suspects":
        """Those at these positions."""
        return Suspects(self.slots[which], self.up[which], self.score[which], self.size[which])


NO_SUSPECTS = Suspects(
    np.empty(0, dtype=np.int64),
    np.empty(0, dtype=np.bool_),
    np.empty(0, dtype=np.float32),
    np.empty(0, dtype=np.float32),
)


def strongest(suspects: Suspects) -> Suspects:
    """Each series and direction once, with its strongest score; by slot.

    >>> twice = Suspects(
    ...     np.array([3, 3, 1]), np.array([True, True, False]), np.float32([3, 5, 4]), np.float32([1, 2, 7])
    ... )
    >>> once = strongest(twice)
    >>> once.slots.tolist(), once.up.tolist(), once.score.tolist(), once.size.tolist()
    ([1, 3], [False, True], [4.0, 5.0], [7.0, 2.0])
    """
    order = np.lexsort((-suspects.score, suspects.up, suspects.slots))
    slots, up = suspects.slots[order], suspects.up[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (slots[1:] != slots[:-1]) | (up[1:] != up[:-1])
    kept = order[first]
    return suspects.take(kept)


def joined(one: Suspects, other: Suspects) -> Suspects:
    """Both, each series and direction once, by slot.

    >>> one = Suspects(np.array([4]), np.array([True]), np.float32([8]), np.float32([1]))
    >>> len(joined(one, one)), joined(one, NO_SUSPECTS) is one
    (1, True)
    """
    if not len(one) or not len(other):
        return one if len(one) else other
    both = Suspects(
        np.concatenate((one.slots, other.slots)),
        np.concatenate((one.up, other.up)),
        np.concatenate((one.score, other.score)),
        np.concatenate((one.size, other.size)),
    )
    return strongest(both)
