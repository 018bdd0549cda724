"""The Page-Hinkley test over N streams, with the alarms of `river.drift.PageHinkley`, sample by sample.

Source: E. Page, "Continuous inspection schemes" (1954).
"""

import numpy as np

from patternwatch.compiled import Flags, Floats, Integers, kernel
from patternwatch.detectors.banks.base import checked, per_series

_START = (0.0, 0.0, 0.0, 0.0, np.inf, -1.0)
"""Count, mean, both sums, the lowest of the first and the highest of the second. The last is River's."""


class PageHinkleyBank:
    """Alarms where a mean rises or falls for good.

    series         N
    min_instances  points before which there is no alarm
    delta          how much a mean may move, in units of the values
    threshold      how far the sum may go
    alpha          what is kept of the sums at each point

    >>> values = np.zeros((2, 100))
    >>> values[1, 60:] = 20.0
    >>> bank = PageHinkleyBank(2)
    >>> np.argwhere(bank.update(values)).tolist()
    [[1, 62]]
    """

    def __init__(
        self,
        series: int,
        *,
        min_instances: int = 30,
        delta: float = 0.005,
        threshold: float = 50.0,
        alpha: float = 1 - 0.0001,
    ) -> None:
        self._settings = float(min_instances), delta, threshold, alpha
        self._state = np.tile(np.array(_START), (series, 1))

    def update(self, columns: Floats) -> Flags:
        """See `Bank.update`."""
        values = checked(columns, len(self._state))
        alarms = np.zeros(values.shape, dtype=np.bool_)
        _update(values, self._state, alarms, *self._settings)
        return alarms

    def reset(self, rows: Integers) -> None:
        """See `Bank.reset`."""
        self._state[rows] = _START

    @property
    def bytes_per_series(self) -> float:
        """See `Bank.bytes_per_series`."""
        return per_series(self._state)


@kernel
def _update(
    values: Floats,
    state: Floats,
    alarms: Flags,
    least: float,
    delta: float,
    threshold: float,
    alpha: float,
) -> None:
    for i in range(len(values)):
        n, mean, rise, fall, lowest, highest = state[i]
        for t in range(values.shape[1]):
            x = values[i, t]
            if np.isnan(x):
                continue
            n += 1.0
            mean += (1.0 / n) * (x - mean)
            off = x - mean
            rise = alpha * rise + off - delta
            fall = alpha * fall + off + delta
            lowest, highest = min(lowest, rise), max(highest, fall)
            if n >= least and (rise - lowest > threshold or highest - fall > threshold):
                alarms[i, t] = True
                n, mean, rise, fall, lowest, highest = 0.0, 0.0, 0.0, 0.0, np.inf, -1.0
        state[i, 0], state[i, 1], state[i, 2] = n, mean, rise
        state[i, 3], state[i, 4], state[i, 5] = fall, lowest, highest
