"""Workloads of which no replica is available, though some shall be, or of which some do not come back.

A single replica that is replaced is away for as long as its start takes; a workload of which none has been
available for two minutes serves nobody, as one that gives no sample for so long (`members/silences.py`). A
rollout replaces one replica after the other, and a Deployment that makes no progress for ten minutes has
failed by default (`progressDeadlineSeconds`): as many are missing, or new ones do not come beside those that
serve, and no more are of the newest version.
Source: Kubernetes documentation, "Deployments", failed deployment.
"""

import math

import numpy as np

from patternwatch.compiled import Flags
from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.series import Labels

AWAY_S = 120.0
"""So long it must be, as told by as many rows, three at least."""
LEAST_ROWS = 3
STUCK_S = 600.0
"""For so long the same number of replicas is missing."""
_NAMES = ("namespace", "deployment", "statefulset", "daemonset")


def away_rows(step_s: float) -> int:
    """Rows in which none is available.

    >>> [away_rows(step_s) for step_s in (15.0, 30.0, 60.0)]
    [9, 5, 3]
    """
    return max(LEAST_ROWS, math.ceil(AWAY_S / step_s) + 1)


def none_left(available: Floats32, usual: Floats32, step_s: float) -> Flags:
    """Which of K workloads have had no replica for too long, shape (K,), where they usually have some.

    available  replicas in each row, the newest last, shape (K, T); NaN is a gap
    usual      the level of each, shape (K,)
    step_s     seconds between two rows

    >>> available = np.float32([[1] * 5 + [0] * 5, [1] * 6 + [0] * 4, [0] * 10])
    >>> none_left(available, np.float32([1, 1, 0]), 30.0).tolist()
    [True, False, False]
    """
    newest = available[:, -away_rows(step_s) :]
    return np.asarray((newest == 0).all(axis=1) & (usual > 0))


def stuck_short(available: Floats32, usual: Floats32, wished: Floats32, step_s: float) -> Flags:
    """Which of K workloads have had the same number of replicas for long, fewer than usual and than wished.

    available  replicas in each row, the newest last, shape (K, T); NaN is a gap
    usual      the level of each, shape (K,)
    wished     how many there shall be, shape (K,); NaN where that is not known

    >>> available = np.float32([[3] * 9 + [2] * 21, [3] * 12 + [2] * 18, [2] * 30])
    >>> stuck_short(available, np.float32([3, 3, 2]), np.full(3, 3, np.float32), 30.0).tolist()
    [True, False, False]
    """
    newest = available[:, -stuck_rows(step_s) :]
    is_same = (newest == newest[:, -1:]).all(axis=1)
    return np.asarray(is_same & (newest[:, -1] < np.fmin(usual, wished)) & np.isfinite(wished))


def stuck_beside(unavailable: Floats32, usual: Floats32, step_s: float) -> Flags:
    """Which of K workloads have had the same number of replicas that do not become available, for long.

    unavailable  replicas in each row, the newest last, shape (K, T); NaN is a gap
    usual        the level of each, shape (K,)

    >>> stuck_beside(np.float32([[0] * 9 + [1] * 21, [1] * 30]), np.float32([0, 1]), 30.0).tolist()
    [True, False]
    """
    newest = unavailable[:, -stuck_rows(step_s) :]
    return np.asarray((newest == newest[:, -1:]).all(axis=1) & (newest[:, -1] > usual))


def stuck_rows(step_s: float) -> int:
    """Rows in which they are missing.

    >>> stuck_rows(30.0)
    21
    """
    return math.ceil(STUCK_S / step_s) + 1


def workload_of(labels: Labels) -> tuple[str, ...]:
    """What a series of wishes and one of what is available have in common.

    >>> workload_of({"__name__": "kube_deployment_spec_replicas", "namespace": "shop", "deployment": "cart"})
    ('shop', 'cart', '', '')
    """
    return tuple(labels.get(name, "") for name in _NAMES)
