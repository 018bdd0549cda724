"""How far each series lies from a level since a row, in one pass over its values."""

from typing import NamedTuple

import numpy as np

from patternwatch.compiled import Floats, kernel
from patternwatch.detectors.order_statistics import nth_in_place


class OffsetsSince(NamedTuple):
    """What `offsets_since` fills, shape (N,) each.

    farthest  row of the value that is farthest from the level; the row itself where none is off it
    lowest, highest  offsets, at most and at least 0
    usual     the quantile of the distances; 0 without a point
    onset     first row where the series is as large a part of the farthest away
    moved     how many values are off the level
    """

    farthest: Floats
    lowest: Floats
    highest: Floats
    usual: Floats
    onset: Floats
    moved: Floats


@kernel
def offsets_since(
    values: Floats, row: int, level: Floats, usual_quantile: float, moved_part: float, out: Floats
) -> None:
    """Fill `OffsetsSince` of N series, shape (6, N).

    values          shape (N, T); NaN is a gap
    level           of each, shape (N,)
    usual_quantile  of the distances, by linear interpolation
    moved_part      of the farthest distance, from which on a series has moved

    >>> out = np.empty((6, 1))
    >>> offsets_since(np.array([[1.0, 1.0, 4.0, 0.0]]), 1, np.ones(1), 0.5, 0.5, out)
    >>> OffsetsSince(*out[:, 0].tolist())
    OffsetsSince(farthest=2.0, lowest=-1.0, highest=3.0, usual=1.0, onset=2.0, moved=2.0)
    """
    rows = values.shape[1]
    distances = np.empty(rows - row)
    for i in range(len(values)):
        own, points, moved = level[i], 0, 0
        lowest, highest, farthest, at = 0.0, 0.0, 0.0, row
        for t in range(row, rows):
            offset = values[i, t] - own
            distance = abs(offset)
            if np.isnan(distance):
                continue
            distances[points] = distance
            points += 1
            moved += distance > 0.0
            lowest, highest = min(lowest, offset), max(highest, offset)
            if distance > farthest:
                farthest, at = distance, t
        onset = row
        while farthest > 0.0 and not abs(values[i, onset] - own) >= moved_part * farthest:
            onset += 1
        out[0, i], out[1, i], out[2, i] = at, lowest, highest
        out[3, i] = _quantile(distances, points, usual_quantile) if points else 0.0
        out[4, i], out[5, i] = onset, moved


@kernel
def _quantile(values: Floats, count: int, q: float) -> float:
    """The linear quantile of the first `count` values, at least 1; it changes their order."""
    position = (count - 1.0) * q
    below = int(position)
    low = nth_in_place(values, count, below)
    high = low if below + 1 == count else values[below + 1]
    for k in range(below + 2, count):
        high = min(high, values[k])
    weight = position - below
    return float(low * (1.0 - weight) + high * weight)
