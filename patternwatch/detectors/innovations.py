"""Innovations: the part of each step that an autoregressive model of the series' own past does not foresee.

Sources: G. Box, G. Jenkins, "Time Series Analysis", ch. 3 (autoregressive processes, Yule-Walker equations);
J. Durbin, "The fitting of time-series models" (1960), for their recursive solution.
"""

import numba
import numpy as np

from patternwatch.detectors.base import LEAST_BASELINE, Matrix, checked

ORDER = 5
"""Of the high-order model: sees the rhythm of a few rows and the run of a smooth curve."""
_LEAST_UNFORESEEN = 1e-12
_LEAST_PHI, _MOST_PHI = -0.3, 0.99
"""A fit on 240 points may overshoot: at phi 1 the level would no longer matter at all."""


def innovations(values: Matrix, split: int) -> Matrix:
    """Residuals of an AR(1) model fitted before `split`, shape (N, T).

    NaN at gaps, at a series' first point, and all along for a series with under `LEAST_BASELINE`
    points before the split. Gaps are closed up: a point follows the last one that is there.
    Raises ValueError as a detector does.
    """
    array = checked(values, split)
    out = np.full(array.shape, np.nan)
    _innovations(array, split, out)
    return out


@numba.njit(cache=True, nogil=True)
def _innovations(values, split, out):  # type: ignore[no-untyped-def]
    n_series, rows = values.shape
    x = np.empty(rows)
    e = np.empty(rows)
    at = np.empty(rows, np.int64)
    for i in range(n_series):
        n, k = 0, 0
        for t in range(rows):
            if values[i, t] == values[i, t]:
                x[n] = values[i, t]
                at[n] = t
                n += 1
                k += t < split
        if k < LEAST_BASELINE:
            continue
        innovations_of(x, n, k, e)
        for j in range(1, n):
            out[i, at[j]] = e[j]


@numba.njit(cache=True, nogil=True)
def innovations_of(x, n, k, e):  # type: ignore[no-untyped-def]
    """Fill e[:n] with the residuals of x[:n] under mean and phi of x[:k]; e[0] has no past and is 0."""
    mean = 0.0
    for t in range(k):
        mean += x[t] / k
    top, bottom = 0.0, 0.0
    for t in range(1, k):
        past = x[t - 1] - mean
        top += past * (x[t] - mean)
        bottom += past * past
    phi = 0.0
    if bottom > 0.0:
        phi = min(max(top / bottom, _LEAST_PHI), _MOST_PHI)
    e[0] = 0.0
    for t in range(1, n):
        e[t] = (x[t] - mean) - phi * (x[t - 1] - mean)


@numba.njit(cache=True, nogil=True)
def high_order_innovations_of(x, n, k, e):  # type: ignore[no-untyped-def]
    """Fill e[:n] with the residuals of x[:n] under an AR model of order 5 of x[:k], k > 5; e[:5] are 0.

    Fitted by the Yule-Walker equations, whose model is stationary, by Durbin's recursion.
    """
    mean = 0.0
    for t in range(k):
        mean += x[t] / k
    for t in range(n):
        x[t] -= mean
    r = np.zeros(ORDER + 1)
    for lag in range(ORDER + 1):
        r[lag] = _dot(x[: k - lag], x[lag:k])
    a = _durbin(r)
    e[:ORDER] = 0.0
    for t in range(ORDER, n):
        foreseen = 0.0
        for j in range(ORDER):
            foreseen += a[j] * x[t - 1 - j]
        e[t] = x[t] - foreseen
    for t in range(n):
        x[t] += mean


@numba.njit(cache=True, nogil=True)
def _durbin(r):  # type: ignore[no-untyped-def]
    """The AR coefficients that autocovariances r (lags 0 .. 5) ask for."""
    a, before = np.zeros(ORDER), np.zeros(ORDER)
    unforeseen = r[0]
    for m in range(ORDER):
        if unforeseen <= _LEAST_UNFORESEEN * r[0]:
            break
        reflection = r[m + 1]
        for j in range(m):
            reflection -= a[j] * r[m - j]
        reflection /= unforeseen
        before[:m] = a[:m]
        for j in range(m):
            a[j] -= reflection * before[m - 1 - j]
        a[m] = reflection
        unforeseen *= 1.0 - reflection * reflection
    return a


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _dot(a, b):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total
