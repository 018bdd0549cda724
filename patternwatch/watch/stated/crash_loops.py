"""Containers that are started again and again.

The kubelet starts a container that ended again after 10 s, 20 s and so on up to five minutes, and forgets
that after ten minutes in which it ran. Of three starts within twenty minutes at least two were no ten minutes
apart, so that it waits longer each time. One that was started as often hours ago is known to do so.
Source: Kubernetes documentation, "Pod Lifecycle", container restarts.
"""

import math

import numpy as np

from patternwatch.compiled import Flags, Floats
from patternwatch.contracts.arrays import Floats32

RESTARTS, WITHIN_S = 3, 1200.0


def crash_loops(restarts: Floats32, step_s: float) -> Flags:
    """Which of K containers are started again and again, shape (K,).

    restarts  starts a second in each row, the newest last, shape (K, T); NaN is a gap
    step_s    seconds between two rows

    The older half of the rows says what is known of it.

    >>> restarts = np.zeros((3, 120), dtype=np.float32)
    >>> restarts[:2, [90, 100, 115]] = restarts[1, [5, 15, 25]] = restarts[2, [10, 60, 115]] = 1 / 30
    >>> crash_loops(restarts, 30.0).tolist()
    [True, False, False]
    """
    starts = starts_of(restarts, step_s)
    half, rows = restarts.shape[1] // 2, math.ceil(WITHIN_S / step_s)
    is_known = starts[:, :half].sum(axis=1) >= RESTARTS
    return np.asarray((starts[:, -rows:].sum(axis=1) >= RESTARTS) & ~is_known)


def starts_of(restarts: Floats32, step_s: float) -> Floats:
    """How many starts each row tells of, of the same shape: what is spread over a gap is one at least.

    >>> starts_of(np.float32([[0, 1 / 60, np.nan, 2 / 30]]), 30.0).tolist()
    [[0.0, 1.0, 0.0, 2.0]]
    """
    known = np.nan_to_num(restarts.astype(np.float64))
    return np.where(known > 0, np.maximum(np.rint(known * step_s), 1.0), 0.0)
