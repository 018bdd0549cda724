"""What came near its limit, and what lies there all the time."""

from dataclasses import replace

import numpy as np
import pytest

from patternwatch.analysis.metrics.used_up import used_up
from patternwatch.analysis.scoring.deviations import deviation_stats
from patternwatch.analysis.scoring.limits_reached import Limits, newly_full, reach_limits
from patternwatch.analysis.scoring.scores import score_breakdown
from patternwatch.contracts.series import Vector
from patternwatch.contracts.severity import CLEAR_SCORE
from patternwatch.detectors import Detection

LIMIT, SPLIT, ROWS = 100.0, 240, 300
ROW = np.arange(ROWS)


@pytest.mark.parametrize(
    ("before", "after", "is_used_up"),
    [
        (40.0, 94.0, True),
        (40.0, 89.0, False),  # more than a tenth is left
        (80.0, 91.0, True),
        (88.0, 93.0, False),  # it lay near its limit before
        (88.0, 99.0, True),  # and of the rest hardly anything is left
        (100.0, 100.0, False),
        (94.0, 40.0, False),
        (40.0, 108.0, True),  # enforced late
        (40.0, 400.0, False),  # not its limit
    ],
)
def test_how_much_is_left(before: float, after: float, is_used_up: bool) -> None:
    found = used_up(np.array([before]), np.array([after]), np.array([LIMIT]))
    assert found.tolist() == [is_used_up]


def test_without_a_limit_nothing_is_used_up() -> None:
    assert used_up(np.array([1.0]), np.array([99.0]), np.array([np.nan])).tolist() == [False]


def test_a_heap_that_is_full_for_a_moment_is_not_used_up() -> None:
    collected = 40.0 + 55.0 * (ROW >= SPLIT) * (ROW % 10 == 9)  # full in one row of ten
    kept = 40.0 + 55.0 * (ROW >= SPLIT)
    moved = deviation_stats(np.array([collected, kept]), SPLIT)
    assert reach_limits(moved, Limits.constant(np.full(2, LIMIT))).tolist() == [False, True]


def test_what_filled_up_before_the_row_is_newly_full_and_a_batch_is_not() -> None:
    ramp = np.clip(40.0 + 3.0 * (ROW - 225.0), 40.0, 98.0)
    batch = np.where(ROW % 40 < 12, 98.0, 40.0)
    values = np.array([ramp, batch])
    moved = deviation_stats(values, SPLIT)
    both, of_batch = Limits.constant(np.full(2, LIMIT)), Limits.constant(np.array([np.nan, LIMIT]))
    assert reach_limits(moved, both).tolist() == [True, True]
    assert newly_full(values, SPLIT, moved, both).tolist() == [True, False]
    assert newly_full(values, SPLIT, moved, of_batch).tolist() == [False, False]


def score(values: Vector, limit: float) -> float:
    moved = replace(deviation_stats(values[None], SPLIT), onset=np.array([SPLIT]))
    flagged = Detection(np.ones(1), np.ones(1, dtype=bool))
    of = (moved, np.zeros(1), flagged, ["saturation"], SPLIT, ROWS, np.ones(1), np.ones_like, ["busy"], 1.0)
    return float(score_breakdown(*of, values[None, :SPLIT], Limits.constant(np.array([limit]))).scores[0])


@pytest.mark.parametrize("rows_before", [5, 20, 40])
def test_what_fills_since_before_the_alert_is_as_clear(rows_before: int) -> None:
    rising = np.clip(40.0 + 58.0 / rows_before * (ROW - (SPLIT - rows_before)), 40.0, 98.0)
    assert score(rising, LIMIT) >= CLEAR_SCORE
    assert score(rising, np.nan) < CLEAR_SCORE - 0.5


def test_it_is_measured_by_what_it_comes_back_from() -> None:
    swings = 40.0 + 40.0 * (ROW % 30 < 10) * (ROW < SPLIT) + 55.0 * (ROW >= SPLIT)
    assert score(swings, LIMIT) < CLEAR_SCORE - 1.5
