"""Counters to rates per second, with resets."""

import numpy as np
import numpy.typing as npt

from patternwatch.contracts.series import Matrix


def increases(values: Matrix, stamps: npt.NDArray[np.int64]) -> tuple[Matrix, Matrix]:
    """How much each counter grew since its sample before, and over how many seconds.

    values  counters, shape (N, T + 1), NaN where there is no sample
    stamps  times of the samples in ms, the same shape
    Returns two arrays of shape (N, T) for all rows but the first: the increase (a value below the one
    before means that the counter was reset and began at zero) and the seconds between the two samples;
    both NaN where a row has no sample or none before it.
    """
    known = ~np.isnan(values)
    columns = np.arange(values.shape[1])
    last = np.maximum.accumulate(np.where(known, columns, -1), axis=1)[:, :-1]
    has_both = known[:, 1:] & (last >= 0)
    before = np.take_along_axis(values, np.maximum(last, 0), axis=1)
    since = np.take_along_axis(stamps, np.maximum(last, 0), axis=1)
    now = values[:, 1:]
    with np.errstate(invalid="ignore"):
        increase = np.where(now < before, now, now - before)
        seconds = (stamps[:, 1:] - since) / 1000.0
    return np.where(has_both, increase, np.nan), np.where(has_both, seconds, np.nan)


def is_monotone(values: Matrix) -> npt.NDArray[np.bool_]:
    """Which rows behave like a counter: never negative, and falling only to below half (a reset)."""
    filled = _forward_filled(values)
    with np.errstate(invalid="ignore"):
        falls = (filled[:, 1:] < filled[:, :-1]) & (filled[:, 1:] > filled[:, :-1] / 2)
        negative = values < 0
    return np.asarray(~falls.any(axis=1) & ~negative.any(axis=1))


def _forward_filled(values: Matrix) -> Matrix:
    columns = np.arange(values.shape[1])
    last = np.maximum.accumulate(np.where(np.isnan(values), 0, columns), axis=1)
    return np.take_along_axis(values, last, axis=1)
