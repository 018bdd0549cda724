"""When a single series opens, and whether that was right: rows, labelled stretches, false ones a day."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

QUIET_ROWS = 15
"""Rows without a sign after which the next one opens anew."""
LATE_ROWS = 5
"""An opening so many rows behind the end of a labelled stretch still belongs to it."""
FALSE_A_DAY = 0.05
"""False openings a series and day at which methods are compared."""

Rows = npt.NDArray[np.float64]
Marks = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Watched:
    """What a method says of one series.

    strength   float64, shape (T,): how sure it is in each row, higher is surer; 0 or less: not at all
    labels     int8, shape (T,): 1 abnormal, 0 normal, anything else: nobody knows, and nothing counts there
    judged     the first row that counts
    a_day      rows of one day
    """

    strength: Rows
    labels: Marks
    judged: int
    a_day: float


@dataclass(frozen=True, slots=True)
class Rate:
    """Of all series: false openings a series and day, and the part of the labelled stretches caught."""

    bar: float
    false_a_day: float
    caught: float


def stretches_of(labels: Marks) -> list[tuple[int, int]]:
    """First row and end of each stretch of 1.

    >>> stretches_of(np.array([0, 1, 1, 0, 1], dtype=np.int8))
    [(1, 3), (4, 5)]
    """
    edges = np.diff(np.concatenate([[0], (labels == 1).astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))


def opened_at(strength: Rows, bar: float) -> npt.NDArray[np.int64]:
    """Rows that open: at the bar, after `QUIET_ROWS` below it.

    >>> opened_at(np.array([0.0, 5, 5, 0, 5] + [0] * 20 + [5.0]), 5.0).tolist()
    [1, 25]
    """
    rows = np.flatnonzero(strength >= bar)
    return rows[np.diff(rows, prepend=-QUIET_ROWS - 1) > QUIET_ROWS]


def rate_at(series: Sequence[Watched], bar: float) -> Rate:
    """Both rates where every series opens at this bar."""
    false, caught, stretches, days = 0, 0, 0, 0.0
    for one in series:
        opened = opened_at(one.strength[one.judged :], bar) + one.judged
        known = np.isin(one.labels, (0, 1))
        belongs = np.zeros(len(known), dtype=bool)
        for begin, end in stretches_of(one.labels):
            belongs[begin : end + LATE_ROWS] = True
            if begin >= one.judged:
                stretches += 1
                caught += bool(((opened >= begin) & (opened < end + LATE_ROWS)).any())
        false += int((~belongs & known)[opened].sum())
        days += float(known[one.judged :].sum()) / one.a_day
    return Rate(bar, false / max(days, 1e-9), caught / max(stretches, 1))


def at_false_rate(series: Sequence[Watched], bars: Sequence[float], false_a_day: float = FALSE_A_DAY) -> Rate:
    """The best of these bars with at most so many false openings a series and day; none is caught without."""
    rates = [rate_at(series, bar) for bar in bars]
    allowed = [rate for rate in rates if rate.false_a_day <= false_a_day]
    return max(allowed, key=lambda rate: rate.caught, default=Rate(np.inf, 0.0, 0.0))


def bars_of(series: Sequence[Watched], number: int = 60) -> list[float]:
    """Bars worth trying: from what most rows stay below up to the highest of all."""
    positive = np.concatenate([one.strength[one.judged :] for one in series])
    positive = positive[positive > 0]
    if not len(positive):
        return []
    parts = 1 - np.logspace(-0.3, -np.log10(max(len(positive), 10)), number)
    return sorted({float(bar) for bar in np.quantile(positive, parts)} | {float(positive.max())})
