"""What a baseline that rarely moved tells: when a series moves, not how far."""

import numpy as np
import pytest

from patternwatch.detectors import CHANGE
from patternwatch.detectors.base import Matrix

TIME = np.arange(300)


def flags(values: Matrix, split: int = 240) -> list[bool]:
    return [bool(flag) for flag in CHANGE(values, split).flagged]


def test_one_tick_or_one_step_of_what_never_moved_is_no_change_wherever_it_may_come_by_chance() -> None:
    values = np.array(
        [
            np.where(TIME == 270, 5.0, 0.0),  # a tick
            np.where((TIME >= 270) & (TIME < 280), 5.0, 0.0),  # held by a rate over ten rows
            np.where(TIME >= 270, 900.0, 512.0),  # a heap that grew
            np.where(TIME == 241, 5.0, 0.0),  # right behind the split
            np.where(TIME >= 240, 900.0, 512.0),
        ]
    )
    assert flags(values) == [False, False, False, True, True]
    assert CHANGE.by_size(
        CHANGE(values, 240), np.array([True, False, True, False, False])
    ).flagged.tolist() == [
        True,
        False,
        True,
        True,
        True,
    ]


def test_what_never_moved_and_goes_on_moving_is_a_change() -> None:
    errors = np.where(TIME >= 262, np.random.default_rng(0).poisson(5.0, size=300), 0.0)
    assert flags(errors[None]) == [True]


@pytest.mark.parametrize(("early", "flagged"), [(0, True), (1, True), (12, False)])
def test_ticks_count_the_less_the_more_of_them_came_before(early: int, flagged: bool) -> None:
    row = np.zeros(300)
    row[np.linspace(5, 235, early).astype(int)] = 1.0
    row[[242, 254]] = 3.2
    assert flags(row[None]) == [flagged]


def test_a_tick_once_in_a_thousand_rows_rarely_passes() -> None:
    rng = np.random.default_rng(1)
    ticks = (rng.random((4000, 300)) < 0.001).astype(float)
    ticked = ticks[:, 240:].any(axis=1)
    assert 0.04 < ticked.mean() < 0.08
    assert CHANGE(ticks, 240).flagged.mean() <= 0.01


def test_a_shift_of_noise_passes_as_before_whatever_the_rows_between_scrapes() -> None:
    noise = np.random.default_rng(2).normal(10.0, 1.0, size=(1, 300)) + 30.0 * (TIME >= 250)
    held = noise[:, TIME // 5 * 5]  # a value held from one scrape to the next
    assert flags(noise) == flags(held) == [True]
