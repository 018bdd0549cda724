"""ADWIN over N streams, with the alarms of `river.drift.ADWIN`, sample by sample.

The window of a stream is a ladder of buckets: rung i holds up to MAX_BUCKETS of them, each the sum and the
variance of 2**i points, the oldest first. A sixth merges the two oldest into one of the rung above. At every
`clock`-th point each cut between two buckets is tried, from the oldest on; where the means on its two sides
differ by more than chance, the oldest bucket goes, and the cuts are tried again.

Source: A. Bifet, R. Gavalda, "Learning from time-changing data with adaptive windowing" (2007).
"""

import math

import numpy as np

from patternwatch.compiled import Bytes, Flags, Floats, Integers, kernel
from patternwatch.detectors.banks.base import checked, per_series

MAX_BUCKETS = 5
RUNGS = 13
"""Of the ladder: 40,955 points, two weeks of 30 s. Beyond that the oldest bucket is forgotten, where River's
goes on growing."""
_WIDTH, _TOTAL, _VARIANCE, _TICKS, _ALARMED = range(5)


class AdwinBank:
    """Alarms where the mean of a window is not that of its end.

    series         N
    delta          chance of a false alarm at a cut
    clock          points between two looks
    min_window     points on either side of a cut
    grace_period   points before the first look

    >>> values = np.random.default_rng(0).normal(size=(2, 400))
    >>> values[1, 200:] += 5.0
    >>> bank = AdwinBank(2)
    >>> np.argwhere(bank.update(values)).tolist()
    [[1, 223]]
    """

    def __init__(
        self,
        series: int,
        *,
        delta: float = 0.002,
        clock: int = 32,
        min_window: int = 5,
        grace_period: int = 10,
    ) -> None:
        self._delta, self._clock = delta, clock
        self._min_window, self._grace = float(min_window), float(grace_period)
        self._totals = np.zeros((series, RUNGS, MAX_BUCKETS))
        self._variances = np.zeros((series, RUNGS, MAX_BUCKETS))
        self._counts = np.zeros((series, RUNGS), dtype=np.uint8)
        self._state = np.zeros((series, 5))

    def update(self, columns: Floats) -> Flags:
        """See `Bank.update`."""
        values = checked(columns, len(self._state))
        alarms = np.zeros(values.shape, dtype=np.bool_)
        _update(
            values, self._totals, self._variances, self._counts, self._state, alarms,
            self._delta, self._clock, self._min_window, self._grace,
        )  # fmt: skip
        return alarms

    def reset(self, rows: Integers) -> None:
        """See `Bank.reset`."""
        for array in (self._totals, self._variances, self._counts, self._state):
            array[rows] = 0

    @property
    def bytes_per_series(self) -> float:
        """See `Bank.bytes_per_series`."""
        return per_series(self._totals, self._variances, self._counts, self._state)


@kernel
def _update(
    values: Floats,
    totals: Floats,
    variances: Floats,
    counts: Bytes,
    state: Floats,
    alarms: Flags,
    delta: float,
    clock: int,
    least: float,
    grace: float,
) -> None:
    for i in range(len(values)):
        total, variance, count, own = totals[i], variances[i], counts[i], state[i]
        for t in range(values.shape[1]):
            x = values[i, t]
            if np.isnan(x):
                continue
            if own[_ALARMED]:  # River's begins anew after a drift
                count[:] = 0
                own[:] = 0.0
            _insert(x, total, variance, count, own)
            own[_TICKS] += 1.0
            if own[_TICKS] % clock == 0.0 and own[_WIDTH] > grace:
                while _cut(total, variance, count, own, delta, least):
                    own[_ALARMED] = 1.0
                    alarms[i, t] = True


@kernel
def _insert(x: float, total: Floats, variance: Floats, count: Bytes, own: Floats) -> None:
    """A new point at the lower end; full rungs pass their two oldest buckets on."""
    own[_WIDTH] += 1.0
    width = own[_WIDTH]
    if width > 1.0:
        off = x - own[_TOTAL] / (width - 1.0)
        own[_VARIANCE] += (width - 1.0) * off * off / width
    own[_TOTAL] += x
    came, spread = x, 0.0
    for rung in range(RUNGS):
        if count[rung] < MAX_BUCKETS:
            total[rung, count[rung]], variance[rung, count[rung]] = came, spread
            count[rung] += 1
            return
        if rung == RUNGS - 1:
            _forget(rung, total, variance, count, own)
            total[rung, count[rung]], variance[rung, count[rung]] = came, spread
            count[rung] += 1
            return
        n = 2.0**rung
        off = total[rung, 0] / n - total[rung, 1] / n
        merged = total[rung, 0] + total[rung, 1]
        merged_spread = variance[rung, 0] + variance[rung, 1] + n * n * off * off / (n + n)
        for k in range(2, MAX_BUCKETS):
            total[rung, k - 2], variance[rung, k - 2] = total[rung, k], variance[rung, k]
        total[rung, MAX_BUCKETS - 2], variance[rung, MAX_BUCKETS - 2] = came, spread
        count[rung] = MAX_BUCKETS - 1
        came, spread = merged, merged_spread


@kernel
def _cut(total: Floats, variance: Floats, count: Bytes, own: Floats, delta: float, least: float) -> bool:
    """Whether some cut shows a change; the oldest bucket is forgotten then."""
    top = RUNGS - 1
    while top > 0 and count[top] == 0:
        top -= 1
    n0, n1, u0, u1 = 0.0, own[_WIDTH], 0.0, own[_TOTAL]
    for rung in range(top, -1, -1):
        n = 2.0**rung
        for k in range(count[rung]):
            n0, n1, u0, u1 = n0 + n, n1 - n, u0 + total[rung, k], u1 - total[rung, k]
            if rung == 0 and k == count[rung] - 1:
                return False
            if n0 >= least and n1 >= least and abs(u0 / n0 - u1 / n1) > _bound(n0, n1, own, delta, least):
                _forget(top, total, variance, count, own)
                return True
    return False


@kernel
def _bound(n0: float, n1: float, own: Floats, delta: float, least: float) -> float:
    """How far two means differ by chance."""
    sure = math.log(2 * math.log(own[_WIDTH]) / delta)
    few = 1.0 / (n0 - least + 1) + 1.0 / (n1 - least + 1)
    return math.sqrt(2 * few * (own[_VARIANCE] / own[_WIDTH]) * sure) + 2 / 3 * sure * few


@kernel
def _forget(top: int, total: Floats, variance: Floats, count: Bytes, own: Floats) -> None:
    """The oldest bucket goes."""
    n, sum_, spread = 2.0**top, total[top, 0], variance[top, 0]
    own[_WIDTH] -= n
    own[_TOTAL] -= sum_
    off = sum_ / n - own[_TOTAL] / own[_WIDTH]
    own[_VARIANCE] -= spread + n * own[_WIDTH] * off * off / (n + own[_WIDTH])
    for k in range(1, count[top]):
        total[top, k - 1], variance[top, k - 1] = total[top, k], variance[top, k]
    count[top] -= 1
