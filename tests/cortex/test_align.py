"""Samples onto the grid, against the definition sample by sample."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from patternwatch.contracts.series import Window
from patternwatch.cortex.align import align
from patternwatch.cortex.raw import ragged

WINDOW = Window(start_ms=1_000, split_ms=1_100, end_ms=1_300, step_ms=50)


@given(st.lists(st.lists(st.integers(800, 1_500), unique=True, max_size=30).map(sorted), max_size=4))
@settings(deadline=None)
def test_each_step_holds_its_last_sample_and_gaps_stay_gaps(series: list[list[int]]) -> None:
    raw = ragged(
        [{"n": str(i)} for i in range(len(series))],
        ["gauge"] * len(series),
        [np.array(times, dtype=np.int64) for times in series],
        [np.array(times, dtype=np.float64) / 7 for times in series],
    )
    grid = align(raw, WINDOW)
    assert grid.values.shape == grid.stamps.shape == (len(series), WINDOW.rows + 1)
    for i, times in enumerate(series):
        for row in range(WINDOW.rows + 1):
            until = WINDOW.start_ms + (row - 1) * WINDOW.step_ms
            inside = [t for t in times if until - WINDOW.step_ms < t <= until]
            last = inside[-1] if inside else 0
            assert grid.stamps[i, row] == last
            np.testing.assert_equal(grid.values[i, row], last / 7 if inside else np.nan)
