"""What a counter's fall means: values that are known, made by seeds."""

import numpy as np
import pytest

from patternwatch.cortex.counter_steps import (
    DIP,
    FIRST,
    MISSING,
    RESET,
    RETURN,
    RISE,
    STEP_BACK,
    counter_steps,
)
from patternwatch.cortex.rates import increases
from patternwatch.cortex.series_form import forms_of
from tests.cortex.made import ROWS, STEP_MS, TIMES, Made, Values, counter, fetched, level, restarted

SEEDS = range(40)


def steps(*values: float) -> list[int]:
    found: list[int] = counter_steps(np.array([values]), np.arange(len(values))[None, :] * STEP_MS)[
        0
    ].tolist()
    return found


def grown(values: Values) -> Values:
    """The increase of every row but the first."""
    stamps = TIMES[None, :]
    return np.asarray(increases(values[None, :], stamps, counter_steps(values[None, :], stamps))[0][0])


def rate_of(values: Values) -> Values:
    batch = fetched(Made(values, "c_total", "counter"))
    assert batch.derivation == ["rate"]
    return np.asarray(batch.values[0])


def test_codes_by_example() -> None:
    assert steps(5, 7, np.nan, 7, 9) == [FIRST, RISE, MISSING, RISE, RISE]
    assert steps(500, 502, 1, 3, 5, 6) == [FIRST, RISE, RESET, RISE, RISE, RISE]
    assert steps(500, 502, 0, 505, 507) == [FIRST, RISE, DIP, RISE, RISE]
    assert steps(500, 501, 502, 501, 501, 502, 503) == [FIRST, RISE, RISE, DIP, DIP, RISE, RISE]
    assert steps(500, 502, 400, 402, 404, 406) == [FIRST, RISE, STEP_BACK, RISE, RISE, RISE]
    assert steps(100, 102, 800, 802, 106, 108, 110) == [FIRST, RISE, RETURN, RISE, RESET, RISE, RISE]
    assert steps(500, 502, 7, 9, 11, 13, 516) == [FIRST, RISE, RESET, RISE, RISE, RISE, RETURN]


def test_a_process_that_dies_young_begins_anew_each_time() -> None:
    assert steps(0, 90, 180, 20, 110, 200, 30, 120) == [FIRST, RISE, RISE, RESET, RISE, RISE, RESET, RISE]


@pytest.mark.parametrize("seed", SEEDS)
def test_without_a_fall_the_increase_is_the_difference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = counter(rng, 10 ** rng.uniform(-2, 4))
    np.testing.assert_array_equal(grown(values), np.diff(values))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dip_is_passed_over_and_nothing_is_lost(seed: int) -> None:
    rng = np.random.default_rng(seed)
    true = counter(rng, 10 ** rng.uniform(0, 4))
    at, length = int(rng.integers(20, 280)), int(rng.integers(1, 4))
    depth = rng.choice([1.0, 0.02, 0.4, 1e-9 + 1 / true[at]])  # to zero, by a part, by one
    seen = true.copy()
    seen[at : at + length] = np.floor(true[at - 1] * (1 - depth))
    found = grown(seen)
    inside = slice(at - 1, at + length - 1)
    assert np.isnan(found[inside]).all()
    assert np.nansum(found) == true[-1] - true[0]
    assert found[at + length - 1] == true[at + length] - true[at - 1]
    kept = np.ones(ROWS - 1, bool)
    kept[at - 1 : at + length] = False
    np.testing.assert_array_equal(found[kept], np.diff(true)[kept])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_restart_counts_from_zero_and_is_no_spike(seed: int) -> None:
    rng = np.random.default_rng(seed)
    true = counter(rng, 10 ** rng.uniform(-1, 4))
    row = int(rng.integers(20, 280))
    found, expected = grown(restarted(true, row)), np.diff(true)
    assert (
        found[row - 1] == expected[row - 1] or expected[row - 1] > expected[np.arange(300) != row - 1].max()
    )
    np.testing.assert_array_equal(np.delete(found, row - 1), np.delete(expected, row - 1))


