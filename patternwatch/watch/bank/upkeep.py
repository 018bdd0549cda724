"""What is read anew of the bank's series now and then: tails from their history, and what others lend them.

It costs more than a comparison does, and changes slowly, so that each tick does it for a part of the series.
"""

import numpy as np

from patternwatch.compiled import Floats, Integers
from patternwatch.watch.bank import kernels, views
from patternwatch.watch.bank.arrays import BankArrays
from patternwatch.watch.bank.floors import absolute_floors, relative_floors
from patternwatch.watch.bank.pooling import family_slopes, lend_scales
from patternwatch.watch.bank.statistics import STATISTICS
from patternwatch.watch.members.members import Members

_YOUNG_TICKS, _MATURE_TICKS = 30, 120
"""Ticks over which the reading of tails is spread; a history of some days changes slowly."""


class Upkeep:
    """Keeps tails, slopes, scales and floors of a bank's arrays.

    arrays      of the bank
    block_rows  rows of a block of history
    day         blocks a day
    slopes      of the families' tails, shape (families, STATISTICS)
    ticks       that it was kept up for

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members, arrays = Members(AnalysisSettings(), 30_000), BankArrays(ring_rows=480, history_blocks=336)
    >>> slots, _ = members.place([{"__name__": "queue_length", "service": "cart"}], [""])
    >>> arrays.fit(len(members))
    >>> upkeep = Upkeep(arrays, block_rows=60, day=48)
    >>> upkeep.set_floors(slots, members)
    >>> upkeep.tick(members, newest_row=0)
    >>> round(float(arrays.state[0, views.RELATIVE]), 2), upkeep.slopes.shape, upkeep.ticks
    (0.2, (1, 8), 1)
    """

    def __init__(self, arrays: BankArrays, block_rows: int, day: int) -> None:
        self._arrays, self.block_rows, self.day = arrays, block_rows, day
        self.slopes: Floats = np.empty((0, STATISTICS))
        self.ticks = 0

    def tick(self, members: Members, newest_row: int) -> None:
        """Upkeep of the series whose turn it is: by their labels, so that slots do not matter."""
        self.ticks += 1
        young = self._arrays.counts[:, views.KNOWN] < 2 * self.day
        turn = (members.phase + self.ticks) % np.where(young, _YOUNG_TICKS, _MATURE_TICKS) == 0
        self.read_tails(np.flatnonzero(turn & members.used), newest_row)
        if self.ticks % _YOUNG_TICKS == 1:
            self.look_around(members)

    def look_around(self, members: Members) -> None:
        """What series take from others: slopes and scales from their family, floors from the requests."""
        self.see_families(members)
        lend_scales(self._arrays, members)
        level = self._arrays.state[:, views.LEVEL]
        self._arrays.state[:, views.ABSOLUTE] = absolute_floors(members, level)

    def see_families(self, members: Members) -> None:
        """Slopes of all families as they are now."""
        self.slopes = family_slopes(self._arrays, members)

    def set_floors(self, slots: Integers, members: Members) -> None:
        """Floors of series that are new in these slots."""
        state = self._arrays.state
        state[slots, views.RELATIVE] = relative_floors(members)[slots]
        state[slots, views.COUNTING] = members.counting[slots]
        state[slots, views.ABSOLUTE] = absolute_floors(members, state[:, views.LEVEL])[slots]

    def read_tails(self, slots: Integers, row: int) -> None:
        """Tails of these series from the blocks that are closed at this row."""
        kernels.read_tails(self._arrays.kept, slots, row // self.block_rows, self.day)
