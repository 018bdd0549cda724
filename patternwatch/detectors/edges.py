"""Where series begin and end inside a window: a series that vanished is news, and so is a new one.

Missing rows at an edge of the window count when they are more than in any gap between two points of the
same series (one that is scraped every fourth step has gaps of three rows all along), and more than
`MIN_EDGE` of its own intervals.
"""

from dataclasses import dataclass

import numpy as np

from patternwatch.compiled import Floats, Integers, kernel
from patternwatch.detectors.base import Flags, Matrix

MIN_EDGE = 2
"""Intervals of a series whose missing at an edge says nothing: a scrape failed, and the next is under way."""
_MIN_SPACINGS = 3
"""Distances of points under which nothing is known of how often a series is scraped: then it is each row."""
_LONGER = 1.1
"""Rows from which on an interval is longer than a row: fewer gaps than one in ten are scrapes that failed."""


@dataclass(frozen=True, slots=True)
class Edges:
    """The missing rows of N series, each of shape (N,), int64.

    leading   before the first point; 0 for a series without any point
    trailing  after the last point; 0 for a series without any point
    usual     in the longest gap between two points, at least `MIN_EDGE` of its own intervals

    >>> edges = Edges(leading=np.array([0, 30]), trailing=np.array([12, 0]), usual=np.array([2, 3]))
    >>> edges.appeared, edges.vanished
    (array([False,  True]), array([ True, False]))
    """

    leading: Integers
    trailing: Integers
    usual: Integers

    @property
    def appeared(self) -> Flags:
        """Which series began inside the window."""
        return self.leading > self.usual

    @property
    def vanished(self) -> Flags:
        """Which series ended inside the window."""
        return self.trailing > self.usual


def edges_of(values: Matrix) -> Edges:
    """The edges of series of shape (N, T), where NaN is a missing row.

    >>> nan = np.nan
    >>> edges = edges_of(np.array([[1.0, 1, 1, 1, 1], [nan, nan, nan, 1, 1], [1, 1, nan, nan, nan]]))
    >>> edges.appeared
    array([False,  True, False])
    >>> edges.vanished
    array([False, False,  True])
    """
    found = np.zeros((3, len(values)), dtype=np.int64)
    _edges(np.ascontiguousarray(values), found)
    return Edges(*found)


@kernel
def _edges(values: Floats, out: Integers) -> None:
    """Fill (3, N): leading, trailing and usual missing rows."""
    n_series, rows = values.shape
    for i in range(n_series):
        first, last, usual, spacings = -1, -1, MIN_EDGE, 0
        for t in range(rows):
            if values[i, t] == values[i, t]:
                if last < 0:
                    first = t
                else:
                    usual = max(usual, t - last - 1)
                    spacings += 1
                last = t
        if spacings >= _MIN_SPACINGS and last - first > _LONGER * spacings:
            # Rounded up, since the grid cuts scrapes off by up to a row.
            usual = max(usual, -(-MIN_EDGE * (last - first) // spacings))
        out[2, i] = usual
        if last >= 0:
            out[0, i], out[1, i] = first, rows - 1 - last
