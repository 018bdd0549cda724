"""What rose to its limit since a row: how it got there says nothing, that it is there does.

Threads that are stuck one after the other fill a pool over half an hour. Steps of that rise lie in the
baseline of whoever fails once it is full, and there it hides itself: that it never was so full does not.
"""

import numpy as np

from patternwatch.analysis.metrics.used_up import used_up
from patternwatch.analysis.scoring.deviations import DeviationStats
from patternwatch.contracts.series import Flags, Matrix, Vector

_NEW = 0.05
"""Part of the rows before in which it may have been as full: a batch that takes all there is every hour is in
more of them; judgement."""


def reach_limits(moved: DeviationStats, limits: Vector, lowered: Vector | float = 1.0) -> Flags:
    """Which of N series rose to their limits (`used_up`) in one of five rows since the onset, shape (N,).

    limits   shape (N,); NaN where none is known
    lowered  the part that each is of what it was before, 1 where it was not lowered: to a limit that came
             down to it a use rises, whatever becomes of it

    A heap that is full for a moment, until it is collected, is none of them.

    >>> from patternwatch.analysis.scoring.deviations import deviation_stats
    >>> rows = np.array([[40.0, 41.0, 40.0, 94.0, 95.0], [40.0, 41.0, 40.0, 60.0, 61.0]])
    >>> reach_limits(deviation_stats(rows, 3), np.array([100.0, 100.0])).tolist()
    [True, False]
    >>> of_fewer = deviation_stats(np.array([[107.0, 106.0, 107.0, 60.0, 59.0]]), 3)
    >>> [reach_limits(of_fewer, np.array([60.0]), part).tolist() for part in (0.3, 1.0)]
    [[True], [False]]
    """
    return used_up(moved.median * lowered, _reached(moved), limits)


def newly_full(
    values: Matrix, row: int, moved: DeviationStats, limits: Vector, lowered: Vector | float = 1.0
) -> Flags:
    """Which of them were hardly ever as full before the row, shape (N,).

    values  shape (N, T); NaN is a gap

    >>> from patternwatch.analysis.scoring.deviations import deviation_stats
    >>> times = np.arange(300)
    >>> values = np.where(times >= 240, 95.0, np.where(np.array([times >= 230, times % 9 == 0]), 95.0, 40.0))
    >>> newly_full(values, 240, deviation_stats(values, 240), np.array([100.0, 100.0])).tolist()
    [True, False]
    """
    full = reach_limits(moved, limits, lowered)
    if not full.any():
        return full
    before = values[full, :row] * np.broadcast_to(lowered, full.shape)[full, None]
    known = np.isfinite(before)
    as_full = (known & (before >= _reached(moved)[full, None])).sum(axis=1)
    full[full] = as_full <= _NEW * np.maximum(known.sum(axis=1), 1)
    return full


def _reached(moved: DeviationStats) -> Vector:
    """What each was at least in one of five rows, where it rose."""
    return np.asarray(np.minimum(moved.peak, moved.median + moved.usual))
