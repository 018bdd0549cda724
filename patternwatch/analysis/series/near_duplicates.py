"""Near-duplicates: series of one service that move alike, such as the request rate of each of its pods."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from patternwatch.contracts.findings import Finding
from patternwatch.contracts.series import Matrix

MIN_CORRELATION = 0.95
"""Absolute correlation over the whole window from which two series are near-duplicates; judgement.

It decides only which finding refers to which, never a rank."""
EMPTY: Mapping[str, str] = MappingProxyType({})


def with_duplicates(findings: Sequence[Finding], recorded: Mapping[str, str] = EMPTY) -> list[Finding]:
    """The findings, strongest first, each near-duplicate with the rank of its original in `same_as`.

    Near-duplicates are of the same entity and metric category, or recorded from another finding.

    recorded  series id of what a recording rule made of a series -> id of that series

    >>> with_duplicates([])
    []
    """
    values = np.array([f.points for f in findings], dtype=np.float64)
    originals = near_duplicates(values, [(f.entity, f.category) for f in findings])
    place = {f.series_id: i for i, f in enumerate(findings)}
    for i, found in enumerate(findings):
        raw = place.get(recorded.get(found.series_id, ""))
        if raw is not None and raw < i:
            first = originals[raw]
            originals[i] = raw if first is None else first
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
    members: dict[Hashable, list[int]] = defaultdict(list)
    for i, group in enumerate(groups):
        members[group].append(i)
    first: list[int | None] = [None] * len(groups)
    for own in members.values():
        if len(own) == 1:
            continue
        close = np.abs(correlation(values[own], values[own])) >= MIN_CORRELATION
        for place, i in enumerate(own):
            earlier = (j for before, j in enumerate(own[:place]) if first[j] is None and close[place, before])
            first[i] = next(earlier, None)
    return first


def correlation(left: Matrix, right: Matrix) -> Matrix:
    """Pearson correlation of N with M rows over their common points, shape (N, M); 0 where one is constant.

    left, right  shapes (N, T) and (M, T); NaN is a gap

    >>> correlation(np.array([[0.0, 1.0, 2.0]]), np.array([[1.0, 2.0, 3.0], [1.0, 1.0, 1.0]])).tolist()
    [[1.0, 0.0]]
    """
    (a, there_a), (b, there_b) = _centred(left), _centred(right)
    n = np.maximum(there_a @ there_b.T, 1.0)
    sum_a, sum_b = a @ there_b.T, there_a @ b.T  # [i, j]: of the points that rows i and j have in common
    squares_a = a**2 @ there_b.T - sum_a**2 / n
    squares_b = there_a @ (b**2).T - sum_b**2 / n
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (a @ b.T - sum_a * sum_b / n) / np.sqrt(squares_a * squares_b)
    return np.asarray(np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0))


def _centred(values: Matrix) -> tuple[Matrix, Matrix]:
    """Rows about their mean with gaps as 0, and where there are points: 1.

    Centred first: sums of squares of large values would lose the variation in rounding.
    """
    there = (~np.isnan(values)).astype(np.float64)
    n = np.maximum(there.sum(axis=1, keepdims=True), 1.0)
    mean = np.nansum(values, axis=1, keepdims=True) / n
    return np.nan_to_num(values - mean, nan=0.0), there
