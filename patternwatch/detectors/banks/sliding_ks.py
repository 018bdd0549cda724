"""The two-sample Kolmogorov-Smirnov test on two windows that slide over N streams, kept from point to point.

The last `current` points of a series are held against the `reference` points before them. Both windows are
kept sorted: a new point comes into one, its oldest goes over into the other, whose oldest goes. A point moves
the empirical distribution functions by 1 / current and 1 / reference at most, so the statistic is counted
anew only when it may have reached its critical value meanwhile: alarms are exact, and mostly free.

Source: D. dos Reis et al., "Fast unsupervised online drift detection using incremental Kolmogorov-Smirnov
test" (2016) keeps a tree instead; sorted arrays of this size are faster.
"""

import math
from typing import TypeAlias

import numpy as np

from patternwatch.compiled import Flags, Floats, Integers, kernel
from patternwatch.contracts.arrays import Floats32
from patternwatch.detectors.banks.base import checked, per_series

Real: TypeAlias = float | np.float32


class SlidingKsBank:
    """Alarms while the two windows differ by more than chance.

    series     N
    reference  points of the older window
    current    points of the newer one
    level      chance of an alarm of independent points, by the asymptotic critical value

    >>> values = np.random.default_rng(0).normal(size=(2, 400))
    >>> values[1, 350:] += 3.0
    >>> bank = SlidingKsBank(2)
    >>> np.argwhere(bank.update(values))[0].tolist()
    [1, 376]
    """

    def __init__(self, series: int, *, reference: int = 240, current: int = 60, level: float = 1e-6) -> None:
        self._sizes = reference, current
        self.critical = math.sqrt(-math.log(level / 2) / 2 * (reference + current) / (reference * current))
        """Statistic from which on there is an alarm."""
        self._ring = np.zeros((series, reference + current), dtype=np.float32)
        self._reference = np.zeros((series, reference), dtype=np.float32)
        self._current = np.zeros((series, current), dtype=np.float32)
        self._seen = np.zeros(series, dtype=np.int64)
        self._bound = np.full(series, np.inf)

    def update(self, columns: Floats) -> Flags:
        """See `Bank.update`; values are kept as float32."""
        values = checked(columns, len(self._seen))
        alarms = np.zeros(values.shape, dtype=np.bool_)
        windows = self._ring, self._reference, self._current
        _update(values, *windows, self._seen, self._bound, alarms, self.critical)
        return alarms

    def statistic(self) -> Floats:
        """The statistic of each series now, shape (N,); NaN where a window is not full yet."""
        found = np.full(len(self._seen), np.nan)
        _statistics(self._reference, self._current, self._seen, found)
        return found

    def reset(self, rows: Integers) -> None:
        """See `Bank.reset`."""
        self._seen[rows], self._bound[rows] = 0, np.inf

    @property
    def bytes_per_series(self) -> float:
        """See `Bank.bytes_per_series`."""
        return per_series(self._ring, self._reference, self._current, self._seen, self._bound)


@kernel
def _update(
    values: Floats,
    ring: Floats32,
    reference: Floats32,
    current: Floats32,
    seen: Integers,
    bound: Floats,
    alarms: Flags,
    critical: float,
) -> None:
    size, late = ring.shape[1], current.shape[1]
    step = 1.0 / reference.shape[1] + 1.0 / late
    for i in range(len(values)):
        for t in range(values.shape[1]):
            x = np.float32(values[i, t])
            if np.isnan(x):
                continue
            n, at = seen[i], seen[i] % size
            gone, passed = ring[i, at], ring[i, (at - late) % size]
            ring[i, at] = x
            seen[i] = n + 1
            if n < late:
                _put(current[i], n, x)
                continue
            _replace(current[i], late, passed, x)
            if n < size:
                _put(reference[i], n - late, passed)
            else:
                _replace(reference[i], size - late, gone, passed)
            if n + 1 < size:
                continue
            bound[i] += step
            if bound[i] >= critical:
                bound[i] = _statistic(reference[i], current[i])
            alarms[i, t] = bound[i] >= critical


@kernel
def _put(ordered: Floats32, n: int, x: Real) -> None:
    """Put x among the first n, which are ascending."""
    k = n
    while k > 0 and ordered[k - 1] > x:
        ordered[k] = ordered[k - 1]
        k -= 1
    ordered[k] = x


@kernel
def _replace(ordered: Floats32, n: int, old: Real, new: Real) -> None:
    """Take one `old` out of n ascending values and put `new` in."""
    k = np.searchsorted(ordered[:n], old)
    while k + 1 < n and ordered[k + 1] < new:
        ordered[k] = ordered[k + 1]
        k += 1
    while k > 0 and ordered[k - 1] > new:
        ordered[k] = ordered[k - 1]
        k -= 1
    ordered[k] = new


@kernel
def _statistic(first: Floats32, second: Floats32) -> float:
    """The largest distance of two empirical distribution functions, of ascending samples."""
    n, m = len(first), len(second)
    i, j, largest = 0, 0, 0.0
    while i < n and j < m:
        x = min(first[i], second[j])
        while i < n and first[i] == x:
            i += 1
        while j < m and second[j] == x:
            j += 1
        largest = max(largest, abs(i / n - j / m))
    return largest


@kernel
def _statistics(reference: Floats32, current: Floats32, seen: Integers, found: Floats) -> None:
    for i in range(len(found)):
        if seen[i] >= reference.shape[1] + current.shape[1]:
            found[i] = _statistic(reference[i], current[i])
