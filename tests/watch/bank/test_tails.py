"""Tails and statistics against slow twins and values worked out by hand."""

import numpy as np
import pytest

from patternwatch.watch.bank.scores import score_of
from patternwatch.watch.bank.statistics import FIRST_BRIEF, STATISTICS, statistics_at
from patternwatch.watch.bank.tails import LEAST_BLOCKS, ZERO, encoded, rarity_of, tail_of, usual_at

DAY = 48


def tail(maxima: list[int], block: int | None = None) -> tuple[int, int, float, int]:
    """The tail of these maxima, oldest first."""
    kept = np.zeros(336, dtype=np.uint8)
    block = len(maxima) if block is None else block
    for back, value in enumerate(reversed(maxima[-336:]), start=1):
        kept[(block - back) % 336] = value
    known = min(len(maxima), 336)
    bins, habit = np.zeros(256, dtype=np.int64), np.zeros(DAY, dtype=np.uint8)
    threshold, over, excess, count = tail_of(kept, block, known, DAY, bins, habit)
    return int(threshold), int(over), float(excess), int(count)


def slow_tail(maxima: list[int]) -> tuple[int, int, float, int]:
    """The same without bins, for histories without habits."""
    ordered = sorted(maxima)
    kept = ordered[: max(len(ordered) - round(0.05 * len(ordered)), min(len(ordered), LEAST_BLOCKS))]
    wanted = min(max(3, round(1.2 * len(kept) ** 0.5)), len(kept) - 1)
    threshold = kept[-1 - wanted]
    beyond = [value for value in kept if value > threshold]
    base = threshold or (min(beyond) if beyond else 0)
    return threshold, len(beyond), float(sum(value - base for value in beyond)), len(kept)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("number", [8, 30, 90])
def test_a_tail_is_what_its_slow_twin_says(seed: int, number: int) -> None:
    rng = np.random.default_rng(seed)
    maxima = (rng.gumbel(90, 8, number) * (rng.random(number) < 0.6 + 0.4 * (seed % 2))).astype(int).tolist()
    assert tail(maxima) == slow_tail(maxima)
    assert tail(maxima, block=1_000_003) == slow_tail(maxima)


def test_hours_that_are_high_every_day_are_left_out() -> None:
    rng = np.random.default_rng(0)
    maxima = rng.integers(80, 90, 7 * DAY)
    batch = maxima.copy()
    batch[np.arange(7 * DAY) % DAY == 4] = 150
    assert tail(batch.tolist())[0] < 90
    once = maxima.copy()
    once[4 * DAY : 4 * DAY + 40] = 150  # most of a day, once
    assert tail(once.tolist())[0] == 150


@pytest.mark.parametrize(
    ("days", "high_on", "expected"),
    [(0, [], 0), (1, [1], 120), (3, [1], 0), (3, [1, 2], 120), (7, [7], 120), (7, [6], 0)],
)
def test_the_usual_of_an_hour_is_the_median_day_and_the_day_a_week_ago(
    days: int, high_on: list[int], expected: int
) -> None:
    maxima, block = np.zeros(336, dtype=np.uint8), 10_000
    for day in high_on:
        maxima[(block - day * DAY) % 336] = 120
    assert usual_at(maxima, block, days * DAY, DAY) == expected


@pytest.mark.parametrize(
    ("high", "times"),
    [([], 0), ([3], 0), ([3, 4, 5], 0), ([3, 9], 2), ([3, 4, 9, 335], 3), ([9, 340], 0)],
)
def test_what_happened_twice_is_as_rare_as_it_was(high: list[int], times: int) -> None:
    maxima, block = np.zeros(336, dtype=np.uint8), 10_000
    for back in high:
        maxima[(block - 1 - back) % 336] = 120 if back < 336 else 0
    rarity = rarity_of(maxima, block, 400, 119.5)
    assert rarity == (pytest.approx(np.log10(336 * 60 / times)) if times else np.inf)
    assert rarity_of(maxima, block, 400, 121.0) == np.inf


