"""Of counters that seldom count a failure, how many do for the first time now, and several times, by chance?

The past tells how much of a family moves by chance (`chance`) where chance brings many such movements: of one
in two windows it mostly shows none. For failures that are counted one by one more is known. If nothing has
changed, each of the k rows in which a counter counts some is as likely any row of the window, so that all of
them lie in its last part, a share q of it, with the probability q ** k (`detectors/moves.py`). If 65 counters
of 20,000 count in three rows, every other window has one that does so in its last fifth only. How many
counters with nothing wrong count in k rows is told by those that did so before as well: they are a part
1 - q ** k of them.
Source: J. D. Storey, "A direct approach to false discovery rates" (2002), on how many are null.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from patternwatch.compiled import Integers
from patternwatch.contracts.series import Flags, Matrix, Vector
from patternwatch.contracts.shard_results import FamilyMovements

_MAX_ROWS = 20
"""A counter that counts in more rows is not rare: that all of them lie in the second half of a window
happens to one of a million."""


def failing_rows(values: Matrix) -> Integers:
    """How many series have failures in 1, 2, ... 20 rows, without zeros at the end, shape (K,).

    values  of failures that are counted one by one, shape (N, T); NaN is a gap

    >>> failing_rows(np.array([[0.0, 0.0, 2.0], [0.0, np.nan, 1.0], [1.0, 0.0, 3.0], [0.0] * 3])).tolist()
    [2, 1]
    """
    return np.trim_zeros(_series_by_rows(_rows_with_some(values).sum(axis=1)), "b")


class FirstFailures:
    """Which part of failures that came for the first time is more than chance.

    results  the families' movements in each part of the request's series

    >>> none = np.empty(0, np.float32)
    >>> few = FamilyMovements(series=9, now=none, past=none, failing_rows=[0, 0, 1])
    >>> many = FamilyMovements(series=20_000, now=none, past=none, failing_rows=[4900, 730, 74])
    >>> values = np.zeros((2, 300))
    >>> values[:, [250, 270, 290]] = 1.0
    >>> weights = FirstFailures([{"calls": few, "jobs": many}])
    >>> weights.of(["calls", "jobs"], values, 240, np.array([True, True])).round(2).tolist()
    [1.0, 0.0]
    """

    def __init__(self, results: Iterable[Mapping[str, FamilyMovements]]) -> None:
        self._series: dict[str, Vector] = defaultdict(lambda: np.zeros(_MAX_ROWS))
        for result in results:
            for family, movements in result.items():
                if rows := movements.failing_rows:
                    self._series[family][: len(rows)] += rows

    def of(self, families: Sequence[str], values: Matrix, row: int, failures: Flags) -> Vector:
        """The weight of each of N series, shape (N,): 1 less expected over seen ones, at least 0.

        families  the family of each
        values    shape (N, T); NaN is a gap
        row       since when they are looked at
        failures  which of them count failures, one by one (`are_failures`), shape (N,)

        What failed before that row, or fails in many rows, weighs 1 here.
        """
        weights = np.ones(len(families))
        some = _rows_with_some(values)
        rows = some.sum(axis=1)
        rare = failures & (rows > 0) & (rows <= _MAX_ROWS) & ~some[:, :row].any(axis=1)
        members: dict[str, list[int]] = defaultdict(list)
        for i in np.flatnonzero(rare).tolist():
            members[families[i]].append(i)
        for family, own in members.items():
            if family in self._series:
                weights[own] = self._weights(family, rows[own], 1.0 - row / values.shape[1])
        return weights

    def _weights(self, family: str, rows: Integers, part: float) -> Vector:
        """Of M series of a family, by the number of rows in which they fail, all of them in the last part."""
        by_chance = part ** np.arange(1, _MAX_ROWS + 1)
        seen = _series_by_rows(rows)
        others = np.maximum(self._series[family] - seen, 0.0)
        expected = _at_least(others * by_chance / (1.0 - by_chance))
        # in one window of six chance brings a standard deviation more than usual
        expected += np.minimum(np.sqrt(expected), expected)
        worth = 1.0 - expected / np.maximum(_at_least(seen), 1)
        return np.asarray(np.clip(worth, 0.0, 1.0)[rows - 1])


def _rows_with_some(values: Matrix) -> Flags:
    return np.asarray((values != 0.0) & ~np.isnan(values))


def _series_by_rows(rows: Integers) -> Integers:
    """How many series have 1, 2, ... 20 rows, shape (20,)."""
    return np.bincount(rows[rows <= _MAX_ROWS], minlength=_MAX_ROWS + 1)[1:]


def _at_least(counts: Vector | Integers) -> Vector:
    """From counts of exactly 1, 2, ... to those of at least so many."""
    return np.cumsum(counts[::-1], dtype=np.float64)[::-1]
