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


NO_SUSPECTS = Suspects(
    np.empty(0, dtype=np.int64),
    np.empty(0, dtype=np.bool_),
    np.empty(0, dtype=np.float32),
    np.empty(0, dtype=np.float32),
)
