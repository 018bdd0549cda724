"""Which series begin or end inside a window: a vanished series is news, and so is a new one."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.contracts.series import Matrix

_LEAST_EDGE = 2
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
    n, rows = values.shape
    if not n or not rows:
        none = np.zeros(n, dtype=bool)
        return Presence(none, none.copy())
    known = ~np.isnan(values)
    columns = np.arange(rows)
    first = np.where(known.any(axis=1), known.argmax(axis=1), rows)
    last = rows - 1 - known[:, ::-1].argmax(axis=1)
    before = np.maximum.accumulate(np.where(known, columns, -1), axis=1)[:, :-1]
    gaps = np.where(known[:, 1:] & (before >= 0), columns[1:] - before - 1, 0)
    usual = np.maximum(gaps.max(axis=1, initial=0), _LEAST_EDGE)
    there = first < rows
    return Presence(there & (first > usual), there & (rows - 1 - last > usual))
