"""Random processes that go on from one day to the next.

Each draws as many numbers whatever happens, so a fault changes what it reaches and nothing else: the same
seed with and without it gives the same values everywhere else.
"""

from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

Rows = npt.NDArray[np.float32]
"""float32, shape (N, rows of a day), or one that fits it."""


def normal(rng: np.random.Generator, shape: tuple[int, int]) -> Rows:
    """Standard normal noise."""
    return rng.standard_normal(shape, dtype=np.float32)


def heavy(rng: np.random.Generator, shape: tuple[int, int], tail: Rows) -> Rows:
    """Student's t noise, `tail` degrees of freedom a row of the result, shape (N, 1)."""
    width = rng.standard_gamma(np.broadcast_to(tail / 2, shape), dtype=np.float32)
    return np.asarray(normal(rng, shape) / np.sqrt(width * 2 / tail), dtype=np.float32)


def counts(rng: np.random.Generator, mean: Rows) -> Rows:
    """Poisson counts of these means: two numbers are drawn for each, whatever its mean is.

    >>> drawn = counts(np.random.default_rng(0), np.full((1, 4000), 3.0, np.float32))
    >>> round(float(drawn.mean()), 1), round(float(drawn.var()), 1)
    (3.0, 3.1)
    """
    uniform = rng.random(mean.shape, dtype=np.float32)
    return np.asarray(_counts(mean.astype(np.float32), uniform, normal(rng, (mean.shape[0], mean.shape[1]))))


@numba.njit(cache=True)
def _counts(mean: Rows, uniform: Rows, around: Rows) -> Rows:
    """By inversion; the normal approximation from a mean of 30 on."""
    out = np.empty_like(mean)
    for i in range(mean.shape[0]):
        for k in range(mean.shape[1]):
            m = np.float64(mean[i, k])
            if m > 30.0:
                out[i, k] = max(0.0, np.rint(m + np.sqrt(m) * around[i, k]))
                continue
            n, p = 0, np.exp(-m)
            below = p
            while below < uniform[i, k] and n < 200:
                n += 1
                p *= m / n
                below += p
            out[i, k] = n
    return out


class Drift:
    """First-order autoregressive noise of N rows; what it was at a day's end is where the next day begins.

    phi   how much of it stays a row later, a number or shape (N, 1)
    size  standard deviation of what comes new in each row

    >>> drift = Drift(phi=0.9, size=1.0)
    >>> drift.day(np.random.default_rng(0), (2, 100)).shape
    (2, 100)
    """

    def __init__(self, phi: float | npt.NDArray[Any], size: float | npt.NDArray[Any]) -> None:
        self._phi, self._size = phi, size
        self._last: Rows | None = None

    def day(self, rng: np.random.Generator, shape: tuple[int, int]) -> Rows:
        """The next day of it, float32 of this shape."""
        new = normal(rng, shape) * np.asarray(self._size, dtype=np.float32)
        phi = np.broadcast_to(np.asarray(self._phi, dtype=np.float32), (shape[0], 1))
        last = np.zeros((shape[0], 1), np.float32) if self._last is None else self._last
        out = np.empty_like(new)
        for value in np.unique(phi):
            rows = np.flatnonzero(phi[:, 0] == value)
            out[rows] = lfilter([1.0], [1.0, -value], new[rows], axis=1, zi=value * last[rows])[0]
        self._last = out[:, -1:].copy()
        return out


class Backlog:
    """Length of a queue by Lindley's recursion: what came more than went, never under nothing."""

    def __init__(self) -> None:
        self._last: Rows | None = None

    def day(self, surplus: Rows) -> Rows:
        """`surplus`: arrivals less departures of each row, shape (N, rows)."""
        last = np.zeros((len(surplus), 1), np.float32) if self._last is None else self._last
        walk = np.cumsum(surplus, axis=1) + last
        out = walk - np.minimum(np.minimum.accumulate(walk, axis=1), 0.0)
        self._last = out[:, -1:].copy()
        return np.asarray(out, dtype=np.float32)


def stretches(
    rng: np.random.Generator, shape: tuple[int, int], a_day: float | npt.NDArray[Any], more: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Which row, from where and how long (in rows): `a_day` times a day each, 1 + geometric(more) long.

    `a_day` is a number or shape (N,).
    """
    n, rows = shape
    times = rng.poisson(np.broadcast_to(np.asarray(a_day, dtype=np.float64), n))
    which = np.repeat(np.arange(n), times)
    return which, rng.integers(0, rows, len(which)), rng.geometric(more, len(which))


def marked(shape: tuple[int, int], found: tuple[npt.NDArray[np.int64], ...]) -> npt.NDArray[np.bool_]:
    """The rows of these stretches, booleans of this shape."""
    out = np.zeros(shape, dtype=bool)
    for row, start, length in zip(*(array.tolist() for array in found), strict=True):
        out[row, start : start + length] = True
    return out
