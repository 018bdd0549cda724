"""The first minutes after a birth, which are not judged: caches are empty, code is compiled."""

from collections.abc import Sequence

import numpy as np

from patternwatch.contracts.series import Matrix

WARM_UP_ROWS = 4
"""Rows after a birth that are not judged; judgement."""
_SHORT_LIFE = 3
"""Of a shorter life only this part is taken for warming up."""


def warm_up_rows(points: int) -> int:
    """How many rows of a life of so many points are its warm-up.

    >>> warm_up_rows(46), warm_up_rows(6)
    (4, 2)
    """
    return min(WARM_UP_ROWS, points // _SHORT_LIFE)


def without_warm_up(values: Matrix, born: Sequence[int | None]) -> Matrix:
    """The series without the rows after a birth that are not judged; `values` itself where none was born.

    values  shape (N, T); NaN is a gap
    born    the row of the birth of each of N series, None where it has a past of its own

    >>> without_warm_up(np.ones((1, 6)), [3])
    array([[ 1.,  1.,  1., nan,  1.,  1.]])
    """
    rows = [(i, row) for i, row in enumerate(born) if row is not None]
    if not rows:
        return values
    values = values.copy()
    for i, row in rows:
        values[i, row : row + warm_up_rows(int((~np.isnan(values[i, row:])).sum()))] = np.nan
    return values
