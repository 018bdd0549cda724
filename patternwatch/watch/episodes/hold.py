"""Of which entities nothing is learned as normal: those of an open episode, and for a while after it."""

import numpy as np

from patternwatch.compiled import Flags
from patternwatch.watch.arrays.grown import grown

COOL_DOWN_TICKS = 8
"""Ticks after an episode in which nothing is learned yet: its rows are what series are compared with."""
MAX_HOLD_TICKS = 480
"""Ticks after which an open episode's levels are taken as normal: eight hours of minutes."""


class Hold:
    """Nothing of an incident is learned as normal: not while it lasts, and not from its last rows.

    involved   bool, by entity: those of the last open episode
    cool_down  ticks until what was involved is learned again
    held       ticks since when an episode is open

    >>> hold, cart, nobody = Hold(), np.array([True, False]), np.array([False, False])
    >>> hold.tick(True, cart, nobody).tolist(), hold.tick(False, nobody, nobody).tolist()
    ([True, False], [True, False])
    >>> after = [hold.tick(False, nobody, nobody).tolist() for _ in range(COOL_DOWN_TICKS)]
    >>> after[-2:]
    [[False, False], [False, False]]
    """

    def __init__(self) -> None:
        self.involved: Flags = np.zeros(0, dtype=np.bool_)
        self.cool_down = 0
        self.held = 0

    def tick(self, is_open: bool, involved: Flags, settled: Flags) -> Flags:
        """By entity: whether it is held after this tick.

        is_open   whether an episode is
        involved  who takes part in it
        settled   whose level was just taken as it is
        """
        if is_open:
            self.held += 1
            self.cool_down = COOL_DOWN_TICKS
            self.involved = involved.copy()
        elif self.cool_down:
            self.cool_down -= 1
            self.involved = grown(self.involved, len(involved))
            involved = self.involved & ~settled if self.cool_down else involved
        else:
            self.held = 0
        return np.zeros_like(involved) if self.held > MAX_HOLD_TICKS else involved
