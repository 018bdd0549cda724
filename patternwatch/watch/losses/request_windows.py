"""Requests of some rows together: how many, which part of them failed, and what is usual."""

import numpy as np

from patternwatch.contracts.arrays import Floats32

LEAST_FAILED, LEAST_REQUESTS = 5.0, 10.0
"""Failed ones, and requests, in some rows from which on these say something."""
FEW = 3
"""So many workloads do not tell what is common to all."""


def failing_share(asked: Floats32, failed: Floats32, rows: int) -> Floats32:
    """The part of the requests that failed in each row and the ones before it, so many rows; 0 if unknown.

    asked, failed  shape (E, T); NaN where unknown

    Five that failed say so of however few requests: of nine they are half. Of failures that outnumber the
    requests it is not known what they are a part of, unless there are some requests.

    >>> failing_share(np.float32([[30, 30, 30]]), np.float32([[0, 0, 15]]), rows=2).tolist()
    [[0.0, 0.0, 0.25]]
    >>> failing_share(np.float32([[2, 3, 3]]), np.float32([[0, 3, 3]]), rows=2).tolist()
    [[0.0, 0.0, 1.0]]
    """
    of, bad = (_sums(each, rows) for each in (asked, failed))
    says = (bad >= LEAST_FAILED) & (of >= np.minimum(bad, LEAST_REQUESTS))
    return np.where(says, np.minimum(bad / np.maximum(of, 1), 1), 0).astype(np.float32)


def _sums(values: Floats32, rows: int) -> Floats32:
    """The sum of each row and the ones before it, `rows` in all; what is unknown counts nothing."""
    known = np.nan_to_num(values)
    sums = known.copy()
    for back in range(1, rows):
        sums[:, back:] += known[:, :-back]
    return sums


def expected_of(asked: Floats32, usual: Floats32) -> tuple[Floats32, Floats32]:
    """Requests of some rows, shape (E, R), in sum, and how many these would be at the usual ones of a row.

    Rows that are not known count on neither side; where more than half are, none is expected.

    >>> rows = np.float32([[4, np.nan, 5], [4, np.nan, np.nan]])
    >>> [each.tolist() for each in expected_of(rows, np.float32([10, 10]))]
    [[9.0, 4.0], [20.0, 0.0]]
    """
    there = np.count_nonzero(~np.isnan(asked), axis=1)
    there = np.where(2 * there >= asked.shape[1], there, 0)
    return np.nansum(asked, axis=1), np.asarray(usual * there, dtype=np.float32)


def medians(rows: Floats32) -> Floats32:
    """The (lower) median of each series of rows, shape (E, T); NaN where there are none.

    >>> medians(np.float32([[3, np.nan, 1, 2], [np.nan] * 4])).tolist()
    [2.0, nan]
    """
    ordered = np.sort(rows, axis=1)
    middle = np.maximum(np.count_nonzero(~np.isnan(rows), axis=1) - 1, 0) // 2
    return np.asarray(np.take_along_axis(ordered, middle[:, None], axis=1)[:, 0])


def common_part(asked: Floats32, usual: Floats32, least: float) -> np.float32:
    """What most workloads have left of their usual requests, from `least` to 1: less at the end of a surge.

    asked  requests in the newest rows, shape (E, R); NaN where unknown
    usual  of a row before, shape (E,)

    A few workloads may well have lost theirs to one cause; so may all that have lost more than that.

    >>> usual = np.full(5, 100, dtype=np.float32)
    >>> round(float(common_part(np.float32([[90], [80], [80], [110], [np.nan]]), usual, least=0.5)), 2)
    0.85
    >>> [float(common_part(np.full((few, 1), 40, np.float32), usual[:few], least=0.75)) for few in (3, 4)]
    [1.0, 0.75]
    """
    there = np.count_nonzero(~np.isnan(asked), axis=1)
    known = (there > 0) & (usual >= LEAST_REQUESTS)
    if np.count_nonzero(known) <= FEW:
        return np.float32(1)
    left = np.nansum(asked[known], axis=1) / (there[known] * usual[known])
    return np.float32(np.clip(np.median(left), least, 1.0))
