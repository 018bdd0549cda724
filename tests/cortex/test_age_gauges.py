"""Gauges that tell an age: quiet while they are set back as usual, an age where that is overdue."""

import numpy as np
import pytest

from tests.cortex.made import ROWS, SPLIT, STEP_MS, TIMES, Made, Values, fetched

SEEDS = range(20)
STEP_S = STEP_MS / 1000.0
NOW_S = TIMES / 1000.0


def age(period_s: float, phase: float = 20.0, until: int = ROWS) -> Values:
    """Seconds since the last of the runs that come every `period_s`, at each sample; none from a row on."""
    runs = np.arange(NOW_S[0] - 3 * period_s + phase, NOW_S[-1] + period_s, period_s)
    runs = runs[runs < NOW_S[until - 1]]
    return np.asarray(NOW_S - runs[np.searchsorted(runs, NOW_S, side="right") - 1])


@pytest.mark.parametrize(
    ("unit_s", "name"),
    [(1.0, "backup_since_last_completion_seconds"), (1e-3, "sync_age_ms"), (60.0, "last_run_age_minutes")],
)
@pytest.mark.parametrize("kind", ["gauge", "unknown"])
def test_an_age_that_is_overdue_is_told_in_its_own_unit(unit_s: float, name: str, kind: str) -> None:
    values = age(20 * STEP_S, until=200) / unit_s
    batch = fetched(Made(values, name, kind))
    assert batch.derivation == [""]
    found = batch.values[0]
    usual = found[0]
    assert usual * unit_s == pytest.approx(20 * STEP_S, abs=2 * STEP_S), "the longest usual one"
    late = np.flatnonzero(found != usual)
    assert 219 <= late[0] <= 222, "after twice the usual one"
    assert late.tolist() == list(range(late[0], ROWS - 1))
    np.testing.assert_allclose(found[SPLIT:], values[1:][SPLIT:])
    assert np.isnan(found[late[0] : SPLIT - 1]).all(), "late before the split is no part of what is usual"


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_set_back_as_usual_never_moves(seed: int) -> None:
    rng = np.random.default_rng(seed)
    period = float(rng.choice([5, 10, 20, 40])) * STEP_S
    values = age(period, rng.uniform(0, period)) + rng.uniform(0, 0.8, ROWS)
    assert len(set(fetched(Made(values, "last_success_age_seconds", "gauge")).values[0].tolist())) == 1


def test_a_name_that_only_ends_like_uptime_is_an_age_too() -> None:
    values = age(20 * STEP_S, until=190)
    found = fetched(Made(values, "since_last_lookup_time_seconds", "gauge")).values[0]
    assert len(set(found[:180].tolist())) == 1


def test_whole_minutes_are_an_age_too() -> None:
    values = np.floor(age(40 * STEP_S, until=150) / 60.0)
    found = fetched(Made(values, "last_backup_age_minutes", "gauge")).values[0]
    assert len(set(found[:120].tolist())) == 1
    assert found[-1] == values[-1]


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (age(20 * STEP_S), "process_uptime_seconds"),  # set back by restarts
        (NOW_S - NOW_S[0], "clock_seconds"),  # never set back
        (age(150 * STEP_S), "nightly_age_seconds"),  # set back too seldom to know
        (age(20 * STEP_S) * 0.3, "queue_length"),  # no clock's pace
        (np.random.default_rng(0).uniform(0, 30, ROWS), "sync_lag_seconds"),
    ],
)
def test_others_stay_as_they_are(values: Values, name: str) -> None:
    batch = fetched(Made(values, name, "gauge"))
    np.testing.assert_allclose(batch.values[0], values[1:])


def test_how_long_it_was_late_before_the_split_does_not_matter() -> None:
    long, short = (
        fetched(Made(age(20 * STEP_S, until=row), "last_run_age_seconds", "gauge")).values[0]
        for row in (100, 190)
    )
    usual = long[0]
    assert set(long[~np.isnan(long)][:100].tolist()) == {usual}
    assert (long[SPLIT:] > 2 * usual).all()
    assert (short[SPLIT:] > 2 * usual).all()
    assert np.isnan(long).sum() > np.isnan(short).sum() > 0


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1.0, 30.0, 1e3, 3e4, 1e6])
@pytest.mark.parametrize("seed", SEEDS)
def test_noise_of_whatever_size_is_no_age(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    for values in (
        rng.gamma(2.0, scale, ROWS),
        scale * rng.poisson(3.0, ROWS),
        scale * rng.integers(0, 2, ROWS),
    ):
        found = fetched(Made(values, "latency", "gauge")).values[0]
        np.testing.assert_array_equal(found, values[1:])