def test_sizes_are_twelfths_of_an_octave_of_the_scale() -> None:
    assert [encoded(size, 2.0) for size in (2.0, 4.0, 1.0, 0.0, 1e30)] == [100.0, 112.0, 88.0, 0.0, 255.0]


def found_at(
    ring: list[float], at: int, level: float = 0.0, *, held: bool = False, new: int = 2
) -> list[float] | None:
    """The statistics at a column, or None."""
    found, buffer = np.empty(STATISTICS, dtype=np.float32), np.empty(36, dtype=np.float32)
    values, ranks = np.array([ring], dtype=np.float32), np.empty(36, dtype=np.int32)
    is_found = statistics_at(values, 0, at, new, np.float32(level), held, 30.0, found, buffer, ranks)
    return found.tolist() if is_found else None


def test_statistics_of_a_step_two_rows_ago() -> None:
    rows = [1.0] * 60 + [5.0, 4.0]
    assert found_at(rows, 61, level=0.5) == [0.0, 0.0, 0.5, -0.5, 3.0, -4.0, 4.0, -3.0]
    assert found_at([*rows, 5.0], 62, level=0.5) == [3.0, -3.0, 3.5, -3.5, 3.0, -4.0, 4.0, -3.0]


@pytest.mark.parametrize(("a_row", "is_found"), [(30.0, False), (30_000.0, False), (15.0, True), (0.0, True)])
def test_an_age_has_no_level_of_before_a_trouble(a_row: float, is_found: bool) -> None:
    ages = [500.0 + a_row * k for k in range(60)]
    assert found_at(ages, 59, level=10.0) is not None
    assert (found_at(ages, 59, level=10.0, held=True) is not None) == is_found


@pytest.mark.parametrize("new", [1, 2])
def test_a_lone_spike_shows_in_the_brief_statistic_alone(new: int) -> None:
    found = found_at([1.0] * 60 + [50.0], 60, level=1.0, new=new)
    assert found is not None
    assert max(found[:FIRST_BRIEF]) == 0.0
    assert found[FIRST_BRIEF] == 49.0
    earlier = found_at([1.0] * 60 + [50.0, 1.0], 61, level=1.0, new=new)
    assert earlier is not None
    assert earlier[FIRST_BRIEF] == (49.0 if new == 2 else 0.0)


def test_a_held_series_is_compared_with_its_level_only() -> None:
    rows = [5.0] * 60 + [1.0] * 8
    free, held = found_at(rows, 67, level=1.0), found_at(rows, 67, level=1.0, held=True)
    assert free is not None
    assert free[1] == 4.0
    assert held == [0.0] * STATISTICS


def test_gaps_are_passed_over_and_what_ended_is_not_judged() -> None:
    gaps = [1.0] * 60 + [3.0, np.nan, 3.0, np.nan, 3.0]
    found = found_at(gaps, 64, level=1.0)
    assert found is not None
    assert found[4] == 2.0
    assert found_at([1.0] * 60 + [np.nan] * 4, 63) is None
    assert found_at([np.nan] * 60 + [1.0] * 2, 61) is None
    wrapped = gaps[30:] + gaps[:30]
    assert found_at(wrapped, 34, level=1.0) == found


def test_a_short_history_says_less_of_what_lies_beyond_it() -> None:
    hours, day, week = (score_of(160.0, 0.0, 100, 2.5, 30.0, 10, 3.0, known) for known in (3, 48, 336))
    assert hours < 8 < day < week
    assert week == pytest.approx(2.5 + 20 / np.log(10), abs=0.4)  # twenty times the mean excess


def test_what_never_moved_is_held_against_the_scale_of_its_rows() -> None:
    scale, more = (score_of(code, 0.0, 0, 2.5, 0.0, 0, 5.0, 336) for code in (ZERO, ZERO + 30.0))
    assert scale == 2.5
    assert more == pytest.approx(2.5 + 6 / np.log(10), abs=0.1)  # six times the family's mean excess
