"""Offsets since a row are those that numpy gives, with gaps, ties and rows without a point."""

import numpy as np
import pytest

from patternwatch.analysis.scoring.offsets import OffsetsSince, offsets_since


@pytest.mark.parametrize("row", [0, 30, 59])
def test_offsets_are_those_of_numpy(row: int) -> None:
    rng = np.random.default_rng(row)
    values = rng.normal(5.0, 3.0, size=(60, 60)).round(1)
    values[rng.random(values.shape) < rng.random((60, 1))] = np.nan
    values[::7, row:], values[1::7] = np.nan, 5.0
    level, seen = np.full(60, 5.0), np.empty((6, 60))
    level[2] = np.nan

    offsets_since(values, row, level, 0.8, 0.5, seen)

    since = OffsetsSince(*seen)
    for i, own in enumerate(values[:, row:] - level[:, None]):
        points, closed = own[np.isfinite(own)], np.nan_to_num(own)
        distance = np.abs(closed).max()
        assert since.farthest[i] == row + np.abs(closed).argmax()
        assert (since.lowest[i], since.highest[i]) == (min(closed.min(), 0.0), max(closed.max(), 0.0))
        assert since.usual[i] == pytest.approx(np.quantile(np.abs(points), 0.8) if len(points) else 0.0)
        assert since.onset[i] == row + np.argmax(np.abs(closed) >= 0.5 * distance)
        assert since.moved[i] == np.count_nonzero(closed)
