"""What counts as caught and as false, and what the peers say of a step."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from river import drift

from benchmarks.watch.openings import Watched, at_false_rate, bars_of, opened_at, rate_at
from benchmarks.watch.peers import RIVER, adwin, kswin, page_hinkley, standardised, z_score

ROWS, DAY = 400, 100


def watched(strong: dict[int, float], labels: dict[int, int]) -> Watched:
    strength, marks = np.zeros(ROWS), np.zeros(ROWS, dtype=np.int8)
    for row, value in strong.items():
        strength[row] = value
    for row, label in labels.items():
        marks[row] = label
    return Watched(strength, marks, judged=200, a_day=DAY)


LABELLED = dict.fromkeys((*range(250, 260), *range(300, 310)), 1) | dict.fromkeys(range(350, 360), 2)


def test_an_opening_within_a_stretch_or_just_behind_it_is_right() -> None:
    rate = rate_at([watched({252: 5, 312: 5}, LABELLED)], 5.0)
    assert (rate.caught, rate.false_a_day) == (1.0, 0.0)


def test_an_opening_elsewhere_is_false_and_nothing_counts_where_nobody_knows() -> None:
    rate = rate_at([watched({220: 5, 355: 5}, LABELLED)], 5.0)
    assert rate.caught == 0.0
    assert rate.false_a_day == pytest.approx(1 / 1.9)


def test_rows_before_the_judged_part_do_not_count() -> None:
    rate = rate_at([watched({100: 5}, LABELLED | {100: 1})], 5.0)
    assert (rate.caught, rate.false_a_day) == (0.0, 0.0)


def test_what_lasts_opens_once() -> None:
    strength = np.zeros(100)
    strength[20:60] = 5.0
    assert opened_at(strength, 5.0).tolist() == [20]


def test_the_bar_is_the_one_that_catches_most_within_the_budget() -> None:
    series = [watched({220: 3, 252: 5, 305: 4}, LABELLED)]
    strict = at_false_rate(series, bars_of(series), false_a_day=0.0)
    assert (strict.caught, strict.false_a_day) == (1.0, 0.0)
    series = [watched({220: 6, 252: 5, 305: 7}, LABELLED)]
    assert at_false_rate(series, bars_of(series), false_a_day=0.0).caught == 0.5
    assert at_false_rate([watched({}, LABELLED)], []).caught == 0.0


def test_a_z_score_is_that_of_the_rows_before() -> None:
    values = np.random.default_rng(0).normal(5.0, 2.0, 600)
    values[500] = 50.0
    values[100:110] = np.nan
    before = values[260:500]
    expected = abs(values[500] - before.mean()) / before.std()
    assert z_score(values)[500] == pytest.approx(expected)
    assert (z_score(values)[:60] == 0).all()
    assert (z_score(values)[100:110] == 0).all()


@pytest.mark.parametrize("name", RIVER)
def test_rivers_three_see_a_step_and_gaps_move_nothing(name: str) -> None:
    drifts, settings = RIVER[name]
    values = np.random.default_rng(1).normal(size=800)
    values[400:] += 8.0
    found = np.flatnonzero(drifts(values, settings[0]))
    assert ((found >= 400) & (found < 460)).any()
    gaps = np.full(900, np.nan)
    there = np.delete(np.arange(900), np.arange(100, 200))
    gaps[there] = values
    np.testing.assert_array_equal(np.flatnonzero(drifts(gaps, settings[0])), there[found])


def test_the_compiled_ones_are_rivers_own() -> None:
    values = np.random.default_rng(2).normal(size=600)
    values[300:] += 4.0
    pairs: list[tuple[npt.NDArray[np.float64], Any]] = [
        (page_hinkley(values, 20.0), drift.PageHinkley(threshold=20.0)),
        (kswin(values, 1e-4), drift.KSWIN(alpha=1e-4, seed=1)),
        (adwin(values, 1e-3), drift.ADWIN(delta=1e-3)),  # type: ignore[no-untyped-call]
    ]
    for ours, theirs in pairs:
        expected = []
        for row, value in enumerate(values.tolist()):
            theirs.update(value)
            expected += [row] * bool(theirs.drift_detected)
        assert np.flatnonzero(ours).tolist() == expected
        assert expected


def test_standardised_values_are_in_deviations_of_the_first_rows() -> None:
    values = np.concatenate([np.tile([1.0, 3.0], 50), [9.0]])
    assert standardised(values, 100)[-1] == pytest.approx(7.0)
