"""How much farther chance goes beyond a short baseline than beyond a usual one.

The largest average of a few blocks of noise bounds later ones worse than that of many. Of b blocks the
largest is smaller than x with the probability F(x) ** b, F being the distribution of one. So what the largest
of the blocks since the split reaches, over the largest of those before it, in two windows of a hundred (98 %
quantile over 2 % quantile) follows from the two numbers of blocks alone. What is more of it than in a usual
window is allowed for.
Source: E. Gumbel, "Statistics of Extremes" (1958), on the largest of n observations.
"""

import math

import numpy as np
import numpy.typing as npt
from scipy.special import erfinv

from patternwatch.contracts.series import BASELINE_ROWS, CURRENT_ROWS
from patternwatch.detectors.base import Vector

_RARE = 0.02
"""How often normal windows pass the bars: what these were chosen for."""


def allowance(before: npt.ArrayLike, after: npt.ArrayLike, width: int) -> Vector:
    """What the log of a ratio of the largest averages loses, at least 0; the shape of `before`.

    before  points of the baseline, at least 1
    after   points since the split, at least 1; more than usual are taken for the usual number
    width   points that are averaged, at most those since the split

    It is 0 for a baseline of the usual length, or a longer one.

    >>> allowance([20, 30, 60, 120, 240, 999], 60, width=8).round(2).tolist()
    [1.76, 1.22, 0.62, 0.25, 0.0, 0.0]
    """
    later = np.clip(after, 1, CURRENT_ROWS)
    least = np.minimum(width, later)
    usual = _farther(BASELINE_ROWS / width, CURRENT_ROWS / width)
    return np.maximum(np.log(_farther(np.asarray(before) / least, later / least)) - math.log(usual), 0.0)


def _farther(before: Vector | float, after: Vector | float) -> Vector:
    """What the largest of so many blocks, over the largest of so many earlier ones, rarely reaches."""
    return np.asarray(_largest(after, 1.0 - _RARE) / _largest(before, _RARE))


def _largest(blocks: Vector | float, part: float) -> Vector:
    """The quantile of the largest of so many absolute normal values."""
    return np.asarray(erfinv(part ** (1.0 / np.asarray(blocks))) * math.sqrt(2.0))
