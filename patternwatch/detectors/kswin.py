"""KSWIN of the library River, compiled: the same drifts, a hundred times sooner.

River's own object calls SciPy's two-sample test at every point, a millisecond each: most of what a small
report cost. Of that test only one thing is asked, whether p is at most alpha, and of two samples of one size
that depends on a whole number alone, by how many points their distributions lie apart. And the points that it
draws from the older part of its window come from a generator that begins anew with each reset. So both are
known beforehand, and a kernel does the rest.
Source: C. Raab et al., "Reactive soft prototype computing for concept drift streams" (2020); `drift.KSWIN`.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from patternwatch.compiled import Floats, Integers, kernel
from patternwatch.detectors.base import Vector
from patternwatch.detectors.drift import RiverDrift

_MIN_STATISTIC = 0.1
"""River calls no drift up to this distance, whatever its p."""
_MIN_DRAWS = 128
"""Tests that the table of drawn points is filled for at once: a usual current part and a little more."""


@dataclass(frozen=True, slots=True)
class CompiledKSWIN(RiverDrift):
    """How many drifts River's KSWIN reports in the current part.

    settings  all of `alpha`, `window_size`, `stat_size` and `seed`, which River's class takes too
    memory    its window: feeding it more of the baseline costs time and changes little

    >>> values = np.random.default_rng(0).normal(size=(2, 300))
    >>> values[1, 240:] += 20.0
    >>> CompiledKSWIN()(values, split=240).score
    array([0., 1.])
    """

    name: str = "KSWIN"
    settings: Mapping[str, Any] = field(
        default_factory=lambda: {"alpha": 0.005, "window_size": 100, "stat_size": 30, "seed": 1}
    )
    memory: int | None = 100

    def _drifts(self, before: Vector, after: Vector) -> list[int]:
        window, sample, seed = (int(self.settings[name]) for name in ("window_size", "stat_size", "seed"))
        fed = self._fed(before)
        stream = np.concatenate([fed, after])
        found = np.empty(len(after), dtype=np.int64)
        tests = -(-max(len(stream), 1) // _MIN_DRAWS) * _MIN_DRAWS
        drawn, least = _drawn(seed, window, sample, tests), _least_apart(sample, self.settings["alpha"])
        count = _drifts_of(stream, len(fed), window, drawn, least, found)
        return [int(point) for point in found[:count]]


@lru_cache(maxsize=8)
def _drawn(seed: int, window: int, sample: int, tests: int) -> Integers:
    """Which points of the older part of the window are drawn for each test since a reset: (tests, sample)."""
    generator = random.Random(seed)
    older = range(window - sample)
    return np.array([generator.sample(older, sample) for _ in range(tests)], dtype=np.int64)


@lru_cache(maxsize=8)
def _least_apart(sample: int, alpha: float) -> int:
    """By how many points two samples of this size lie apart at least where River calls a drift."""
    for apart in range(int(_MIN_STATISTIC * sample) + 1, sample + 1):
        if _p_value(apart, sample) <= alpha:
            return apart
    return sample + 1


def _p_value(apart: int, sample: int) -> float:
    """How often two samples of one size and one distribution lie apart by at least so many points: exact.

    SciPy's `ks_2samp` says the same, and takes as long to load as all the rest of a process.
    Source: B. Gnedenko, V. Korolyuk, "On the maximum discrepancy between two empirical distributions" (1951).

    >>> round(_p_value(3, 3), 6)
    0.1
    """
    paths = range(1, sample // apart + 1)
    beyond = sum((-1) ** (k + 1) * math.comb(2 * sample, sample - k * apart) for k in paths)
    return float(2 * beyond / math.comb(2 * sample, sample))


@kernel
def _drifts_of(x: Floats, first: int, window: int, drawn: Integers, least: int, found: Integers) -> int:
    """Fill `found` with the points from `first` on, from 1, at which a drift is reported: how many."""
    sample = drawn.shape[1]
    count, begin, test = 0, 0, 0  # a drift empties the window, and the generator begins again
    for t in range(len(x)):
        oldest = t - window + 1
        if oldest < begin:
            continue
        older = np.empty(sample)
        for k in range(sample):
            older[k] = x[oldest + drawn[test, k]]
        test += 1
        if _apart(np.sort(older), np.sort(x[t + 1 - sample : t + 1])) >= least:
            if t >= first:
                found[count] = t - first + 1
                count += 1
            begin, test = t + 1, 0
    return count


@kernel
def _apart(a: Floats, b: Floats) -> int:
    """The largest difference of how many points of each lie at or below any value; both ascending."""
    i, j, apart = 0, 0, 0
    while i < len(a) and j < len(b):
        value = min(a[i], b[j])
        while i < len(a) and a[i] == value:
            i += 1
        while j < len(b) and b[j] == value:
            j += 1
        apart = max(apart, abs(i - j))
    return apart
