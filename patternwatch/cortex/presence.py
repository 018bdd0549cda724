"""Which series begin or end inside a window: a vanished series is news, and so is a new one."""

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from patternwatch.contracts.series import Matrix

_MIN_EDGE = 2
"""Missing rows at an edge that are too few to say anything: a scrape that is late or under way."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Of N series, those that appeared after the window's start and those that vanished before its end."""

    appeared: npt.NDArray[np.bool_]
    vanished: npt.NDArray[np.bool_]


def presence(values: Matrix) -> Presence:
    """Tell by the gaps at both edges of an array of shape (N, T), NaN where there is no point.

    A gap at an edge counts where it is longer than every gap between two points of the same series (one
    that is scraped every fourth step has gaps of three rows all along) and than two rows.
    """
    found = Presence(np.zeros(len(values), dtype=np.bool_), np.zeros(len(values), dtype=np.bool_))
    _edges(np.ascontiguousarray(values), found.appeared, found.vanished)
    return found


@numba.njit(cache=True, nogil=True)
def _edges(values, appeared, vanished):  # type: ignore[no-untyped-def]
    n_series, rows = values.shape
    for i in range(n_series):
        first, last, usual = -1, -1, _MIN_EDGE
        for t in range(rows):
            if values[i, t] == values[i, t]:
                if last < 0:
                    first = t
                else:
                    usual = max(usual, t - last - 1)
                last = t
        appeared[i] = first > usual
        vanished[i] = last >= 0 and rows - 1 - last > usual
