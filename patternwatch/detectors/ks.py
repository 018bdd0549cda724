"""Two-sample Kolmogorov-Smirnov test, batched.

Reported as evidence under a name that readers know. It assumes independent points, which metrics do not
have, and calls most real windows abnormal at any usual p: it does not decide by itself. See docs/method.md.
Sources: J. Hodges, "The significance probability of the Smirnov two-sample test" (1958); p-values by
M. Stephens' correction of the limiting distribution (1970), as in "Numerical Recipes", 14.3.3.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import kolmogorov

from patternwatch.compiled import Floats, kernel
from patternwatch.detectors.base import MIN_BASELINE, Detection, Matrix, Vector, checked

_SMALLEST_P = 1e-300
_BLOCK = 128
"""Series that are sorted and searched together: what they need stays in the processor's cache."""
_MIN_HALVINGS = 8
"""One compiled search serves every window of up to 255 rows."""


@dataclass(frozen=True, slots=True)
class KolmogorovSmirnov:
    """Whether both parts of a series are drawn from one distribution; score = -log10 p.

    >>> values = np.tile(np.arange(300.0) % 7, (2, 1))
    >>> values[1, 240:] += 3.0
    >>> found = KolmogorovSmirnov()(values, split=240)
    >>> found.figures["statistic"].round(2)
    array([0.02, 0.45])
    >>> found.flagged
    array([False,  True])
    """

    threshold: float = 3.0
    name: str = "Kolmogorov-Smirnov"

    def __call__(self, values: Matrix, split: int) -> Detection:
        """Score: -log10 of the p-value, so the threshold 3 is p = 0.001 (see `Detector`)."""
        statistic, n, m = ks_statistic(checked(values, split), split)
        p = ks_p_value(statistic, n, m)
        usable = (n >= MIN_BASELINE) & (m >= 1)
        score = np.where(usable, -np.log10(np.maximum(p, _SMALLEST_P)), 0.0) + 0.0
        figures = {"statistic": np.where(usable, statistic, np.nan), "p": np.where(usable, p, np.nan)}
        return Detection(score, score >= self.threshold, figures)

    def describe(self, detection: Detection, row: int) -> str:
        """Statistic and p-value."""
        statistic, p = detection.figures["statistic"][row], detection.figures["p"][row]
        if math.isnan(statistic):
            return "too few points for a test of two samples"
        return f"two-sample D = {statistic:.2f}, p {_p_in_words(p)} (taking points for independent)"


def ks_statistic(values: Matrix, split: int) -> tuple[Vector, Vector, Vector]:
    """The exact statistic of each row (ties included) and the finite points of both parts, each (N,).

    NaN where a part has no point. Takes what `checked` returns.

    >>> statistic, before, after = ks_statistic(np.array([[1.0, 2, 3, 4, 3, 4]]), 4)
    >>> statistic[0], before[0], after[0]
    (np.float64(0.5), np.float64(4.0), np.float64(2.0))
    """
    parts = values[:, :split], values[:, split:]
    swapped = parts[1].shape[1] > parts[0].shape[1]
    longer, shorter = parts[::-1] if swapped else parts
    width = longer.shape[1]
    halvings = max(_MIN_HALVINGS, width.bit_length())
    steps = tuple(np.uint64(1 << bit) for bit in reversed(range(halvings)))
    found = np.empty((3, len(values)))
    block_rows = min(_BLOCK, len(values))
    table = np.full((block_rows, 1 << halvings), np.nan)
    keys = np.empty((block_rows, shorter.shape[1]))
    for first in range(0, len(values), _BLOCK):
        block = slice(first, min(first + _BLOCK, len(values)))
        rows = slice(block.stop - first)
        table[rows, :width] = longer[block]
        table[rows, :width].sort(axis=1)
        keys[rows] = shorter[block]
        keys[rows].sort(axis=1)
        _largest_distances(table[rows], keys[rows], steps, found[:, block])
    statistic, n, m = found
    return (statistic, m, n) if swapped else (statistic, n, m)


def ks_p_value(statistic: Vector, n: Vector, m: Vector) -> Vector:
    """The two-sided asymptotic p-value for samples of n and m points; NaN where the statistic is.

    >>> ks_p_value(np.array([0.2]), np.array([240.0]), np.array([60.0])).round(3)
    array([0.037])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(n * m / (n + m))
        return np.asarray(kolmogorov((root + 0.12 + 0.11 / root) * statistic))


def _p_in_words(p: float) -> str:
    return "< 1e-12" if p < 1e-12 else f"= {p:.2g}"


@kernel
def _largest_distances(table: Floats, keys: Floats, steps: tuple[np.uint64, ...], out: Floats) -> None:
    """Fill (3, R): the largest distance of two distribution functions, and the points of both samples.

    table  one sample a row, ascending, then NaN up to a width of twice the first step
    keys   the other sample a row, ascending, NaN last
    steps  falling powers of two down to 1; a tuple, so that the compiler knows their number

    The functions are farthest apart at a key or just before one, so that each key's rank in the table is
    enough. Searches have no branches and depend on none before: the processor runs many side by side.
    """
    one = np.uint64(1)
    for i in range(len(table)):
        row = table[i]
        n, m = 0, 0
        for j in range(row.size):
            n += row[j] == row[j]
        for k in range(keys.shape[1]):
            m += keys[i, k] == keys[i, k]
        largest = np.int64(0)
        for k in range(m):
            key = keys[i, k]
            below, up_to = np.uint64(0), np.uint64(0)
            for step in steps:
                below += np.uint64(row[below + step - one] < key) * step
                up_to += np.uint64(row[up_to + step - one] <= key) * step
            # among equal keys the first is right before them, the last one at them; others are nearer
            largest = max(largest, np.int64(below) * m - k * n, (k + 1) * n - np.int64(up_to) * m)
        out[0, i] = largest / (n * m) if n > 0 and m > 0 else np.nan
        out[1, i] = n
        out[2, i] = m
