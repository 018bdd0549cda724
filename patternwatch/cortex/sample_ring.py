"""Samples by row and step in a ring of columns: time moves on by clearing the columns that are used next."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Flags, Floats, Integers, kernel
from patternwatch.contracts.series import Matrix
from patternwatch.cortex.raw import RawSeries

BYTES_PER_SAMPLE = 12
"""A value, and how long before the end of its step it was taken."""
_FIRST_ROWS = 64
_SPARE = 8
"""Where rows lack, one more for so many that there are: a large ring shall not double for one series."""
_NONE = -1
_Number = TypeVar("_Number", bound=np.generic)
_Milliseconds = npt.NDArray[np.int32]


class SampleRing:
    """Columns of `size` steps; step g holds a sample of (g - 1, g] times `step_ms` of each row.

    newest  the newest step
    last    int64, by row: the last step with a sample; 0 without any
    """

    def __init__(self, size: int, step_ms: int) -> None:
        self.size, self.step_ms = size, step_ms
        self.newest = 0
        self.last: Integers = np.zeros(_FIRST_ROWS, dtype=np.int64)
        self._values = np.full((_FIRST_ROWS, size), np.nan)
        self._before_end = np.full((_FIRST_ROWS, size), _NONE, dtype=np.int32)

    @property
    def first(self) -> int:
        """The oldest step that there is room for."""
        return self.newest - self.size + 1

    def move_on(self, step: int) -> None:
        """Have room up to this step; raises ValueError where it is before the newest one."""
        if step < self.newest:
            raise ValueError(f"time goes on: step {step} is before {self.newest}")
        columns = np.arange(max(self.newest, step - self.size) + 1, step + 1) % self.size
        self._values[:, columns] = np.nan
        self._before_end[:, columns] = _NONE
        self.newest = step

    def fit(self, rows: int, *, exactly: bool) -> None:
        """Have room for so many rows, and some to spare where not `exactly`."""
        more = rows - len(self.last)
        if more <= 0:
            return
        more += 0 if exactly else max(rows // _SPARE, _FIRST_ROWS)
        none = np.full((more, self.size), _NONE, dtype=np.int32)
        self._values = np.concatenate([self._values, np.full((more, self.size), np.nan)])
        self._before_end = np.concatenate([self._before_end, none])
        self.last = np.concatenate([self.last, np.zeros(more, dtype=np.int64)])

    def put(self, raw: RawSeries, rows: Integers) -> None:
        """Take in the samples of series in these rows; those of steps without room are ignored."""
        _write(
            raw.timestamps, raw.values, raw.offsets, rows, self.step_ms, self.newest,
            self._values, self._before_end, self.last,
        )  # fmt: skip

    def clear(self, row: int) -> None:
        """Forget the samples of a row."""
        self._values[row], self._before_end[row], self.last[row] = np.nan, _NONE, 0

    def has_samples(self, rows: Integers, first: int, count: int) -> Flags:
        """By step from `first` on and row, shape (N, count): whether there is a sample."""
        return np.asarray(self._columns(self._before_end, rows, first, count) != _NONE)

    def samples(self, rows: Integers, first: int, count: int) -> tuple[Matrix, Integers]:
        """Values and times in ms of the samples of so many steps from `first` on, shape (N, count).

        NaN and 0 where there is none, as in steps that are newer than the newest.
        """
        shape = len(rows), count
        values, stamps = np.empty(shape), np.empty(shape, dtype=np.int64)
        _read(self._values, self._before_end, rows, first, self.newest, self.step_ms, values, stamps)
        return values, stamps

    def _columns(
        self, ring: npt.NDArray[_Number], rows: Integers, first: int, count: int
    ) -> npt.NDArray[_Number]:
        at = first % self.size
        left = min(count, self.size - at)
        return np.concatenate([ring[rows, at : at + left], ring[rows, : count - left]], axis=1)


@kernel
def _write(
    timestamps: Integers,
    values: Floats,
    offsets: Integers,
    rows: Integers,
    step_ms: int,
    newest: int,
    ring: Floats,
    before_end: _Milliseconds,
    last: Integers,
) -> None:
    """Put every sample into its column, where it is the latest of its step; note each row's last step."""
    size = ring.shape[1]
    for i in range(len(rows)):
        row = rows[i]
        for k in range(offsets[i], offsets[i + 1]):
            step = (timestamps[k] + step_ms - 1) // step_ms
            if step > newest or step <= newest - size:
                continue
            column = step % size
            before = step * step_ms - timestamps[k]
            if before_end[row, column] == _NONE or before < before_end[row, column]:
                ring[row, column] = values[k]
                before_end[row, column] = before
                last[row] = max(last[row], step)


@kernel
def _read(
    ring: Floats,
    before_end: _Milliseconds,
    rows: Integers,
    first: int,
    newest: int,
    step_ms: int,
    values: Floats,
    stamps: Integers,
) -> None:
    """Copy the samples of each row from step `first` on, and when they were taken."""
    size, held = ring.shape[1], min(max(newest - first + 1, 0), values.shape[1])
    for i, row in enumerate(rows):
        column = first % size
        for c in range(held):
            before = before_end[row, column]
            values[i, c] = ring[row, column]
            stamps[i, c] = 0 if before == _NONE else (first + c) * step_ms - before
            column = column + 1 if column + 1 < size else 0
        values[i, held:], stamps[i, held:] = np.nan, 0
