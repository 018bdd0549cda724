"""How little chance explains what is lost of some requests, in decades: -log10 of its probability.

Requests come as a Poisson process, and each fails or does not: so many that fail, or so few that come, happen
by chance with a probability that the counts of a few rows give (binomial and Poisson tails). A service with
few requests needs more rows to show the same; one with many shows it at once.
"""

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, bdtrc, pdtr

from patternwatch.contracts.arrays import Floats32

MOST_DECADES = 250.0
_Numbers = Floats32 | npt.NDArray[np.float64]


def decades_of_failing(failed: _Numbers, asked: _Numbers, share: _Numbers) -> Floats32:
    """Of so many failures among so many requests, each of which fails in this share of cases.

    >>> failed, asked, share = np.float32([[5, 20], [40, 40], [0.05, 0.05]])
    >>> [round(each, 1) for each in decades_of_failing(failed, asked, share).tolist()]
    [1.3, 15.3]
    """
    whole = np.maximum(np.rint(asked), np.rint(failed)).astype(np.int64)
    with np.errstate(invalid="ignore"):
        chance = bdtrc(np.rint(failed) - 1, whole, np.clip(share, 0, 1))
    return _decades(chance.astype(np.float64))


def decades_of_missing(asked: _Numbers, expected: _Numbers) -> Floats32:
    """Of so few requests where this number is expected; 0 where none is.

    >>> decades = decades_of_missing(np.float32([3, 3, 0]), np.float32([20, 5, np.nan]))
    >>> [round(each, 1) for each in decades.tolist()]
    [5.5, 0.6, 0.0]
    """
    return _decades(pdtr(np.rint(np.nan_to_num(asked)), np.nan_to_num(expected)).astype(np.float64))


def came_through(asked: Floats32, failed: Floats32, newest: int = 0) -> Floats32:
    """How likely as many of the newest requests come through while they go on failing.

    asked, failed  shape (E, T), NaN where unknown; each fails in the share of all these rows
    newest         so many rows, of which some may fail; where 0, all since the newest row with failures

    >>> asked, failed = np.float32([[10, 10, 10], [10, 10, 1]]), np.float32([[0, 6, 0], [0, 6, 0]])
    >>> [round(each, 2) for each in came_through(asked, failed).tolist()]
    [0.11, 0.71]
    >>> asked, failed = np.float32([[900, 900, 900], [10, 10, 10]]), np.float32([[90, 4, 3], [6, 5, 1]])
    >>> [round(each, 2) for each in came_through(asked, failed, newest=2).tolist()]
    [0.0, 0.25]
    """
    of, bad = np.nan_to_num(asked), np.nan_to_num(failed)
    share = np.minimum(bad.sum(axis=1) / np.maximum(of.sum(axis=1), 1), 1)
    if newest:
        number, fails = (np.rint(rows[:, -newest:].sum(axis=1)) for rows in (of, bad))
        return np.asarray(bdtr(fails, np.maximum(number, fails).astype(np.int64), share), dtype=np.float32)
    since = np.cumsum(bad[:, ::-1], axis=1)[:, ::-1] == 0
    return np.asarray((1 - share) ** (of * since).sum(axis=1), dtype=np.float32)


def _decades(chance: npt.NDArray[np.float64]) -> Floats32:
    least = 10.0**-MOST_DECADES
    return np.asarray(0.0 - np.log10(np.clip(np.nan_to_num(chance, nan=1.0), least, 1.0)), dtype=np.float32)
