"""AR(1) innovations: the part of each step that the series' own past does not predict.

Source: G. Box, G. Jenkins, "Time Series Analysis", ch. 3 (first-order autoregressive process).
"""

import numpy as np

from patternwatch.compiled import Floats, kernel
from patternwatch.detectors.base import MIN_BASELINE, Matrix, checked
from patternwatch.detectors.kernels import close_gaps

_MIN_PHI, _MAX_PHI = -0.3, 0.99
"""A fit on 240 points may overshoot: at phi 1 the level would no longer matter at all."""


def innovations(values: Matrix, split: int) -> Matrix:
    """Residuals of an AR(1) model fitted before `split`, shape (N, T).

    NaN at gaps, at a series' first point, and all along for a series with under `MIN_BASELINE`
    points before the split. Gaps are closed up: a point follows the last one that is there.
    Raises ValueError as a detector does.

    >>> rng = np.random.default_rng(0)
    >>> values = rng.normal(size=(1, 60))
    >>> values[0, 50] += 30.0
    >>> int(np.nanargmax(np.abs(innovations(values, split=40))))
    50
    """
    array = checked(values, split)
    out = np.full(array.shape, np.nan)
    _innovations(array, split, out)
    return out


@kernel
def _innovations(values: Floats, split: int, out: Floats) -> None:
    n_series, rows = values.shape
    x = np.empty(rows)
    e = np.empty(rows)
    for i in range(n_series):
        n, k = close_gaps(values[i], split, x)
        if k < MIN_BASELINE:
            continue
        innovations_of(x, n, k, e)
        j = 0
        for t in range(rows):
            if values[i, t] == values[i, t]:
                if j > 0:
                    out[i, t] = e[j]
                j += 1


@kernel
def innovations_of(x: Floats, n: int, k: int, e: Floats) -> None:
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
        phi = min(max(top / bottom, _MIN_PHI), _MAX_PHI)
    e[0] = 0.0
    for t in range(1, n):
        e[t] = (x[t] - mean) - phi * (x[t - 1] - mean)
