"""How far a figure of each workload went in the other blocks of the last week: a byte for each block."""

import numpy as np

from patternwatch.compiled import Flags
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.grown import grown
from patternwatch.watch.packing import Arrays

HALF_HOUR_ROWS, HOUR_ROWS, WEEK_ROWS = 60, 120, 20_160
"""At a step of 30 s."""
RANK = 2
"""The highest of a week may be an incident; the second highest is what happens."""

BEYOND_PAST = 2.0
"""How many times the second highest is no longer what happens."""
TAIL_BLOCKS = 15
"""How many of the highest a tail is read off: about the root of their number, as many as `tails.py` takes."""


class WeekOfMaxima:
    """The highest values of each block of rows of a week, by entity number.

    parts       how many steps of a byte one unit is
    block_rows  rows of a block

    >>> halves = WeekOfMaxima(parts=250, block_rows=60)
    >>> halves.fit(1)
    >>> for block, share in enumerate([0.1, 0.3, 0.2, 0.0]):
    ...     halves.keep(60 * block + 59, np.full((1, 60), share, dtype=np.float32), np.array([False]))
    >>> round(float(halves.past[0]), 2)
    0.2
    """

    def __init__(self, parts: int, block_rows: int) -> None:
        self._parts, self._rows, self._block = parts, block_rows, -1
        self._current = np.empty(0, dtype=np.float32)
        self._highest = np.empty((0, WEEK_ROWS // block_rows), dtype=np.uint8)
        self.past = np.empty(0, dtype=np.float32)
        """The second highest of the blocks that are over, shape (E,); 0 where nothing is known."""

    def fit(self, entities: int) -> None:
        """Make room for so many entities."""
        for name in _BY_ENTITY:
            setattr(self, name, grown(getattr(self, name), entities, 0))

    def keep(self, newest: int, values: Floats32, held: Flags) -> None:
        """Take the values of the rows up to number `newest`, shape (E, T), but of those that are held."""
        first = newest - values.shape[1] + 1
        for block in range(first // self._rows, newest // self._rows + 1):
            if block != self._block:
                kept = np.clip(np.rint(self._current * self._parts), 0, 255)
                self._highest[:, self._block % self._highest.shape[1]] = kept
                past = np.partition(self._highest, -RANK, axis=1)[:, -RANK]
                self.past = (past / self._parts).astype(np.float32)
                self._current, self._block = np.zeros_like(self._current), block
            begin, end = block * self._rows - first, (block + 1) * self._rows - first
            highest = values[:, max(begin, 0) : end].max(axis=1, initial=0)
            self._current = np.where(held, self._current, np.maximum(self._current, highest))

    def rarity(self, values: Floats32, least: float) -> Floats32:
        """-log10 of the part of a week's rows that go as far, shape (E,).

        Infinite up to `least`, and where fewer than RANK blocks went beyond it. Excesses of block maxima over
        a high threshold are close to exponential (`tails.py`); the highest block is left out here too.

        >>> hours = WeekOfMaxima(parts=250, block_rows=120)
        >>> hours.fit(1)
        >>> for block, share in enumerate([0.3, 0.06, 0.04, 0.04, 0.0]):
        ...     hours.keep(120 * block + 119, np.full((1, 120), share, dtype=np.float32), np.array([False]))
        >>> [round(float(hours.rarity(np.float32([share]), least=0.02)[0]), 1) for share in (0.02, 0.05, 0.1)]
        [inf, 4.3, 5.1]
        """
        found = np.full(len(values), np.inf, dtype=np.float32)
        beyond = np.flatnonzero(values > least)
        ordered = np.sort(self._highest[beyond], axis=1)[:, : 1 - RANK] / self._parts
        threshold = np.maximum(ordered[:, -TAIL_BLOCKS - 1], least)
        excess = np.maximum(ordered[:, -TAIL_BLOCKS:] - threshold[:, None], 0)
        known = ordered[:, -1] > least
        blocks = np.maximum(np.count_nonzero(excess, axis=1), 1)
        mean = np.maximum(excess.sum(axis=1) / blocks, 1 / self._parts)
        rarity = np.log10(ordered.shape[1] * self._rows / blocks)
        rarity += (values[beyond] - threshold) / mean / np.log(10.0)
        found[beyond[known]] = rarity[known]
        return found

    def snapshot(self) -> Arrays:
        """Its arrays by name."""
        return {"block": np.array([self._block])} | {name: getattr(self, name) for name in _BY_ENTITY}

    def restore(self, arrays: Arrays) -> None:
        """Go on from those arrays."""
        self._block = int(arrays["block"][0])
        for name in _BY_ENTITY:
            setattr(self, name, arrays[name])


_BY_ENTITY = ("_current", "past", "_highest")
