"""What a figure had in the other blocks of a week."""

import numpy as np
import pytest

from patternwatch.watch.history.week_of_maxima import HOUR_ROWS, WEEK_ROWS, WeekOfMaxima

NOBODY = np.array([False])


def week_with(peak_row: int, rows: int) -> WeekOfMaxima:
    """A week and some rows of small values, but for a peak of five minutes."""
    hours, values = WeekOfMaxima(parts=250, block_rows=HOUR_ROWS), np.full(rows, 0.1, dtype=np.float32)
    hours.fit(1)
    values[peak_row : peak_row + 10] = 0.8
    for first in range(0, rows, 10):
        hours.keep(first + 9, values[None, first : first + 10], NOBODY)
    return hours


@pytest.mark.parametrize(("later", "past"), [(-HOUR_ROWS, 0.1), (0, 0.8), (HOUR_ROWS, 0.1)])
def test_what_comes_every_week_at_its_hour_is_no_incident(later: int, past: float) -> None:
    peak = 5 * HOUR_ROWS
    assert week_with(peak, peak + WEEK_ROWS + later + 60).past.tolist() == pytest.approx([past], abs=0.01)
