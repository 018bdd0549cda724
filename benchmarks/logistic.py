"""A logistic regression whose weights are at least 0, and how well its chances are calibrated."""

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
_ROUNDS = 3000
_RATE = 0.5
_SHRINKAGE = 0.003
"""Of the weights towards 0: two data sets of a few incidents must not decide."""
BINS = 10


def fit(features: Vector, right: Vector, weight: Vector) -> tuple[float, Vector]:
    """Intercept and weights that make these outcomes likeliest.

    features  shape (N, F)
    right     0 or 1, shape (N,)
    weight    of each row, shape (N,)

    Projected gradient descent on standardised features: a weight that would be negative is 0.

    >>> intercept, weights = fit(np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0.0, 0, 1, 1]), np.ones(4))
    >>> bool(weights[0] > 1.0), round(-intercept / weights[0], 2)
    (True, 1.5)
    """
    mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-9
    z, weight = (features - mean) / scale, weight / weight.sum()
    intercept, slopes = 0.0, np.zeros(features.shape[1])
    for _ in range(_ROUNDS):
        wrong = (chances(z, intercept, slopes) - right) * weight
        intercept -= _RATE * float(wrong.sum())
        slopes = np.maximum(slopes - _RATE * (z.T @ wrong + _SHRINKAGE * slopes), 0.0)
    weights = slopes / scale
    return intercept - float(mean @ weights), weights


def chances(features: Vector, intercept: float, weights: Vector) -> Vector:
    """The chance of each row, shape (N,).

    >>> chances(np.array([[0.0]]), 0.0, np.array([1.0])).tolist()
    [0.5]
    """
    return np.asarray(1.0 / (1.0 + np.exp(-intercept - features @ weights)))


def reliability(chance: Vector, right: Vector, bins: int = BINS) -> list[tuple[float, float, int]]:
    """Mean chance, share that is right, and number of rows of every bin that has some.

    >>> reliability(np.array([0.11, 0.19, 0.95]), np.array([0.0, 1.0, 1.0]))
    [(0.15, 0.5, 2), (0.95, 1.0, 1)]
    """
    own = np.minimum((chance * bins).astype(int), bins - 1)
    rows = [(chance[own == b], right[own == b]) for b in range(bins)]
    return [(round(float(c.mean()), 6), float(r.mean()), len(c)) for c, r in rows if len(c)]


def ece(chance: Vector, right: Vector, bins: int = BINS) -> float:
    """Expected calibration error: how far the mean chance of a bin is from the share that is right, weighted.

    Source: M. Naeini et al., "Obtaining well calibrated probabilities using Bayesian binning" (2015).

    >>> ece(np.array([0.11, 0.19, 0.95]), np.array([0.0, 1.0, 1.0]))
    0.25
    """
    table = reliability(chance, right, bins)
    return sum(abs(mean - share) * n for mean, share, n in table) / max(len(chance), 1)
