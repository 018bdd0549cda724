"""Raw samples onto the window's grid: the last sample within each step, NaN where there is none."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
    rows = window.rows + 1
    first_ms = window.start_ms - window.step_ms
    row = -((first_ms - raw.timestamps) // window.step_ms)
    series = np.repeat(np.arange(len(raw)), np.diff(raw.offsets))
    inside = (row >= 0) & (row < rows)
    values = np.full((len(raw), rows), np.nan)
    stamps = np.zeros((len(raw), rows), dtype=np.int64)
    # Samples ascend within a series, and of several written to one cell the last stays.
    values[series[inside], row[inside]] = raw.values[inside]
    stamps[series[inside], row[inside]] = raw.timestamps[inside]
    return Grid(values, stamps, window)
