"""What is known of each series by its labels, as arrays by slot; a slot that is free is given again."""

import numpy as np

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.arrays.packing import Arrays

_EMPTY = {
    "_used": False,
    "_seen": 0,
    "_subject": 0,
    "category": 0,
    "family": 0,
    "entity": 0,
    "pod": 0,
    "counting": 0.0,
    "twin": -1,
    "alone": False,
    "phase": 0,
    "ended": 0,
    "states": 0,
}
"""What the arrays by slot hold of a free slot."""


class SlotArrays:
    """Arrays of equal length, one element a slot, those of free slots included.

    category   int8: position in METRIC_CATEGORIES
    family     int32: a number for metric name and derivation
    entity     int32: a number for the workload
    pod        int32: a number for the part of it (pod or instance)
    counting   float32: events that one unit of the value stands for in one row; 0 where it counts none
    twin       int32: of a series that began, the slot of one that is alike (the same family and entity, of
               a part that ended or of one beside it), whose history is the best guess at its own; -1: none
    alone      bool: it began in a part that was known before, as a counter of failures does
    ended      int8: how what it counts ended (`label_reader.REFUSED`, `SERVED`); 0 where that is not told
    states     int8: what Kubernetes states by it, without statistics (`told_states.py`); 0: nothing
    phase      int32: a number made of its labels, by which upkeep is spread: the same in whatever slot

    >>> arrays = SlotArrays()
    >>> arrays.take_slot(), arrays.take_slot(), len(arrays)
    (0, 1, 16)
    """

    def __init__(self) -> None:
        self._free: list[int] = []
        self._used = np.empty(0, dtype=np.bool_)
        self._seen: Integers = np.empty(0, dtype=np.int64)
        self._subject = np.empty(0, dtype=np.int32)
        self.category = np.empty(0, dtype=np.int8)
        self.family = np.empty(0, dtype=np.int32)
        self.entity = np.empty(0, dtype=np.int32)
        self.pod = np.empty(0, dtype=np.int32)
        self.counting: Floats32 = np.empty(0, dtype=np.float32)
        self.twin = np.empty(0, dtype=np.int32)
        self.alone: Flags = np.empty(0, dtype=np.bool_)
        self.phase = np.empty(0, dtype=np.int32)
        self.ended = np.empty(0, dtype=np.int8)
        self.states = np.empty(0, dtype=np.int8)

    def __len__(self) -> int:
        """How many slots there are, free ones included."""
        return len(self._used)

    @property
    def used(self) -> Flags:
        """By slot: whether a series sits in it, there or ended."""
        return self._used

    @property
    def bytes_per_slot(self) -> float:
        """Bytes of the arrays, per slot."""
        total: int = sum(array.nbytes for array in self.arrays().values())
        return total / max(1, len(self))

    def take_slot(self) -> int:
        """A free slot, which is none any more; there are more of them where all are taken."""
        if not self._free:
            before = len(self)
            slots = before + max(16, before // 4)
            self._free += range(slots - 1, before - 1, -1)
            for name, empty in _EMPTY.items():
                setattr(self, name, grown(getattr(self, name), slots, empty))
        return self._free.pop()

    def free(self, slot: int) -> None:
        """Give a slot back, for whichever series comes next."""
        self._used[slot] = False
        self._free.append(slot)

    def arrays(self) -> Arrays:
        """The arrays by name."""
        return {name: getattr(self, name) for name in _EMPTY}

    def restore_arrays(self, arrays: Arrays) -> None:
        """Go on from those arrays; raises KeyError where one lacks."""
        nothing = np.zeros(len(arrays["_used"]), dtype=np.int8)
        known = {"ended": nothing, "states": nothing.copy()}  # of an older version
        for name in _EMPTY:
            setattr(self, name, (known | arrays)[name])
        self._free = np.flatnonzero(~self._used)[::-1].tolist()
