"""When what is used up began to fill: long before its limit is felt."""

import numpy as np

from patternwatch.analysis.onset.shifts import ALONE, starts_of_rises
from patternwatch.analysis.scoring.deviations import deviation_stats
from patternwatch.analysis.scoring.limits_reached import reach_limits
from patternwatch.contracts.series import Matrix, Vector

_REACHED = 0.9
"""Part of its limit from which a series goes on level: as `used_up` has it."""


def starts_of_filling(values: Matrix, limits: Vector, split: int) -> set[int]:
    """Rows from which on a series rose evenly to its limit.

    values  of N series, the one that moved farthest first, shape (N, T); NaN is a gap
    limits  shape (N,); NaN where none is known

    Threads that are stuck one after the other, connections that nobody closes: at its limit such a series
    goes on level, so that a shift on half of its way explains it better than the rise does. It is judged by
    the rise alone.

    >>> times = np.arange(300.0)
    >>> rising = np.clip(20.0 + 4.0 * (times - 200.0) + times % 2.0, 20.0 + times % 2.0, 200.0)[None]
    >>> starts_of_filling(rising, np.array([200.0]), 260), starts_of_filling(rising, np.array([900.0]), 260)
    ({200}, set())
    """
    known = np.flatnonzero(np.isfinite(limits))
    if not len(known):
        return set()
    full = known[reach_limits(deviation_stats(values[known], split), limits[known])][:ALONE]
    rising = values[full].copy()
    for own, limit in zip(rising, limits[full], strict=True):
        reached = np.flatnonzero(own >= _REACHED * limit)
        own[reached[0] + 1 :] = np.nan
    return starts_of_rises(rising, split)
