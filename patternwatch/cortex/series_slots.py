"""Which series has which row of an array: its slot, which it keeps for as long as it is held."""

import numpy as np

from patternwatch.compiled import Integers
from patternwatch.cortex.label_index import LabelIndex
from patternwatch.cortex.raw import RawSeries

_Key = tuple[tuple[str, str], ...]


class SeriesSlots:
    """Slots by label set. The slot of a series that was let go is free for the next new one.

    labels, types  by slot; those of a free slot are of the series that had it

    >>> from patternwatch.cortex.raw import ragged
    >>> one = np.array([1000]), np.array([1.0])
    >>> raw = ragged([{"__name__": "b"}, {"__name__": "a"}], ["gauge"] * 2, *([each] * 2 for each in one))
    >>> slots = SeriesSlots()
    >>> slots.of(raw).tolist(), slots.by_labels()[0].tolist(), len(slots)
    ([0, 1], [0, 1], 2)
    """

    def __init__(self) -> None:
        self.labels: list[dict[str, str]] = []
        self.types: list[str] = []
        self._slots: dict[_Key, int] = {}
        self._free: list[int] = []
        self._ordered: tuple[Integers, LabelIndex] | None = None
        self._last_labels: list[dict[str, str]] | None = None  # None where a slot was given up since
        self._last_types = list[str]()
        self._last_slots: Integers = np.empty(0, dtype=np.int64)

    def __len__(self) -> int:
        """How many series have one."""
        return len(self._slots)

    @property
    def taken(self) -> list[int]:
        """The slots that are not free, ascending."""
        return sorted(self._slots.values())

    def of(self, raw: RawSeries) -> Integers:
        """The slots of these series; mostly they are those of the last time, and are only compared.

        A new series takes a free slot, or the next one.
        """
        if raw.labels != self._last_labels or raw.types != self._last_types:
            self._last_slots = np.fromiter(map(self._slot, raw.labels, raw.types), np.int64, len(raw))
            # Our own label sets, equal to those: no second one of each is kept.
            self._last_labels = [self.labels[slot] for slot in self._last_slots.tolist()]
            self._last_types = raw.types
        return self._last_slots

    def let_go(self, slot: int) -> bool:
        """Free this slot; False where it was free."""
        key = _key(self.labels[slot])
        if self._slots.get(key) != slot:
            return False
        del self._slots[key]
        self._last_labels = self._ordered = None
        self._free.append(slot)
        return True

    def by_labels(self) -> tuple[Integers, LabelIndex]:
        """The taken slots in the order of their labels, and which labels are where in this order."""
        if self._ordered is None:
            slots = [slot for _, slot in sorted(self._slots.items())]
            self._ordered = np.array(slots, dtype=np.int64), LabelIndex([self.labels[i] for i in slots])
        return self._ordered

    def _slot(self, labels: dict[str, str], kind: str) -> int:
        key = _key(labels)
        slot = self._slots.get(key)
        if slot is not None:
            if kind != "unknown":
                self.types[slot] = kind  # metadata may have learned it meanwhile
            return slot
        if self._free:
            slot = self._free.pop()
            self.labels[slot], self.types[slot] = labels, kind
        else:
            slot = len(self.labels)
            self.labels.append(labels)
            self.types.append(kind)
        self._slots[key] = slot
        self._ordered = None
        return slot


def _key(labels: dict[str, str]) -> _Key:
    return tuple(sorted(labels.items()))
