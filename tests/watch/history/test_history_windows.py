"""What a watch learns from covers its history once, the older part coarsely, in pieces of a bounded size."""

from itertools import pairwise

import pytest

from patternwatch.watch.history.history_windows import (
    COARSE_STEP_MS,
    DAY_MS,
    MAX_PIECE_SAMPLES,
    MIN_PIECE_ROWS,
    history_windows,
)

STEP = 30_000
NOW = 1_760_000_010_000


@pytest.mark.parametrize("series", [0, 500, 10_000, 100_000, 5_000_000])
@pytest.mark.parametrize("days", [7.0, 1.0, 0.2])
def test_the_pieces_follow_each_other_and_are_small(series: int, days: float) -> None:
    from_ms = NOW - round(days * DAY_MS)
    windows = history_windows(from_ms, NOW, STEP, series)
    assert windows[0].start_ms - from_ms < COARSE_STEP_MS
    assert NOW - 2 * STEP <= windows[-1].end_ms < NOW
    for one, other in pairwise(windows):
        assert 0 < other.start_ms - one.end_ms <= max(one.step_ms, other.step_ms)
        assert one.step_ms >= other.step_ms
    for window in windows:
        length_rows = (window.end_ms - window.start_ms) // STEP
        assert length_rows <= MIN_PIECE_ROWS or length_rows * series <= MAX_PIECE_SAMPLES
    fine = [w for w in windows if w.step_ms == STEP]
    assert fine[0].start_ms - max(from_ms, NOW - DAY_MS) <= COARSE_STEP_MS
    assert (fine == windows) == (days <= 1)


def test_a_step_as_coarse_as_that_is_read_at_the_step_throughout() -> None:
    assert {w.step_ms for w in history_windows(NOW - 7 * DAY_MS, NOW, 600_000, 100)} == {600_000}


@pytest.mark.parametrize("step_ms", [7_000, 15_000, 45_000, 299_000])
def test_a_coarse_row_stands_for_whole_rows_at_the_step(step_ms: int) -> None:
    coarse = history_windows(NOW - 7 * DAY_MS, NOW, step_ms, 100)[0].step_ms
    assert coarse % step_ms == 0
    assert COARSE_STEP_MS <= coarse < COARSE_STEP_MS + step_ms


@pytest.mark.parametrize("length_ms", [-STEP, 0, STEP])
def test_where_there_is_no_history_nothing_is_read(length_ms: int) -> None:
    assert history_windows(NOW - length_ms, NOW, STEP, 100) == []
