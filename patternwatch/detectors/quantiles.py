"""Order statistics of rows with gaps, from rows sorted once."""

from typing import TypeAlias

import numpy as np

from patternwatch.detectors.base import Matrix, Vector

SortedRows: TypeAlias = tuple[Matrix, Vector]
"""What `sorted_rows` gives."""


def sorted_rows(values: Matrix) -> SortedRows:
    """Each row ascending with its gaps last, and how many points of it are finite, shapes (N, T), (N,).

    >>> sorted_rows(np.array([[3.0, np.nan, 1.0]]))
    (array([[ 1.,  3., nan]]), array([2.]))
    """
    ordered = np.sort(values, axis=1)
    counts = values.shape[1] - np.count_nonzero(np.isnan(ordered), axis=1)
    return ordered, counts.astype(np.float64)


def quantile(ordered: Matrix, counts: Vector, q: float) -> Vector:
    """The linear quantile of each row of `sorted_rows`, shape (N,); NaN for a row without points.

    >>> quantile(*sorted_rows(np.array([[3.0, np.nan, 1.0], [5.0, 6.0, 9.0]])), 0.5)
    array([2., 6.])
    """
    position = np.maximum(counts - 1.0, 0.0) * q
    below = position.astype(np.intp)
    above = np.minimum(below + 1, np.maximum(counts - 1.0, 0.0).astype(np.intp))
    rows = np.arange(len(ordered))
    low, high = ordered[rows, below], ordered[rows, above]
    # weights as a lerp of both ends: no overflow of high - low
    weight = position - below
    return np.asarray(low * (1.0 - weight) + high * weight)
