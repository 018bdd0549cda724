"""The bar from a budget: what a quiet history keeps to, within bounds."""

import pytest

from patternwatch.watch.episodes.bar import DEFAULT_BAR, HIGHEST_BAR, LOWEST_BAR, MARGIN, WEEK_MS, QuietPeaks

HOUR_MS = 3_600_000


def peaks_of(heights: list[float], budget: float = 1.0) -> QuietPeaks:
    """A peak an hour, over a week that is otherwise still."""
    peaks = QuietPeaks(budget)
    for minute in range(7 * 24 * 60 + 1):
        hour, rest = divmod(minute, 60)
        peaks.add(60_000 * minute, heights[hour] if rest == 0 and hour < len(heights) else 0.0)
    return peaks


@pytest.mark.parametrize(
    ("heights", "budget", "bar"),
    [
        ([9.0, 8.5, 7.0], 1.0, DEFAULT_BAR),
        ([9.0, 8.5, 7.0], 0.0, 9.0 + MARGIN),
        ([9.0, 8.5, 7.0], 2.0, 8.5 + MARGIN),
        ([9.0, 8.5, 7.0], 3.0, 7.0 + MARGIN),
        ([5.0, 4.0], 1.0, LOWEST_BAR),
        ([40.0, 30.0, 8.0, 7.5], 1.0, 8.0 + MARGIN),
        ([9.9, 9.9], 1.0, HIGHEST_BAR),
        ([], 1.0, LOWEST_BAR),
    ],
)
def test_the_lowest_bar_that_keeps_to_the_budget(heights: list[float], budget: float, bar: float) -> None:
    assert peaks_of(heights, budget).bar == pytest.approx(bar)


def test_one_long_peak_is_one_opening() -> None:
    peaks = QuietPeaks(budget=1.0)
    for minute in range(7 * 24 * 60 + 1):
        peaks.add(60_000 * minute, 9.0 + minute / 1000 if minute < 300 else 0.0)
    assert peaks.bar == DEFAULT_BAR


def test_what_is_older_than_a_week_is_forgotten() -> None:
    peaks = peaks_of([9.5, 9.5, 9.5])
    assert peaks.bar == 9.5 + MARGIN
    for hour in range(1, 24 * 7):
        peaks.add(WEEK_MS + hour * HOUR_MS, 4.0)
    assert peaks.bar == LOWEST_BAR


def test_a_short_history_lowers_the_bar_where_the_budget_is_large_and_raises_it_at_once() -> None:
    peaks = QuietPeaks(budget=1.0)
    assert peaks.bar == DEFAULT_BAR
    for minute in range(24 * 60 + 1):
        peaks.add(60_000 * minute, 0.0)
    assert peaks.bar == DEFAULT_BAR  # a seventh of an opening is none
    peaks.budget = 14.0
    assert peaks.bar == pytest.approx(DEFAULT_BAR - (DEFAULT_BAR - LOWEST_BAR) / 7)
    peaks.budget = 1.0
    peaks.add(24 * HOUR_MS + 60_000, 9.5)
    assert peaks.bar == DEFAULT_BAR  # one is within the budget, were it noise
    peaks.add(25 * HOUR_MS, 9.0)
    assert peaks.bar == 9.0 + MARGIN
