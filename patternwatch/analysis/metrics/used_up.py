"""Whether what is used of something reaches its limit: a pool, a table of descriptors, a heap.

Where the limit is known (`limits`), the whole is, and not only what was left of it before (`space_left`).
What lies near its limit all the time, a pool of a fixed size say, is as it is meant to be there.
"""

import numpy as np

from patternwatch.contracts.series import Flags, Vector

_NEARLY = 0.1
"""Part of the whole that is left, under which it is nearly used up: as of spaces (`space_left`)."""
_FAR = 0.2
"""Part that was left before, from which it used to be far from its limit: twice as much; judgement."""
_BEYOND = 1.1
"""Times its limit up to which the use is one of that limit: some are enforced late; judgement."""


def used_up(before: Vector, after: Vector, limits: Vector) -> Flags:
    """Which of N uses came near their limits, shape (N,).

    before, after  the usual value of the baseline, and the one since the onset, shape (N,)
    limits         shape (N,); NaN where none is known

    Under a tenth of the whole is left where a fifth was, or under a tenth of what was left.

    >>> before, after = np.array([40.0, 88.0, 88.0, 40.0]), np.array([94.0, 93.0, 99.0, 80.0])
    >>> used_up(before, after, np.full(4, 100.0)).tolist()
    [True, False, True, False]
    """
    was, left = limits - before, limits - after
    near = (left < _NEARLY * limits) & (was >= _FAR * limits)
    return np.asarray((near | (left < _NEARLY * was)) & (was > 0.0) & (after <= _BEYOND * limits))
