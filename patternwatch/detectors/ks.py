"""Two-sample Kolmogorov-Smirnov test, batched.

Kept as named evidence that readers know. It takes points for independent, which metrics are not, and
so calls most real windows abnormal at any usual p: it must not decide by itself. See docs/method.md.
Sources: J. Hodges, "The significance probability of the Smirnov two-sample test" (1958); p-values by
M. Stephens' correction of the limiting distribution (1970), as in "Numerical Recipes", 14.3.3.
"""

import math
from dataclasses import dataclass

import numba
import numpy as np
from scipy.special import kolmogorov

from patternwatch.detectors.base import LEAST_BASELINE, Detection, Matrix, Vector, checked
from patternwatch.detectors.quantiles import sorted_rows

_SMALLEST_P = 1e-300


@dataclass(frozen=True, slots=True)
class KolmogorovSmirnov:
    """Whether both parts of a series are drawn from one distribution; score = -log10 p."""

    threshold: float = 3.0
    name: str = "Kolmogorov-Smirnov"

    def __call__(self, values: Matrix, split: int) -> Detection:
        """Score: -log10 of the p-value, so the threshold 3 is p = 0.001 (see `Detector`)."""
        statistic, n, m = ks_statistic(checked(values, split), split)
        p = ks_p_value(statistic, n, m)
        usable = (n >= LEAST_BASELINE) & (m >= 1)
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
    """
    before, n = sorted_rows(values[:, :split])
    after, m = sorted_rows(values[:, split:])
    statistic = np.empty(len(values))
    _largest_distances(before, n.astype(np.int64), after, m.astype(np.int64), statistic)
    return statistic, n, m


def ks_p_value(statistic: Vector, n: Vector, m: Vector) -> Vector:
    """The two-sided asymptotic p-value for samples of n and m points; NaN where the statistic is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(n * m / (n + m))
        p = kolmogorov((root + 0.12 + 0.11 / root) * statistic)
    return np.asarray(np.clip(p, 0.0, 1.0))


def _p_in_words(p: float) -> str:
    return "< 1e-12" if p < 1e-12 else f"= {p:.2g}"


@numba.njit(cache=True, nogil=True)
def _largest_distances(before, n, after, m, out):  # type: ignore[no-untyped-def]
    """Merge two sorted samples a row and keep the largest distance of their distribution functions."""
    for i in range(len(out)):
        if n[i] == 0 or m[i] == 0:
            out[i] = np.nan
            continue
        j, k, largest = 0, 0, 0
        while j < n[i] and k < m[i]:
            a, b = before[i, j], after[i, k]
            if a <= b:
                j += 1
            if b <= a:
                k += 1
            # step over ties: the functions may only be compared between values
            if j < n[i] and a <= b and before[i, j] == a:
                while j < n[i] and before[i, j] == a:
                    j += 1
            if k < m[i] and b <= a and after[i, k] == b:
                while k < m[i] and after[i, k] == b:
                    k += 1
            largest = max(largest, abs(j * m[i] - k * n[i]))
        out[i] = largest / (n[i] * m[i])
