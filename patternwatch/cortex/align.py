"""Raw samples onto the window's grid: the last sample within each step, NaN where there is none."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Floats, Integers, kernel
from patternwatch.contracts.series import Matrix, Window
from patternwatch.cortex.raw import RawSeries


@dataclass(frozen=True, slots=True)
class Grid:
    """N series on one row before the window and its T rows: shape (N, T + 1).

    The extra first row lets a counter have a rate on the window's own first row. `stamps` holds the
    time of each value's sample in ms (0 where there is none), since a rate needs true distances.
    """

    values: Matrix
    stamps: npt.NDArray[np.int64]
    window: Window


def align(raw: RawSeries, window: Window) -> Grid:
    """Put each sample into the step that it lies in: row k holds the last sample of (t_k - step, t_k]."""
    # Not one block for both: whoever keeps the values, or a view of them, need not keep the stamps.
    shape = (len(raw), window.rows + 1)
    values, stamps = np.empty(shape), np.empty(shape, np.int64)
    first_ms = window.start_ms - window.step_ms
    _place(raw.timestamps, raw.values, raw.offsets, first_ms, window.step_ms, values, stamps)
    return Grid(values, stamps, window)


@kernel
def _place(
    timestamps: Integers,
    values: Floats,
    offsets: Integers,
    first_ms: int,
    step_ms: int,
    grid: Floats,
    stamps: Integers,
) -> None:
    """Walk each series and the grid's rows together; of several samples in one step the last stays."""
    rows = grid.shape[1]
    for i in range(len(offsets) - 1):
        k, end = offsets[i], offsets[i + 1]
        row_ms = first_ms
        while k < end and timestamps[k] <= row_ms - step_ms:
            k += 1
        for row in range(rows):
            if k == end or timestamps[k] > row_ms:
                grid[i, row], stamps[i, row] = np.nan, 0
            else:
                while k + 1 < end and timestamps[k + 1] <= row_ms:
                    k += 1
                grid[i, row], stamps[i, row] = values[k], timestamps[k]
                k += 1
            row_ms += step_ms
