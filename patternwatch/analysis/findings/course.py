"""The course of a series since it left its band: how far it went, where it is now, whether it came back."""

from dataclasses import dataclass

import numpy as np

from patternwatch.analysis.onset.bands import bands
from patternwatch.analysis.onset.own_onset import own_onsets
from patternwatch.analysis.scoring.deviations import DeviationStats
from patternwatch.compiled import Floats, Integers, kernel
from patternwatch.contracts.series import Matrix, Vector

_BACK = 0.05
"""Part of the way from which a series is back all the same: on a chart the rest is not seen. Judgement."""
_HALF = 0.5
"""Part of the way from which a series is never back, however wide its band: it has gone so far (`onset`)."""
_NOW_POINTS = 3
"""The last points, whose median is what the series is now; of one that recovered, all lie in the band."""
_CALM_POINTS = 10
"""Points in the band after which it has recovered, even where it was calm as long between two movements.

One that goes on and off every few points has not recovered because it happens to be off. Judgement."""


@dataclass(frozen=True, slots=True)
class Courses:
    """What N series did since their own onsets, shape (N,) each, values in their own units.

    onset    the row at which it left its band
    lowest   the least value since then
    highest  the largest one
    now      the median of the last three points
    back     the row from which on it is in its band to the end; -1 where it is not back
    """

    onset: Integers
    lowest: Vector
    highest: Vector
    now: Vector
    back: Integers


def courses(values: Matrix, split: int, earliest: int, moved: DeviationStats) -> Courses:
    """The courses of a batch, none of whose series is without a point.

    values    shape (N, T); NaN is a gap
    split     the report's onset; what lies before it is the baseline
    earliest  no own onset lies before this row
    moved     how far each moved from `split` on

    >>> from patternwatch.analysis.scoring.deviations import deviation_stats
    >>> times = np.arange(300)
    >>> spike = np.where((times >= 250) & (times < 255), 9.0, 1.0) + 0.1 * (times % 2)
    >>> step = np.where(times >= 250, 0.2, 1.0) + 0.1 * (times % 2)
    >>> values = np.array([spike, step])
    >>> found = courses(values, 240, 60, deviation_stats(values, 240))
    >>> found.onset.tolist(), found.back.tolist(), found.now.round(1).tolist()
    ([250, 250], [255, -1], [1.1, 0.3])
    >>> found.lowest.round(1).tolist(), found.highest.round(1).tolist()
    ([1.0, 0.2], [9.1, 0.3])
    """
    band = bands(values, split)
    onset = own_onsets(values, split, earliest, moved, band)
    since = np.where(np.arange(values.shape[1]) >= onset[:, None], values, np.nan)
    low = band.median - _tolerance(band.median - band.low, moved.distance)
    high = band.median + _tolerance(band.high - band.median, moved.distance)
    now, back = np.full(len(values), np.nan), np.full(len(values), -1, dtype=np.int64)
    _ends(since, low, high, now, back)
    return Courses(onset, np.fmin.reduce(since, axis=1), np.fmax.reduce(since, axis=1), now, back)


def _tolerance(width: Vector, way: Vector) -> Vector:
    """How far from the median a series is back: inside its band, but never half of its way off."""
    return np.asarray(np.clip(width, _BACK * way, _HALF * way))


@kernel
def _ends(since: Floats, low: Floats, high: Floats, now: Floats, back: Integers) -> None:
    """Fill what each series is now, and the row from which on it is back to the end.

    since  shape (N, T); NaN before the series' own onset
    """
    last = np.empty(_NOW_POINTS)
    for i in range(len(since)):
        n, calm, longest, began, left = 0, 0, 0, -1, False
        for t in range(since.shape[1]):
            value = since[i, t]
            if not np.isfinite(value):
                continue
            last[n % _NOW_POINTS] = value
            n += 1
            if low[i] <= value <= high[i]:
                began = t if calm == 0 else began
                calm += 1
            else:
                longest = max(longest, calm) if left else 0
                calm, left = 0, True
        if n:
            now[i] = np.median(last[: min(n, _NOW_POINTS)])
        if left and calm >= _NOW_POINTS and (calm > longest or calm >= _CALM_POINTS):
            back[i] = began
