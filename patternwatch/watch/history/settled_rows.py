"""The rows of a tail that are complete: what is still on its way is judged at the next tick, not as gone."""

from dataclasses import replace

import numpy as np

from patternwatch.contracts.series import SeriesBatch

MAX_LATE_ROWS = 3
"""Rows at the end that may be late as a whole: remote writers send within some ten seconds and try again for
a minute or two. What is missing for longer is missing, and the bank says so."""
MIN_COVERED = 0.5
"""Part of the series of the emptiest row before: below it the row has not arrived. Series that are scraped
every other row halve the rows between, which is why the emptiest one counts."""


def settled(batch: SeriesBatch) -> SeriesBatch:
    """The batch without its last rows, where far fewer series have a sample than in any row before.

    >>> times = np.arange(6) * 30_000
    >>> values = np.ones((4, 6))
    >>> values[1:, 5] = np.nan
    >>> batch = SeriesBatch([{"__name__": f"m{n}"} for n in range(4)], times, values, [""] * 4)
    >>> len(settled(batch).times)
    5
    """
    covered = (~np.isnan(batch.values)).sum(axis=0)
    rows = len(covered)
    earlier = covered[: max(rows - MAX_LATE_ROWS, 1)]
    usual = earlier[earlier > 0].min(initial=len(batch)) if (earlier > 0).any() else 0
    while rows > max(len(covered) - MAX_LATE_ROWS, 1) and covered[rows - 1] < MIN_COVERED * usual:
        rows -= 1
    if rows == len(covered):
        return batch
    return replace(batch, times=batch.times[:rows], values=batch.values[:, :rows])