def test_a_fall_at_the_newest_sample_may_be_a_dip() -> None:
    rising: Values = np.arange(ROWS, dtype=float) * 3 + 1000
    zero, begun = rising.copy(), restarted(rising, ROWS - 1)
    zero[-1] = 0
    for values in (zero, begun):
        assert np.isnan(grown(values)[-1])
        assert grown(values)[-2] == 3
    assert grown(restarted(rising, ROWS - 2))[-2:].tolist() == [3, 3]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_fall_to_more_than_could_have_grown_since_is_a_gap(seed: int) -> None:
    rng = np.random.default_rng(seed)
    true = counter(rng, 10 ** rng.uniform(0, 3))
    row = int(rng.integers(20, 280))
    lost = true[row - 1] * rng.uniform(0.1, 0.7)  # one of several processes behind a sum ended
    found = grown(true - level(0, np.floor(lost), row))
    assert np.isnan(found[row - 1])
    np.testing.assert_array_equal(np.delete(found, row - 1), np.delete(np.diff(true), row - 1))


@pytest.mark.parametrize("turns", ["alternating", "by chance"])
@pytest.mark.parametrize("seed", SEEDS)
def test_two_replicas_in_turn_give_the_rate_of_one(seed: int, turns: str) -> None:
    rng = np.random.default_rng(seed)
    per_s = 10 ** rng.uniform(0, 3)
    one, other = counter(rng, per_s, 10 ** rng.uniform(5, 8)), counter(rng, per_s, 10 ** rng.uniform(5, 8))
    takes = np.arange(ROWS) % 2 == 0 if turns == "alternating" else rng.random(ROWS) < 0.5
    rate = rate_of(np.where(takes, one, other))
    most = max(np.diff(one).max(), np.diff(other).max()) * 1000 / STEP_MS
    assert np.nanmax(rate) <= 2 * most
    assert np.nanmedian(rate) == pytest.approx(per_s, rel=0.35)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dip_or_a_restart_in_the_baseline_does_not_hide_a_burst(seed: int) -> None:
    rng = np.random.default_rng(seed)
    true = counter(rng, level(0.5, 10, 260), 5e6)
    dipped, row = true.copy(), int(rng.integers(20, 240))
    dipped[row] = dipped[row - 1] - 1
    for seen in (dipped, restarted(true, row)):
        rate = rate_of(seen)
        assert np.nanmax(rate[:250]) < 2.5
        assert np.nanmin(rate[262:]) > 5


@pytest.mark.parametrize("seed", SEEDS)
def test_what_falls_as_often_as_it_rises_is_no_counter_and_each_fall_is_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    wavering = 100 + np.cumsum(rng.normal(0, 1, ROWS)) if seed % 2 else rng.normal(100, 1, ROWS)
    wavering[rng.random(ROWS) < 0.1] = np.nan
    codes = np.array(steps(*wavering))
    seen = wavering[~np.isnan(wavering)]
    assert (codes[~np.isnan(wavering)][1:] == np.where(np.diff(seen) < 0, STEP_BACK, RISE)).all()
    assert (codes[np.isnan(wavering)] == MISSING).all()
    assert forms_of(wavering[None], TIMES[None], codes[None].astype(np.int8), 241).refuted.all()


@pytest.mark.parametrize("seed", SEEDS)
def test_three_replicas_by_chance_are_looked_at_as_a_counter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    replicas = np.array([counter(rng, 10.0, 10 ** rng.uniform(5, 8)) for _ in range(3)])
    codes = np.array(steps(*replicas[rng.integers(0, 3, ROWS), np.arange(ROWS)]))
    assert np.isin(codes, [DIP, RESET, RETURN]).sum() > 10


def test_only_the_series_that_are_asked_about_are_looked_at() -> None:
    values = np.tile(np.array([70.0, 72.0, 71.0, 75.0, 1.0, 3.0]), (3, 1))
    stamps, rows = np.tile(np.arange(6) * STEP_MS, (3, 1)), np.array([1])
    found = counter_steps(values, stamps, rows)
    assert found.tolist() == [[MISSING] * 6, counter_steps(values, stamps)[1].tolist(), [MISSING] * 6]
    increase, seconds = increases(values, stamps, found, rows)
    assert np.isnan(increase[[0, 2]]).all()
    assert np.isnan(seconds[[0, 2]]).all()
    whole = increases(values, stamps, counter_steps(values, stamps))
    assert np.array_equal(increase[1], whole[0][1], equal_nan=True)
    assert np.array_equal(seconds[1], whole[1][1], equal_nan=True)
