"""Where a series itself began to move: the row at which it leaves its band.

The report's onset is one row for all series, and `DeviationStats.onset` is where a series has gone half of
its way: of a slow rise that is half the rise too late. Here the beginning is fitted: the movement up to
most of its way is a step, or a rise at an even pace from 0 on, whichever explains the innovations of the
series' own AR(1) model best (generalised least squares; noise that wanders is not taken for a beginning).
Source: G. Box, G. Tiao, "Intervention analysis with applications to economic and environmental problems"
(1975).
"""

from dataclasses import fields

import numpy as np

from patternwatch.analysis.onset.bands import Band, bands
from patternwatch.analysis.scoring.deviations import DeviationStats
from patternwatch.compiled import Floats, Integers, kernel
from patternwatch.contracts.series import Matrix
from patternwatch.detectors.base import Flags

_MAX_PHI = 0.98
"""Largest AR(1) coefficient: at 1 the level would no longer matter at all."""
_MOST = 0.8
"""Part of the way up to which the movement is fitted: the more of a rise is seen, the surer its beginning.

Chosen by `python -m benchmarks.onsets` among .5, .65 and .8: a step's beginning is found with any."""
_BEFORE = 3
"""Points before the row that was found, most of which lie outside of the band where it began earlier yet."""
_MAX_LEGS = 4
"""Movements in a row that are followed back to the first one; each costs one pass."""
_MIN_POINTS = 5
"""Points before the split that an AR(1) model needs."""


def own_onsets(values: Matrix, split: int, earliest: int, moved: DeviationStats, band: Band) -> Integers:
    """The row at which each series leaves its band, shape (N,).

    values    shape (N, T); NaN is a gap
    split     the report's onset: the AR(1) model is fitted before it
    earliest  no beginning lies before this row
    moved     how far each moved from `split` on
    band      between what each lay before it

    >>> from patternwatch.analysis.onset.bands import bands
    >>> from patternwatch.analysis.scoring.deviations import deviation_stats
    >>> times = np.arange(300)
    >>> values = np.array([np.clip(times - 250.0, 0.0, 40.0), np.where(times >= 260, 9.0, 0.0)])
    >>> values[:, :240:2] += 0.1
    >>> own_onsets(values, 240, 60, deviation_stats(values, 240), bands(values, 240)).tolist()
    [251, 260]
    """
    rows = moved.onset.astype(np.int64)
    _own_onsets(np.ascontiguousarray(values), split, earliest, moved.distance, band.low, band.high, rows)
    return rows


def begun_at(values: Matrix, row: int, moved: DeviationStats, flagged: Flags) -> Integers:
    """The row, `row` at least, at which each series began to move if the trouble began at `row`, shape (N,).

    values   shape (N, T); NaN is a gap
    moved    how far each moved from `row` on
    flagged  which of them moved at all, shape (N,): of the others it is where they were half-way

    >>> from patternwatch.analysis.scoring.deviations import deviation_stats
    >>> ramp = np.maximum(np.arange(300.0) - 240.0, 0.0)[None] + np.arange(300) % 2 / 10
    >>> moved = deviation_stats(ramp, 240)
    >>> moved.onset.tolist(), begun_at(ramp, 240, moved, np.array([True])).tolist()
    ([270], [241])
    """
    rows = moved.onset.astype(np.int64)
    later = np.flatnonzero(flagged & (rows > row + 1))
    if len(later):
        own = DeviationStats(*(getattr(moved, column.name)[later] for column in fields(moved)))
        rows[later] = own_onsets(values[later], row, row, own, bands(values[later], row))
    return rows


@kernel
def _own_onsets(
    values: Floats, split: int, earliest: int, way: Floats, low: Floats, high: Floats, rows: Integers
) -> None:
    """Replace the half-way rows by the rows of the beginnings; a gap is stepped over."""
    x, at = np.empty(values.shape[1]), np.empty(values.shape[1], np.int64)
    for i in range(len(values)):
        n, before, first, end = 0, 0, 0, -1
        for t in range(values.shape[1]):
            if values[i, t] == values[i, t]:
                x[n], at[n] = values[i, t], t
                before += t < min(split, rows[i])
                first += t < earliest
                if t <= rows[i]:
                    end = n
                n += 1
        if before < _MIN_POINTS or end < 0:
            continue
        centre, phi = _model(x, before)
        sign = 1.0 if x[end] >= centre else -1.0
        bar = (high[i] - centre) if sign > 0 else (centre - low[i])
        for t in range(n):
            x[t] = sign * (x[t] - centre)
        end = _most_of_the_way(x, end, n, bar, way[i])
        for _ in range(_MAX_LEGS):
            found = _beginning(x, phi, first, end)
            out = 0
            for t in range(max(found - _BEFORE, first), found):
                out += x[t] > bar
            if 2 * out <= _BEFORE:
                break
            end = found - 1
        rows[i] = at[found]


@kernel
def _most_of_the_way(x: Floats, half: int, n: int, bar: float, way: float) -> int:
    """The point from `half` on that went most of the way, or the farthest one before it is in the band."""
    farthest = half
    for t in range(half, n):
        if x[t] <= bar:
            break
        if x[t] > x[farthest]:
            farthest = t
        if x[t] >= _MOST * way:
            return t
    return farthest


@kernel
def _model(x: Floats, before: int) -> tuple[float, float]:
    """Median and AR(1) coefficient of the first `before` points."""
    centre = np.median(x[:before])
    top, bottom = 0.0, 0.0
    for t in range(1, before):
        top += (x[t] - centre) * (x[t - 1] - centre)
        bottom += (x[t - 1] - centre) ** 2
    return centre, min(max(top / bottom, 0.0), _MAX_PHI) if bottom > 0.0 else 0.0


@kernel
def _beginning(x: Floats, phi: float, first: int, end: int) -> int:
    """The point from `first` to `end` at which a step or an even rise up to `end` fits best."""
    best, found = 0.0, end
    plain, ramped = 0.0, 0.0
    for t in range(end, first - 1, -1):
        u = end - t + 1.0
        rest = 1.0 - phi
        e = x[t] - phi * x[t - 1] if t > 0 else x[t]
        step = e + rest * plain
        ramped += plain + e
        plain += e
        rise = rest * ramped + phi * plain
        step_size = 1.0 + (u - 1.0) * rest * rest
        rise_size = (
            rest * rest * u * (u + 1.0) * (2.0 * u + 1.0) / 6.0 + phi * rest * u * (u + 1.0) + phi * phi * u
        )
        gain = max(max(step, 0.0) ** 2 / step_size, max(rise, 0.0) ** 2 / rise_size)
        if gain > best:
            best, found = gain, t
    return found
