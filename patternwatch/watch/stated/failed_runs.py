"""Runs of CronJobs that failed.

Nobody waits for a scheduled run, so that only its failure tells of it. A CronJob whose runs fail is told
once: as long as one that failed is kept, or until a day has passed without any, the next one is no news.
Source: kube-state-metrics, "Job metrics"; Kubernetes documentation, "Jobs", pod backoff failure policy.
"""

import math

import numpy as np

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.arrays.packing import Arrays
from patternwatch.watch.members.silences import NEVER

NEWS_S, KNOWN_S = 1800.0, 86_400.0
"""For so long a failure is news, as load is that holds an episode open; and so long one is known."""
BACKOFF_S = 360.0
"""The longest time that Kubernetes waits before it tries a run again: one that failed for longer and has no
pod any more has failed as a whole, where nothing says so."""


class FailedRuns:
    """When a run of each workload failed that is news, by entity number.

    step_s  seconds between two rows

    >>> runs, cart = FailedRuns(30.0), np.array([0])
    >>> runs.fresh(100, cart, np.array([100]), entities=1).tolist()
    [True]
    >>> runs.fresh(200, cart, np.array([100]), entities=1).tolist()  # half an hour is over
    [False]
    >>> runs.fresh(220, cart, np.array([219]), entities=1).tolist()  # the next run fails too
    [False]
    """

    def __init__(self, step_s: float) -> None:
        self._news, self._known = math.ceil(NEWS_S / step_s), math.ceil(KNOWN_S / step_s)
        self._began: Integers = np.empty(0, dtype=np.int64)
        self._last: Integers = np.empty(0, dtype=np.int64)

    def fresh(self, row: int, entity: Integers, since: Integers, entities: int) -> Flags:
        """Which of K failed runs are news in this row, shape (K,).

        entity, since  whose run it is, and the row in which it failed, shape (K,)
        """
        self._began, self._last = (grown(each, entities, NEVER) for each in (self._began, self._last))
        unknown = row - self._last[entity] > self._known
        np.maximum.at(self._began, entity[unknown], since[unknown])
        self._last[entity] = row
        return np.asarray(row - self._began[entity] < self._news)

    def snapshot(self) -> Arrays:
        """Its arrays by name."""
        return {"began": self._began, "last": self._last}

    def restore(self, arrays: Arrays) -> None:
        """Go on from those arrays."""
        self._began, self._last = arrays["began"], arrays["last"]


def failed_since(values: Floats32, newest: int) -> Integers:
    """The row from which on each of K series says that a run failed, shape (K,).

    values  in each row, the newest last, shape (K, T), above 0 in the newest one that is known
    newest  the newest row

    >>> failed_since(np.float32([[0, 0, 1, 1], [np.nan, 1, np.nan, 1]]), newest=9).tolist()
    [8, 7]
    """
    well = values == 0
    rows = values.shape[1]
    last_well = np.where(well.any(axis=1), rows - 1 - well[:, ::-1].argmax(axis=1), -1)
    told = (values > 0) & (np.arange(rows) > last_well[:, None])
    return np.asarray(newest + 1 - rows + told.argmax(axis=1), dtype=np.int64)
