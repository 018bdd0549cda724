"""Requests that go to another track of an application: from blue to green, from the stable one to a canary.

Tracks are workloads of their own, named after the application and the track (`analysis/lifecycle/tracks.py`).
What one of them no longer gets and another one does is not lost, and what it then takes more or less of it
takes with these requests. The levels of before are those of the other track for as long as a series is held
against them. What is usual of all tracks is what they got together: the level of each follows a switch at a
time of its own.
"""

import numpy as np

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.losses.request_windows import medians

LEVEL_ROWS = 480
"""Rows over which series are held against their level of before (the ring of the bank)."""
_DEVIATIONS = 4.0
"""Deviations of a count by which requests have moved: fewer may be chance."""


class Tracks:
    """Since when each workload has the requests of another track, by entity number.

    left  rows for which that is still to be told; 0 where it has its own requests

    >>> tracks, blue_and_green = Tracks(), np.array([0, 0, 1])
    >>> now, before = np.float32([[0, 620, 90], [600, 10, 100]])
    >>> past, held = np.repeat(before[:, None], 5, axis=1), np.zeros(3, dtype=np.bool_)
    >>> whole, even = tracks.take(now, before, past, held, blue_and_green, rows=2, share=0.25)
    >>> whole.tolist(), even.tolist(), (tracks.left > 0).tolist()
    ([True, True, False], [True, True, False], [True, True, False])
    """

    def __init__(self) -> None:
        self.left: Integers = np.zeros(0, dtype=np.int64)

    def take(
        self,
        now: Floats32,
        before: Floats32,
        past: Floats32,
        held: Flags,
        application: Integers,
        rows: int,
        share: float,
    ) -> tuple[Flags, Flags]:
        """Take so many new rows: whose application has no fewer requests, and of these whose has no more.

        now, before  requests of a row, in the newest ones and usually, shape (E,); NaN where unknown
        past         requests of the rows that tell what is usual, shape (E, R); NaN where unknown
        held         by entity: whether what is usual of it stays as it was before an episode
        application  by entity: a number that tracks of one application share
        share        part by which requests must differ to be fewer or more

        Both are false of an application of one track.
        """
        self.left = np.maximum(grown(self.left, len(now)) - rows, 0)
        together = np.bincount(application)[application] > 1
        if not together.any():
            return together, together
        own, usual = np.nan_to_num(now), np.nan_to_num(before)
        came, expected = (np.bincount(application, each)[application] for each in (own, usual))
        follows = ~(np.bincount(application, held)[application] > 0)
        expected = np.where(follows, np.minimum(expected, _of_all(past, application)), expected)
        whole = together & (expected > 0) & (came >= (1 - share) * expected)
        even = whole & (came <= (1 + share) * expected)
        gap, larger = np.abs(own - usual), np.maximum(own, usual)
        moved = even & (gap > share * larger) & (gap >= _DEVIATIONS * np.sqrt(larger))
        self.left[moved] = LEVEL_ROWS
        return whole, even


def _of_all(past: Floats32, application: Integers) -> Floats32:
    """What usually came of all tracks of an application together, by entity.

    >>> _of_all(np.float32([[60, 60, 0], [np.nan, 0, 60], [5, 5, 5]]), np.array([0, 0, 1])).tolist()
    [60.0, 60.0, 5.0]
    """
    sums = np.zeros((int(application.max()) + 1, past.shape[1]), dtype=np.float32)
    np.add.at(sums, application, np.nan_to_num(past))
    return np.asarray(medians(sums)[application])
