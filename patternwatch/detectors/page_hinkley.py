"""The Page-Hinkley test of the library River, compiled: the same sums in the same order, so the same drifts.

Sources: E. Page, "Continuous inspection schemes" (1954); `river.drift.PageHinkley`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from patternwatch.compiled import Floats, Integers, kernel
from patternwatch.detectors.base import Vector
from patternwatch.detectors.drift import RiverDrift


@dataclass(frozen=True, slots=True)
class CompiledPageHinkley(RiverDrift):
    """How many drifts River's Page-Hinkley test, both ways, reports in the current part.

    settings  all of `min_instances`, `delta`, `threshold` and `alpha`, which River's class takes too

    >>> values = np.random.default_rng(0).normal(size=(2, 300))
    >>> values[1, 240:] += 20.0
    >>> CompiledPageHinkley()(values, split=240).score
    array([0., 1.])
    """

    name: str = "PageHinkley"
    settings: Mapping[str, Any] = field(
        default_factory=lambda: {"min_instances": 30, "delta": 0.005, "threshold": 50.0, "alpha": 1 - 0.0001}
    )

    def _drifts(self, before: Vector, after: Vector) -> list[int]:
        names = "min_instances", "delta", "threshold", "alpha"
        least, delta, threshold, alpha = (float(self.settings[name]) for name in names)
        fed = self._fed(before)
        found = np.empty(len(after), dtype=np.int64)
        stream = np.concatenate([fed, after])
        count = _drifts_of(stream, len(fed), least, delta, threshold, alpha, found)
        return [int(point) for point in found[:count]]


@kernel
def _drifts_of(
    x: Floats, first: int, least: float, delta: float, threshold: float, alpha: float, found: Integers
) -> int:
    """Fill `found` with the points from `first` on, from 1, at which a drift is reported: how many."""
    count, n, mean, rise, fall, lowest, highest = 0, 0.0, 0.0, 0.0, 0.0, np.inf, -1.0
    for t in range(len(x)):
        n += 1.0
        mean += (1.0 / n) * (x[t] - mean)
        off = x[t] - mean
        rise = alpha * rise + off - delta
        fall = alpha * fall + off + delta
        lowest, highest = min(lowest, rise), max(highest, fall)
        if n >= least and (rise - lowest > threshold or highest - fall > threshold):
            if t >= first:
                found[count] = t - first + 1
                count += 1
            n, mean, rise, fall, lowest, highest = 0.0, 0.0, 0.0, 0.0, np.inf, -1.0
    return count
