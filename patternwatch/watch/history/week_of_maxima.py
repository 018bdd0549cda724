"""How far a figure of each workload went in the other blocks of the last week: a byte for each block."""

import numpy as np

from patternwatch.compiled import Flags
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.arrays.packing import Arrays

HALF_HOUR_ROWS, HOUR_ROWS, WEEK_ROWS = 60, 120, 20_160
"""At a step of 30 s."""
RANK = 2
"""The highest of a week may be an incident; the second highest is what happens."""
LEAST_SPARED = 11
"""Blocks from which on one of them can be left out (`tails.TRIMMED`)."""
BEYOND_PAST = 2.0
"""How many times the second highest is no longer what happens."""
TAIL_BLOCKS = 15
"""How many of the highest a tail is read off at most: about the root of their number (`bank/tails.py`)."""


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
        self._known, self._told = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.bool_)
        self.past = np.empty(0, dtype=np.float32)
        """The second highest of the blocks that are over, or what this block had a week ago, whichever is
        higher, shape (E,); 0 where nothing is known. What comes every week at its hour is no incident."""

    @property
    def of_all(self) -> Floats32:
        """The same, but while so few blocks are known that none can be spared, the highest, shape (E,)."""
        highest = self._highest.max(axis=1, initial=0) / self._parts
        return np.where(self._known < LEAST_SPARED, highest, self.past).astype(np.float32)

    def fit(self, entities: int) -> None:
        """Make room for so many entities."""
        for name in _BY_ENTITY:
            setattr(self, name, grown(getattr(self, name), entities, 0))

    def keep(self, newest: int, values: Floats32, held: Flags) -> None:
        """Take the values of the rows up to number `newest`, shape (E, T), but of those that are held.

        A block of which every row was held is not known.
        """
        first = newest - values.shape[1] + 1
        for block in range(first // self._rows, newest // self._rows + 1):
            if block != self._block:
                kept = np.clip(np.rint(self._current * self._parts), 0, 255)
                self._highest[:, self._block % self._highest.shape[1]] = kept
                self._known += self._told
                self._told = np.zeros_like(self._told)
                past = np.partition(self._highest, -RANK, axis=1)[:, -RANK]
                a_week_ago = self._highest[:, block % self._highest.shape[1]]
                self.past = (np.maximum(past, a_week_ago) / self._parts).astype(np.float32)
                self._current, self._block = np.zeros_like(self._current), block
            begin, end = block * self._rows - first, (block + 1) * self._rows - first
            highest = values[:, max(begin, 0) : end].max(axis=1, initial=0)
            self._current = np.where(held, self._current, np.maximum(self._current, highest))
            self._told |= ~held

    def forget_block(self, entities: Flags) -> None:
        """Of these the running block is not known: what it has so far was trouble already, though unseen.

        >>> halves = WeekOfMaxima(parts=250, block_rows=60)
        >>> halves.fit(2)
        >>> halves.keep(30, np.full((2, 30), 0.8, dtype=np.float32), np.array([False, False]))
        >>> halves.forget_block(np.array([True, False]))
        >>> halves.keep(60, np.zeros((2, 1), dtype=np.float32), np.array([True, False]))
        >>> [round(float(share), 2) for share in halves.of_all]
        [0.0, 0.8]
        """
        self._current = np.where(entities, np.float32(0), self._current)
        self._told = self._told & ~entities

    def rarity(self, values: Floats32, least: float) -> Floats32:
        """-log10 of the part of the known rows, at most a week's, that go as far, shape (E,).

        Infinite up to `least`, and where no block went beyond it but the one that is left out. Excesses of
        block maxima over a high threshold are close to exponential (`bank/tails.py`), and of few of them as
        little is known as `bank/scores.py` says.

        >>> hours = WeekOfMaxima(parts=250, block_rows=120)
        >>> hours.fit(1)
        >>> for block, share in enumerate([0.3, 0.06, 0.04, 0.04, 0.0]):
        ...     hours.keep(120 * block + 119, np.full((1, 120), share, dtype=np.float32), np.array([False]))
        >>> [round(float(hours.rarity(np.float32([share]), least=0.02)[0]), 1) for share in (0.02, 0.05, 0.1)]
        [inf, 2.4, 2.6]
        """
        found = np.full(len(values), np.inf, dtype=np.float32)
        beyond = np.flatnonzero(values > least)
        few = self._known[beyond] < LEAST_SPARED
        ordered = np.sort(self._highest[beyond], axis=1) / self._parts
        ordered = np.where(few[:, None], ordered[:, 1:], ordered[:, :-1])
        size = np.clip(self._known[beyond] - ~few, 1, ordered.shape[1])
        number = np.minimum(np.minimum(np.rint(1.2 * np.sqrt(size)), TAIL_BLOCKS), size - 1).astype(np.int64)
        at = ordered.shape[1] - 1 - number
        threshold = np.maximum(np.take_along_axis(ordered, at[:, None], axis=1)[:, 0], least)
        excess = np.maximum(ordered - threshold[:, None], 0)
        known = ordered[:, -1] > least
        blocks = np.maximum(np.count_nonzero(excess, axis=1), 1)
        mean = np.maximum(excess.sum(axis=1) / blocks, 1 / self._parts)
        rarity = np.log10(size * self._rows / blocks)
        rarity += size * np.log10(1 + np.maximum(values[beyond] - threshold, 0) / (mean * size))
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


_BY_ENTITY = ("_current", "past", "_highest", "_known", "_told")
