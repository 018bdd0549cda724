"""Shifts and rises: how much of a series a change at each row explains, whether sudden or even."""

import numpy as np

from patternwatch.analysis.onset.earliest_row import earliest_row
from patternwatch.contracts.series import Matrix, Vector

ALONE = 3
"""Series that moved farthest of which each may propose a row of its own; each costs one evaluation."""
_MIN_UNEXPLAINED = 1e-6
"""Unexplained variance is at least this, so that the log of a perfect fit is finite."""
_LEAST_DURBIN_WATSON = 0.4
"""Durbin-Watson statistic of what a rise leaves, from which that is noise (of AR(1) with phi .8 at most).

A series that wanders has long rises by chance, and wanders about them."""
_EXPLAINED_SERIES = 4
"""Gains are averaged over the best quarter of the series: most others do not move."""


def split_gains(values: Matrix, earliest: int, split: int) -> Vector:
    """How much a shift of the mean explains at each row from `earliest` to `split`, that row included.

    values  shape (M, T); NaN is a gap

    Returns shape (split - earliest + 1,).

    The mean of -ln(1 - R2) over the quarter of the series that such a shift explains best. One cumulative
    sum serves all rows.

    >>> shifted = np.where(np.arange(300) >= 150, 1.0, 0.0)[None]
    >>> 60 + int(split_gains(shifted, 60, 240).argmax())
    150
    """
    if not len(values):
        return np.zeros(split - earliest + 1)
    explained = explained_by_shift(values, earliest, split)
    gain = -np.log(np.maximum(1.0 - explained, _MIN_UNEXPLAINED))
    strongest = np.argsort(-gain.max(axis=1), kind="stable")[: max(1, len(values) // _EXPLAINED_SERIES)]
    return np.asarray(gain[strongest].mean(axis=0))


def starts_of_rises(moved: Matrix, split: int) -> set[int]:
    """Rows from which on an even rise, or fall, explains one of the first few series.

    moved  the series that moved farthest, the first one most, shape (K, T)

    >>> starts_of_rises(np.maximum(np.arange(300.0) - 150.0, 0.0)[None], 240)
    {150}
    """
    earliest = earliest_row(moved.shape[1], split)
    starts = (_start_of_rise(one, earliest, split) for one in moved[:ALONE])
    return {row for row in starts if row is not None}


def _start_of_rise(values: Vector, earliest: int, split: int) -> int | None:
    """The row from which on a rise explains a series best; None where a shift explains more, or a walk.

    values  shape (T,); NaN is a gap
    """
    at = np.flatnonzero(~np.isnan(values))
    x = values[at] - values[at].mean() if len(at) else values[at]
    total = float((x**2).sum())
    if total <= 0.0:
        return None
    rises = np.maximum(at - np.arange(earliest, split + 1)[:, None], 0.0)
    rises -= rises.mean(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        explained = np.nan_to_num((rises @ x) ** 2 / ((rises**2).sum(axis=1) * total))
    best = int(explained.argmax())
    if explained[best] <= explained_by_shift(values[None], earliest, split).max():
        return None
    rest = x - rises[best] * (rises[best] @ x) / (rises[best] @ rises[best])
    is_noise = np.square(np.diff(rest)).sum() >= _LEAST_DURBIN_WATSON * np.square(rest).sum()
    return earliest + best if is_noise else None


def explained_by_shift(values: Matrix, earliest: int, split: int) -> Matrix:
    """The part of each series' variance that a shift of its mean explains, by row from `earliest` to `split`.

    values  shape (M, T); NaN is a gap

    Returns shape (M, split - earliest + 1): R2, 0 to 1; 0 where a series is constant or one side is empty.

    >>> shifted = np.where(np.arange(300) >= 150, 1.0, 0.0)[None]
    >>> explained_by_shift(shifted, 149, 151).round(2).tolist()
    [[0.99, 1.0, 0.99]]
    """
    present = ~np.isnan(values)
    count = present.cumsum(axis=1).astype(np.float64)
    n = count[:, -1:]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        mean = np.where(present, values, 0.0).sum(axis=1, keepdims=True) / n
        centred = np.where(present, values - mean, 0.0)
        # between-groups sum of squares over the total one, for values of mean zero
        explained = centred.cumsum(axis=1) ** 2 * n / (count * (n - count))
        explained /= (centred**2).sum(axis=1, keepdims=True)
    return np.nan_to_num(explained[:, earliest - 1 : split], nan=0.0, posinf=0.0)
