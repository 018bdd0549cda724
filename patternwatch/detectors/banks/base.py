"""What every bank does, and the check of what it is given."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Flags, Floats, Integers


class Bank(Protocol):
    """A detector over N streams.

    >>> class Negative:
    ...     bytes_per_series = 0.0
    ...     def update(self, columns):
    ...         return columns < 0
    ...     def reset(self, rows):
    ...         pass
    >>> Negative().update(np.array([[1.0, -1.0]])).tolist()
    [[False, True]]
    """

    def update(self, columns: Floats) -> Flags:
        """Take in new columns, shape (N, C); the alarms, shape (N, C). Raises ValueError for another N."""
        ...

    def reset(self, rows: Integers) -> None:
        """Forget what these series have shown."""
        ...

    @property
    def bytes_per_series(self) -> float:
        """Bytes that one series takes."""
        ...


def checked(columns: npt.ArrayLike, series: int) -> Floats:
    """The columns as float64, shape (N, C); raises ValueError where they are not of N series.

    >>> checked([[1.0], [2.0]], 2).shape
    (2, 1)
    >>> checked([1.0], 2)
    Traceback (most recent call last):
    ...
    ValueError: columns of shape (1,) for a bank of 2 series: give (2, C)
    """
    array = np.ascontiguousarray(columns, dtype=np.float64)
    if array.ndim != 2 or len(array) != series:
        raise ValueError(f"columns of shape {array.shape} for a bank of {series} series: give ({series}, C)")
    return array


def per_series(*arrays: npt.NDArray[np.generic]) -> float:
    """Bytes of these arrays by series, which is their first axis.

    >>> per_series(np.zeros((2, 3)), np.zeros(2))
    32.0
    """
    return sum(array.nbytes for array in arrays) / max(len(arrays[0]), 1)


def alarm_points(bank: Bank, before: Floats, after: Floats) -> list[int]:
    """Points of `after`, from 1, at which a bank of one stream alarms that is fed `before` first.

    >>> from patternwatch.detectors.banks.adwin import AdwinBank
    >>> alarm_points(AdwinBank(1), np.zeros(200), np.full(60, 5.0))
    [24]
    """
    alarms = bank.update(np.concatenate([before, after])[None, :])
    return [int(point) + 1 for point in np.flatnonzero(alarms[0, len(before) :])]
