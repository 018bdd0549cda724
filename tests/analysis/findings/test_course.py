"""Where a series leaves its band, whether it came back, and what it is now."""

import numpy as np
import pytest

from patternwatch.analysis.findings.course import Courses, courses
from patternwatch.analysis.onset.bands import bands
from patternwatch.analysis.onset.own_onset import own_onsets
from patternwatch.analysis.scoring.deviations import deviation_stats
from patternwatch.detectors.base import Matrix
from tests.analysis.incidents import ROWS, SPLIT

TIMES = np.arange(ROWS)
EARLIEST = 60


def noise(phi: float, series: int = 60, seed: int = 0) -> Matrix:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(series, ROWS))
    for t in range(1, ROWS):
        values[:, t] = phi * values[:, t - 1] + np.sqrt(1.0 - phi**2) * values[:, t]
    return values


def course_of(values: Matrix, split: int = SPLIT) -> Courses:
    return courses(values, split, EARLIEST, deviation_stats(values, split))


def onsets_of(values: Matrix, split: int = SPLIT) -> list[int]:
    rows = own_onsets(values, split, EARLIEST, deviation_stats(values, split), bands(values, split))
    return [int(row) for row in rows]


@pytest.mark.parametrize("phi", [0.0, 0.3, 0.6, 0.9])
@pytest.mark.parametrize(
    "form",
    [
        lambda r: (r >= 0) * 1.0,
        lambda r: ((r >= 0) & (r < 3)) * 1.0,
        lambda r: np.clip((r + 1) / 10, 0, 1),
        lambda r: np.clip((r + 1) / 30, 0, 1),
        lambda r: -np.clip((r + 1) / 30, 0, 1),
    ],
    ids=["step", "spike", "short ramp", "long ramp", "falling ramp"],
)
def test_the_beginning_is_found_within_two_rows_at_the_median(form, phi: float) -> None:  # type: ignore[no-untyped-def]
    start = np.random.default_rng(1).integers(SPLIT + 1, SPLIT + 25, size=60)
    values = noise(phi) + 12.0 * form(TIMES - start[:, None])
    assert np.median(np.abs(np.array(onsets_of(values)) - start)) <= 2


def test_half_of_the_way_is_much_later_on_a_ramp_than_its_beginning() -> None:
    values = noise(0.3) + 12.0 * np.clip((TIMES - 249) / 30, 0, 1)
    assert np.median(deviation_stats(values, SPLIT).onset - 250) > 10


def test_a_beginning_may_lie_before_the_split_but_not_before_the_earliest_row() -> None:
    values = np.where(TIMES >= SPLIT - 10, 8.0, 0.0)[None] + 0.01 * (TIMES % 3)
    assert onsets_of(values, SPLIT - 5) == [SPLIT - 10]
    long_ago = np.where(TIMES >= 30, 8.0, 0.0)[None] + 0.01 * (TIMES % 3)
    long_ago[:, SPLIT:] += 8.0
    assert onsets_of(long_ago)[0] >= EARLIEST


def test_a_small_movement_right_before_the_largest_one_is_where_it_began() -> None:
    values = 0.1 * noise(0.0, 1)
    values[:, 250:260] += 5.0
    values[:, 260:] += 60.0
    assert onsets_of(values) == [250]


def test_a_series_scraped_every_fourth_row_begins_at_a_scrape() -> None:
    values = np.where(TIMES >= 252, 9.0, 1.0)[None] + 0.1 * (TIMES % 8 > 3)
    values[:, TIMES % 4 != 0] = np.nan
    assert onsets_of(values) == [252]


def test_a_series_without_a_model_keeps_the_row_where_it_had_gone_half_of_its_way() -> None:
    values = np.full((1, ROWS), np.nan)
    values[0, SPLIT - 2 :] = 1.0
    values[0, 260:] = 9.0
    assert onsets_of(values) == [260]


@pytest.mark.parametrize(
    ("rows", "back"),
    [
        (range(250, 260), 260),
        (range(250, 297), 297),
        (range(250, 298), -1),  # two calm points at the end are not enough
        (range(250, 300), -1),
        ((*range(250, 255), *range(262, 266), *range(285, 290)), 290),  # calm for ten
        ((*range(250, 255), *range(270, 275), *range(290, 294)), -1),  # calm for six after fifteen
    ],
)
def test_it_has_recovered_by_its_last_rows(rows: tuple[int, ...], back: int) -> None:
    values = 0.1 * noise(0.3, 1) + np.isin(TIMES, rows) * 9.0
    assert course_of(values).back.tolist() == [back]


def test_on_and_off_to_the_end_has_not_recovered_while_it_is_off() -> None:
    values = 0.1 * noise(0.3, 1) + ((TIMES >= 250) & (TIMES % 12 < 6)) * 9.0
    assert values[0, -3:].max() < 3.0
    assert course_of(values).back.tolist() == [-1]


def test_back_to_within_a_twentieth_of_the_way_is_back() -> None:
    values = 0.01 * noise(0.0, 3)
    values[:, 250:260] += 100.0
    values[:, 260:] += np.array([[0.0], [4.0], [8.0]])
    assert course_of(values).back.tolist() == [260, 260, -1]


def test_half_of_the_way_off_is_never_back_however_wide_the_band() -> None:
    values = np.where(TIMES % 2 == 0, -10.0, 10.0)[None] * np.ones((1, ROWS))
    values[:, SPLIT:] = 14.0
    assert course_of(values).back.tolist() == [-1]


def test_values_since_its_own_onset_and_now() -> None:
    values = np.where(TIMES >= 250, 5.0, 1.0)[None] * np.ones((1, ROWS))
    values[0, 100], values[0, 270], values[0, 280] = 50.0, 30.0, -3.0
    values[0, -3:] = [6.0, np.nan, 8.0]
    found = course_of(values)
    assert (found.lowest[0], found.highest[0]) == (-3.0, 30.0)
    assert found.now[0] == 6.0  # the median of 5, 6 and 8


def test_outliers_do_not_make_a_band_wide() -> None:
    values = noise(0.0, 1, seed=3)
    plain = bands(values, SPLIT)
    values[0, 100] = 500.0
    spiked = bands(values, SPLIT)
    assert 2.0 < spiked.high[0] < plain.high[0] + 1.0
    assert -5.0 < plain.low[0] < -2.0
