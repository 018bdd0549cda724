"""The newest columns of a watched cluster, as every bank takes them."""

from dataclasses import dataclass, field

import numpy as np

from patternwatch.compiled import Integers
from patternwatch.contracts.arrays import Floats32


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows that no bank has seen, of all slots.

    times_ms  int64 ms, shape (C,), ascending, one step apart; each is the end of its step
    values    float32, shape (N, C), by slot: derived values (rates, quantiles, levels), each in its own unit;
              NaN where a step has none, and in slots without a series
    begun     int64, shape (B,): slots whose series is new; what was kept for them is another's
    ahead     rows that came after these in the same answer: it is no news how late these are

    Raises ValueError where the shapes do not fit.

    >>> new = Columns(np.array([30_000, 60_000]), np.ones((3, 2), dtype=np.float32))
    >>> new.rows, new.slots
    (2, 3)
    """

    times_ms: Integers
    values: Floats32
    begun: Integers = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    ahead: int = 0

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.times_ms):
            raise ValueError(
                f"columns of {len(self.times_ms)} times cannot hold values of shape {self.values.shape}"
            )

    @property
    def rows(self) -> int:
        """How many rows are new."""
        return len(self.times_ms)

    @property
    def slots(self) -> int:
        """How many slots there are, free ones included."""
        return len(self.values)
