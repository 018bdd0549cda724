"""The last samples of many series on one grid: samples in, a window or the newest columns out.

Each series has a slot, a row of one array, that it keeps for as long as the window shows anything of it.
The slot of a series that has left the window is free for the next new one; nothing is ever moved, so that
whoever keeps numbers per slot (a running mean, a state) can index them by it.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Floats, Integers, kernel
from patternwatch.contracts.series import Matrix, SeriesBatch, Window
from patternwatch.contracts.skipped import Skipped
from patternwatch.cortex.align import Grid
from patternwatch.cortex.derive import derive_aligned
from patternwatch.cortex.histogram_parts import KeptHistograms
from patternwatch.cortex.raw import RawSeries

_FIRST_CAPACITY = 64
_Number = TypeVar("_Number", bound=np.generic)
_Key = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FreshColumns:
    """The columns that are new since the last call of `RingBuffer.fresh`.

    times   int64 ms, shape (C,), ascending; each is the end of its step
    slots   int64, shape (N,), ascending; the slots that hold a series
    values  float64, shape (N, C): raw samples, not yet rates; NaN where a step has no sample
    begun   int64, the slots whose series is new since the last call: what was kept for them is another's
    """

    times: Integers
    slots: Integers
    values: Matrix
    begun: Integers


class RingBuffer:
    """A ring of `rows` + 1 steps for each series.

    Step g holds the last sample of (g - 1, g] times `step_ms`, in column g modulo the ring's size, so that
    time moves on by clearing the columns that are used next.
    """

    def __init__(self, rows: int, step_ms: int) -> None:
        self._rows, self._step_ms = rows, step_ms
        self._size = rows + 1  # one step more: the first rate needs the sample before it
        self._newest = 0
        self._slots: dict[_Key, int] = {}
        self._free: list[int] = []
        self._labels: list[dict[str, str]] = []
        self._types: list[str] = []
        self._skipped: Skipped = {}
        self._values = np.full((_FIRST_CAPACITY, self._size), np.nan)
        self._stamps = np.zeros((_FIRST_CAPACITY, self._size), dtype=np.int64)
        self._last = np.zeros(_FIRST_CAPACITY, dtype=np.int64)
        self._order: Integers | None = None
        self._histograms = KeptHistograms()
        self._handed_out: int | None = None
        self._begun: set[int] = set()
        self._last_labels: list[dict[str, str]] | None = None  # None where a slot was given up since
        self._last_types = list[str]()
        self._last_slots: Integers = np.empty(0, dtype=np.int64)

    def __len__(self) -> int:
        """How many series it holds, those included that have ended but still show."""
        return len(self._slots)

    @property
    def half_until_ms(self) -> int:
        """The end of the last step of which half of its series have a sample; 0 where it holds none."""
        last = self._last[sorted(self._slots.values())]
        return int(np.median(last)) * self._step_ms if len(last) else 0

    def slot_of(self, labels: dict[str, str]) -> int | None:
        """The slot of a series; None where the buffer does not hold it."""
        return self._slots.get(_key(labels))

    def labels_of(self, slot: int) -> dict[str, str]:
        """The labels of the series in a slot; raises KeyError where the slot is free."""
        labels = self._labels[slot] if 0 <= slot < len(self._labels) else {}
        if self._slots.get(_key(labels)) != slot:
            raise KeyError(slot)
        return labels

    def add(self, raw: RawSeries, end_ms: int) -> None:
        """Move on to `end_ms` (a multiple of the step, not before the last one) and put these samples in.

        Of several samples in one step the last one counts, whenever it comes; of two with the same time
        the first to come. Samples that are too old or lie after `end_ms` are ignored.
        Raises ValueError where time goes back.
        """
        self._move_on(end_ms // self._step_ms)
        if not self._labels:  # the first samples: these are nearly all series that will ever be
            self._grow_to(len(raw))
        slots = self._slots_of(raw)
        _write(
            raw.timestamps, raw.values, raw.offsets, slots, self._step_ms, self._newest,
            self._values, self._stamps, self._last,
        )  # fmt: skip
        self._skipped = {**self._skipped, **raw.skipped}
        self._forget()

    def batch(self, split_ms: int) -> SeriesBatch:
        """The window that ends where the samples do, as one fetch of it would give it.

        Raises ValueError where `split_ms` does not lie inside.
        """
        end_ms = self._newest * self._step_ms
        start_ms = end_ms - (self._rows - 1) * self._step_ms
        window = Window(start_ms=start_ms, split_ms=split_ms, end_ms=end_ms, step_ms=self._step_ms)
        order = self._by_labels()
        oldest = (self._newest + 1) % self._size
        grid = Grid(_unrolled(self._values[order], oldest), _unrolled(self._stamps[order], oldest), window)
        samples = RawSeries(
            [self._labels[i] for i in order],
            [self._types[i] for i in order],
            np.zeros(len(order) + 1, dtype=np.int64),
            np.empty(0, np.int64),
            np.empty(0),
            self._skipped,
        )
        return derive_aligned(samples, grid, self._histograms)

    def fresh(self) -> FreshColumns:
        """The columns that are new since the last call; on the first call, all `rows` + 1 of them.

        Where more time passed than the ring holds, the columns begin with the oldest that is there. A
        sample that came late, into a column that was handed out before, shows in `batch` only.
        """
        oldest = self._newest - self._size
        since = oldest if self._handed_out is None else max(self._handed_out, oldest)
        slots = np.array(sorted(self._slots.values()), dtype=np.int64)
        columns = self._columns(since)
        steps = np.arange(since + 1, self._newest + 1, dtype=np.int64)
        begun = np.array(sorted(self._begun), dtype=np.int64)
        self._handed_out, self._begun = self._newest, set()
        return FreshColumns(steps * self._step_ms, slots, self._values[np.ix_(slots, columns)], begun)

    def _columns(self, since: int) -> Integers:
        """Where the steps after `since` lie, the oldest first."""
        return np.arange(since + 1, self._newest + 1, dtype=np.int64) % self._size

    def _move_on(self, step: int) -> None:
        if step < self._newest:
            raise ValueError(f"time goes on: step {step} is before {self._newest}")
        columns = np.arange(max(self._newest, step - self._size) + 1, step + 1) % self._size
        self._values[:, columns] = np.nan
        self._stamps[:, columns] = 0
        self._newest = step

    def _slots_of(self, raw: RawSeries) -> Integers:
        """The slots of these series; mostly they are those of the last time, and are only compared."""
        if raw.labels != self._last_labels or raw.types != self._last_types:
            self._last_slots = np.fromiter(map(self._slot, raw.labels, raw.types), np.int64, len(raw))
            # Our own label sets, equal to those: no second one of each is kept.
            self._last_labels = [self._labels[slot] for slot in self._last_slots.tolist()]
            self._last_types = raw.types
        return self._last_slots

    def _slot(self, labels: dict[str, str], kind: str) -> int:
        """The slot of a series; a new one takes a free slot, or the next one."""
        key = _key(labels)
        slot = self._slots.get(key)
        if slot is not None:
            if kind != "unknown":
                self._types[slot] = kind  # metadata may have learned it meanwhile
            return slot
        if self._free:
            slot = self._free.pop()
            self._labels[slot], self._types[slot] = labels, kind
        else:
            slot = len(self._labels)
            self._labels.append(labels)
            self._types.append(kind)
            if slot == len(self._values):
                self._grow_to(2 * slot)
        self._slots[key] = slot
        self._begun.add(slot)
        self._order = None
        return slot

    def _grow_to(self, capacity: int) -> None:
        more = capacity - len(self._values)
        if more > 0:
            self._values = np.concatenate([self._values, np.full((more, self._size), np.nan)])
            self._stamps = np.concatenate([self._stamps, np.zeros((more, self._size), dtype=np.int64)])
            self._last = np.concatenate([self._last, np.zeros(more, dtype=np.int64)])

    def _forget(self) -> None:
        """Free the slots of the series of which the window shows nothing any more."""
        oldest = self._newest - self._size
        for slot in np.flatnonzero(self._last[: len(self._labels)] <= oldest).tolist():
            key = _key(self._labels[slot])
            if self._slots.get(key) != slot:
                continue  # it is free already
            del self._slots[key]
            self._last_labels = None
            self._values[slot], self._stamps[slot], self._last[slot] = np.nan, 0, 0
            self._free.append(slot)
            self._begun.discard(slot)
            self._order = None

    def _by_labels(self) -> Integers:
        if self._order is None:
            self._order = np.array([slot for _, slot in sorted(self._slots.items())], dtype=np.int64)
        return self._order


def _key(labels: dict[str, str]) -> _Key:
    return tuple(sorted(labels.items()))


def _unrolled(ring: npt.NDArray[_Number], oldest: int) -> npt.NDArray[_Number]:
    """The columns by time, each row in one piece: what reads rows afterwards is twice as fast by it."""
    return np.concatenate([ring[:, oldest:], ring[:, :oldest]], axis=1)


@kernel
def _write(
    timestamps: Integers,
    values: Floats,
    offsets: Integers,
    slots: Integers,
    step_ms: int,
    newest: int,
    ring: Floats,
    stamps: Integers,
    last: Integers,
) -> None:
    """Put every sample into its column, where it is the latest of its step; note each series' last step."""
    size = ring.shape[1]
    for i in range(len(slots)):
        slot = slots[i]
        for k in range(offsets[i], offsets[i + 1]):
            step = (timestamps[k] + step_ms - 1) // step_ms
            if step > newest or step <= newest - size:
                continue
            column = step % size
            if timestamps[k] > stamps[slot, column]:
                ring[slot, column] = values[k]
                stamps[slot, column] = timestamps[k]
                last[slot] = max(last[slot], step)
