"""Near-duplicates: series of one service that move alike, such as the request rate of each of its pods."""

from collections.abc import Hashable, Sequence

import numpy as np

from patternwatch.contracts.report import Finding
from patternwatch.contracts.series import Matrix

MIN_CORRELATION = 0.95
"""Absolute correlation over the whole window from which two series are near-duplicates; judgement.

It decides only which finding refers to which, never a rank."""


def with_duplicates(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, strongest first, each near-duplicate with the rank of its original in `same_as`.

    Near-duplicates are of the same entity and metric category.

    >>> with_duplicates([])
    []
    """
    values = np.array([f.points for f in findings], dtype=np.float64)
    originals = near_duplicates(values, [(f.entity, f.category) for f in findings])
    return [
        f if first is None else f.model_copy(update={"same_as": findings[first].rank})
        for f, first in zip(findings, originals, strict=True)
    ]


def near_duplicates(values: Matrix, groups: Sequence[Hashable]) -> list[int | None]:
    """For each row the first row before it, of the same group, that it nearly duplicates; None without one.

    values  shape (N, T); NaN is a gap. A row that duplicates another one is no original for a third
    groups  N groups; rows of different groups are never duplicates

    >>> step = np.array([0.0, 0.0, 0.0, 1.0, 1.0])
    >>> wave = np.array([0.0, 1.0, 0.0, 1.0, 0.0])
    >>> near_duplicates(np.array([step, wave, -3 * step]), ["cart", "cart", "cart"])
    [None, None, 0]
    """
    if not groups:
        return []
    close = np.abs(_correlation(values)) >= MIN_CORRELATION
    first: list[int | None] = []
    for i, group in enumerate(groups):
        earlier = (j for j in range(i) if first[j] is None and groups[j] == group and close[i, j])
        first.append(next(earlier, None))
    return first


def _correlation(values: Matrix) -> Matrix:
    """Pearson correlation of two rows over their common points, shape (N, N); 0 where one is constant."""
    there = (~np.isnan(values)).astype(np.float64)
    # centred first: sums of squares of large values would lose the variation in rounding
    centred = np.nan_to_num(values - np.nanmean(values, axis=1, keepdims=True), nan=0.0)
    n = np.maximum(there @ there.T, 1.0)
    total = centred @ there.T  # [i, j]: sum of row i over the points of row j
    squares = centred**2 @ there.T - total**2 / n
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (centred @ centred.T - total * total.T / n) / np.sqrt(squares * squares.T)
    return np.asarray(np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0))
