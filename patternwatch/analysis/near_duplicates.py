"""Series that say the same: near-copies within a service, such as the request rate of each of its pods."""

from collections.abc import Hashable, Sequence

import numpy as np

from patternwatch.contracts.series import Matrix

MIN_CORRELATION = 0.95
"""Correlation over the whole window, with either sign, from which two series say the same."""


def same_as(values: Matrix, groups: Sequence[Hashable]) -> list[int | None]:
    """For each row the first row before it, of the same group, that says the same; None if there is none.

    values  shape (N, T), NaN for a gap; a row that repeats another one is no example for a third
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
    """Pearson's of each two rows over the points that both have, shape (N, N); 0 where one is constant."""
    there = (~np.isnan(values)).astype(np.float64)
    # around the mean first: sums of squares of large values would lose what varies
    centred = np.nan_to_num(values - np.nanmean(values, axis=1, keepdims=True), nan=0.0)
    n = np.maximum(there @ there.T, 1.0)
    total = centred @ there.T  # [i, j]: sum of row i over the points of row j
    squares = centred**2 @ there.T - total**2 / n
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (centred @ centred.T - total * total.T / n) / np.sqrt(squares * squares.T)
    return np.asarray(np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0))
