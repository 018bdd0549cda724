"""What the bank keeps of each series, as arrays by slot."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Flags, Integers
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.bank import views
from patternwatch.watch.bank.statistics import STATISTICS
from patternwatch.watch.bank.tails import NEVER

_Array = npt.NDArray[Any]


class BankArrays:
    """Arrays of equal length, one row a slot.

    ring        float32 (N, R): the newest values; column of a row: its absolute number modulo R
    state       float32 (N, 5): level, scale and floors (`views.LEVEL` and so on)
    counts      int32 (N, 5): rows since it began, not judged yet, blocks known, last row known, last heard
    maxima      uint8 (N, S, H): the largest of each statistic in each block, encoded
    current     uint8 (N, S): the same of the block that is running
    thresholds, over, rarity, excess
                uint8 and float32 (N, S): the tails that were read off the maxima
    held        bool (N,): nothing of it is learned as normal now

    >>> arrays = BankArrays(ring_rows=480, history_blocks=336)
    >>> arrays.fit(2)
    >>> arrays.maxima.shape, bool(np.isnan(arrays.ring).all()), round(arrays.bytes_per_slot)
    ((2, 8, 336), True, 4737)
    """

    def __init__(self, ring_rows: int, history_blocks: int) -> None:
        self._empty: dict[str, tuple[tuple[int, ...], Any, float]] = {
            "ring": ((ring_rows,), np.float32, np.nan),
            "state": ((5,), np.float32, np.nan),
            "counts": ((5,), np.int32, 0),
            "maxima": ((STATISTICS, history_blocks), np.uint8, 0),
            "current": ((STATISTICS,), np.uint8, 0),
            "thresholds": ((STATISTICS,), np.uint8, NEVER),
            "over": ((STATISTICS,), np.uint8, 0),
            "rarity": ((STATISTICS,), np.float32, 0),
            "excess": ((STATISTICS,), np.float32, 0),
            "held": ((), np.bool_, False),
        }
        self.ring: _Array
        self.state: _Array
        self.counts: _Array
        self.maxima: _Array
        self.current: _Array
        self.thresholds: _Array
        self.over: _Array
        self.rarity: _Array
        self.excess: _Array
        self.held: _Array
        for name, (shape, dtype, _) in self._empty.items():
            setattr(self, name, np.empty((0, *shape), dtype=dtype))

    def __len__(self) -> int:
        """How many slots there are."""
        return len(self.ring)

    @property
    def bytes_per_slot(self) -> float:
        """Bytes of all arrays, per slot."""
        return sum(array.nbytes for _, array in self.named()) / max(1, len(self))

    @property
    def blocks(self) -> int:
        """Blocks of history of the series that has most."""
        return int(self.counts[:, views.KNOWN].max(initial=0))

    def named(self) -> Iterator[tuple[str, _Array]]:
        """The arrays with their names."""
        return ((name, getattr(self, name)) for name in self._empty)

    @property
    def kept(self) -> views.Kept:
        """All arrays, for the kernels."""
        return views.Kept(*(array for _, array in self.named()))

    def fit(self, slots: int) -> None:
        """Have at least so many slots; new ones are empty."""
        for name, (_, _, empty) in self._empty.items():
            setattr(self, name, grown(getattr(self, name), slots, empty))

    def reset(self, slots: Integers) -> None:
        """Forget what is kept for these slots."""
        for name, (_, _, empty) in self._empty.items():
            getattr(self, name)[slots] = empty

    def inherit(self, slots: Integers, twins: Integers) -> None:
        """Take the history of the twins, where they are other slots, and begin a ring of one's own."""
        other = slots != twins
        for name, array in self.named():
            if name != "ring":
                array[slots[other]] = array[twins[other]]
        self.ring[slots] = np.nan
        self.counts[slots, views.SINCE] = 0
        self.held[slots] = False

    def expect_nothing(self, slots: Integers, blocks: int, least: npt.NDArray[np.float32]) -> None:
        """A counter that was not there counted nothing: its history is zeros, of so many blocks.

        least  the least change that counts, in each one's unit: its scale
        """
        self.reset(slots)
        self.state[slots, views.LEVEL] = 0.0
        self.state[slots, views.SCALE] = least
        self.counts[slots, views.KNOWN] = blocks

    def hold(self, slots: Flags) -> None:
        """By slot: of which series nothing is learned as normal from now on.

        A series that is let go again takes its level from the rows that follow.
        """
        self.fit(len(slots))
        self.counts[self.held & ~slots, views.SINCE] = 0
        self.held[:] = slots

    def settle(self, slots: Integers) -> None:
        """Take these series as they are: they are judged again once their new level is known."""
        self.state[slots, views.LEVEL] = np.nan
        self.counts[slots, views.SINCE] = 0

    def restore(self, arrays: dict[str, _Array]) -> None:
        """Take these arrays; raises KeyError where one lacks, ValueError where one has another shape."""
        for name, (shape, dtype, _) in self._empty.items():
            array = arrays[name]
            if array.shape[1:] != shape or array.dtype != dtype:
                raise ValueError(f"{name} has shape {array.shape[1:]} and type {array.dtype}, not {shape}")
            setattr(self, name, array.copy())
