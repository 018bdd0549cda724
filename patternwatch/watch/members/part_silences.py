"""Which parts of workloads missed samples and are back: what was restarted in place, or scraped late."""

import numpy as np

from patternwatch.compiled import Flags, Integers
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.arrays.packing import Arrays
from patternwatch.watch.members.silences import AGAIN_SILENT, LIVED_ROWS, NEVER

BLINKED_ROWS = 10
"""Rows after a missing sample within which a part's statistics show that it was restarted."""
_ARRAYS = ("_pod_last", "_pod_back")


class PartSilences:
    """Silences by part (pod or instance) number.

    last  the newest row with a sample of it

    >>> parts = PartSilences()
    >>> parts.fit(1)
    >>> parts.see(8, np.array([0]))
    >>> parts.back_in(9, np.array([0])).tolist(), parts.back_in(11, np.array([0])).tolist()
    ([], [0])
    """

    def __init__(self) -> None:
        self._pod_last = np.empty(0, dtype=np.int64)
        self._pod_back = np.empty(0, dtype=np.int64)

    @property
    def last(self) -> Integers:
        """By part."""
        return self._pod_last

    def fit(self, parts: int) -> None:
        """Have so many parts at least; new ones were never there."""
        for name in _ARRAYS:
            setattr(self, name, grown(getattr(self, name), parts, NEVER))

    def see(self, row: int, there: Integers) -> None:
        """These parts gave a sample in this row."""
        self._pod_last[there] = row

    def skip(self, rows: int, which: Flags) -> None:
        """Of so many rows nothing is known: the silence of these parts becomes no longer."""
        self._pod_last[which] += rows

    def back_in(self, row: int, there: Integers) -> Integers:
        """Those of these parts, not seen yet in this row, that a sample of it shows to be started again."""
        silent = row - 1 - self._pod_last[there]
        self._pod_back[there[(silent >= 1) & (silent < LIVED_ROWS)]] = row
        return there[(silent >= AGAIN_SILENT) & (silent < LIVED_ROWS)]

    def learn(self, part: int, rows: Integers, apart: int) -> Integers:
        """The rows in which a part was there, so many apart; those in which it was back are given."""
        at = np.concatenate([self._pod_last[[part]], rows])
        silent = np.diff(at) - apart
        self._pod_last[part] = at[-1]
        return at[1:][(silent >= AGAIN_SILENT) & (silent < LIVED_ROWS)]

    def blinked(self, row: int) -> Flags:
        """By part: whether it missed a sample lately."""
        return np.asarray(row - self._pod_back <= BLINKED_ROWS)

    def snapshot(self) -> Arrays:
        """Its arrays by name."""
        return {name: getattr(self, name) for name in _ARRAYS}

    def restore(self, arrays: Arrays) -> None:
        """Go on from those arrays."""
        for name in _ARRAYS:
            setattr(self, name, arrays[name])
