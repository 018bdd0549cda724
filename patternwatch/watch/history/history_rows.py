"""History as rows at the step of a watch, whatever its own step is."""

from typing import NamedTuple

import numpy as np

from patternwatch.compiled import Integers
from patternwatch.contracts.arrays import Floats32, as_float32
from patternwatch.contracts.series import SeriesBatch


class HistoryRows(NamedTuple):
    """Times in ms, shape (T,), values, shape (N, T), and how many of the rows stand for one that was read."""

    times: Integers
    values: Floats32
    each: int


def rows_at_the_step(batch: SeriesBatch, step_ms: int) -> HistoryRows:
    """The rows of a batch at this step; a coarser row stands for the rows of its time.

    Raises ValueError where the batch's step is no multiple.

    >>> times, values = np.array([60_000, 120_000]), np.array([[1.0, 2.0]])
    >>> rows = rows_at_the_step(SeriesBatch([{"__name__": "load"}], times, values, [""]), 30_000)
    >>> rows.times.tolist(), rows.values.tolist(), rows.each
    ([30000, 60000, 90000, 120000], [[1.0, 1.0, 2.0, 2.0]], 2)
    """
    values = as_float32(batch.values)
    coarse = int(np.diff(batch.times).min()) if len(batch.times) > 1 else step_ms
    if coarse % step_ms:
        raise ValueError(f"history of {coarse} ms is no multiple of the step of {step_ms} ms")
    each = coarse // step_ms
    if each == 1:
        return HistoryRows(batch.times, values, 1)
    back = step_ms * np.arange(each - 1, -1, -1)
    return HistoryRows((batch.times[:, None] - back).ravel(), np.repeat(values, each, axis=1), each)
