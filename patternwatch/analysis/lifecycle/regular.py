"""Which series come regularly, so that their absence is news: not those that come where something happens."""

import numpy as np

from patternwatch.analysis.series.own_interval import own_intervals
from patternwatch.contracts.series import Flags, Matrix
from patternwatch.detectors.edges import Edges

_MIN_FULL = 0.8
"""Part of the points that its interval would give while it lived; judgement: a fifth may be failed scrapes.

What is scraped is there at every scrape; what is exported per request, trace or event comes and goes."""


def are_regular(values: Matrix, edges: Edges) -> Flags:
    """Which of N series began or ended, and had their points at a regular interval while they lived.

    values  shape (N, T); NaN is a gap
    edges   of the same series

    >>> from patternwatch.detectors.edges import edges_of
    >>> values = np.full((2, 60), np.nan)
    >>> values[0, :40], values[1, [0, 3, 4, 11, 17, 18, 30]] = 1.0, 1.0
    >>> are_regular(values, edges_of(values)).tolist()
    [True, False]
    """
    regular = np.zeros(len(values), dtype=bool)
    rows = np.flatnonzero(edges.appeared | edges.vanished)
    if len(rows):
        interval = own_intervals(values[rows], values.shape[1])
        lived = values.shape[1] - edges.leading[rows] - edges.trailing[rows]
        points = (~np.isnan(values[rows])).sum(axis=1)
        regular[rows] = points >= _MIN_FULL * lived / np.maximum(interval, 1.0)  # never where it is NaN
    return regular
