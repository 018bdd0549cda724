"""How often chance alone reaches a score: p-values of the change ratio, and what they allow to be claimed.

Sources: the normal ones of 9,288 labelled windows of seven public sources (`normal_above_*` of
`python -m benchmarks.filter`); Y. Benjamini, Y. Hochberg, "Controlling the False Discovery Rate" (1995).
"""

import numpy as np

from patternwatch.detectors.base import Vector

SCORES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 8.0)
ABOVE = (1.0, 0.104, 0.0196, 0.0085, 0.005, 0.0013, 0.0006, 0.00024)
"""The part of normal windows whose change score reaches each of SCORES."""
FALSE_DISCOVERIES = 0.1


def p_values(score: Vector) -> Vector:
    """How often a normal window reaches such a change score, shape (N,); never less than was measured.

    >>> p_values(np.array([0.0, 1.0, 2.0, 50.0])).round(4).tolist()
    [1.0, 0.0196, 0.005, 0.0002]
    """
    return np.asarray(np.exp(np.interp(score, SCORES, np.log(ABOVE))))


def discoveries(p: Vector, of: int) -> int:
    """How many of the smallest p-values stand if a tenth of them may be chance, by Benjamini and Hochberg.

    of  how many series were tested in all; p may hold only the small ones of them

    >>> discoveries(np.array([0.001, 0.002, 0.4]), of=10)
    2
    >>> discoveries(np.array([0.001, 0.002, 0.4]), of=1000)
    0
    """
    ordered = np.sort(p)
    passes = ordered <= FALSE_DISCOVERIES * np.arange(1, len(ordered) + 1) / max(of, 1)
    return int(np.flatnonzero(passes)[-1]) + 1 if passes.any() else 0
