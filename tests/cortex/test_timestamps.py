"""Values that are times: quiet while they move as usual, an age where they are late."""

from collections.abc import Sequence

import numpy as np
import pytest

from patternwatch.contracts.skipped import CREATION
from patternwatch.cortex.timestamps import NO_INTERVAL
from tests.cortex.made import (
    ROWS,
    SPLIT,
    STEP_MS,
    TIMES,
    Made,
    Values,
    counter,
    derived,
    fetched,
    level,
    noise,
)

SEEDS = range(40)
ROW = np.arange(ROWS)
SAMPLED_S = (TIMES - 7_000) / 1000.0


def last_run(runs_s: Sequence[float] | Values) -> Values:
    """The time of the last of these runs at each sample; 0 before the first."""
    runs = np.concatenate([[0.0], np.sort(np.asarray(runs_s, float))])
    return np.asarray(runs[np.searchsorted(runs, SAMPLED_S, side="right") - 1])


def every(seconds: float, phase: float, jitter: Values | float = 0.0, until: int = ROWS) -> Values:
    """The times of runs from long before the window on, to the row `until`."""
    runs = np.arange(SAMPLED_S[0] - 3 * seconds + phase, SAMPLED_S[-1] + seconds, seconds) + jitter
    return np.asarray(runs[runs < SAMPLED_S[until - 1]])


@pytest.mark.parametrize("unit", [("age", 1.0), ("age_ms", 1e3), ("age_us", 1e6), ("age_ns", 1e9)])
@pytest.mark.parametrize("kind", ["gauge", "unknown", "counter"])
def test_ages_are_in_seconds_whatever_the_value_counts(unit: tuple[str, float], kind: str) -> None:
    derivation, parts = unit
    values = last_run(every(600, 20, until=200))
    batch = fetched(Made(values * parts, "last_success", kind))
    assert batch.derivation == [derivation]
    age = (SAMPLED_S - values)[1:]
    late = age > 2 * batch.values[0][0]
    given = late & (ROW[1:] >= SPLIT)
    np.testing.assert_allclose(batch.values[0][given], age[given], atol=1e-3)
    np.testing.assert_allclose(batch.values[0][~late], batch.values[0][0])
    assert np.isnan(batch.values[0][late & ~given]).all(), "late before the split is no part of what is usual"
    assert 570 <= batch.values[0][0] <= 630, "the longest usual age"
    assert late.argmax() == pytest.approx(200 + 40 - 1, abs=21)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_moves_as_usual_never_moves(seed: int) -> None:
    rng = np.random.default_rng(seed)
    period = float(rng.choice([15, 30, 45, 60, 300, 600, 900, 1800]))
    runs = every(period, rng.uniform(0, period))
    runs = runs + rng.uniform(-0.2, 0.2, len(runs)) * period
    batch = fetched(Made(last_run(runs), "job_last_success_timestamp_seconds", "gauge"))
    assert batch.derivation == ["age"]
    assert len(set(batch.values[0].tolist())) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_what_stands_still_for_twice_its_interval_is_late(seed: int) -> None:
    rng = np.random.default_rng(seed)
    period = float(rng.choice([15, 30, 60, 300, 600]))
    runs = every(period, rng.uniform(0, period), until=241)
    values = fetched(Made(last_run(runs), "anything")).values[0]
    assert values[-1] == pytest.approx(60 * STEP_MS / 1000, abs=period + 60)
    assert values[:239].max() <= period + 30, "the longest usual age is that of an interval and a step"


def test_a_time_that_falls_behind_is_late_though_it_moves_on() -> None:
    lag = 3 + np.maximum(ROW - 250, 0) * 20.0
    values = fetched(Made(SAMPLED_S - lag, "consumer_last_message_time")).values[0]
    assert values[-1] == pytest.approx(lag[-1])
    assert values[:249].max() < 60


@pytest.mark.parametrize("seed", SEEDS)
def test_events_by_chance_are_rarely_late(seed: int) -> None:
    rng = np.random.default_rng(seed)
    runs = SAMPLED_S[0] + np.cumsum(rng.exponential(200, 100)) - 3000
    batch = fetched(Made(last_run(runs), "last_reload_timestamp_seconds"))
    values = batch.values[0]
    assert (values > values.min()).mean() < 0.05


@pytest.mark.parametrize("moves", [[], [120], [100, 200], [280, 285, 290, 295]])
def test_without_a_usual_interval_nothing_is_late(moves: list[int]) -> None:
    runs = [SAMPLED_S[0] - 86_400, *(SAMPLED_S[row] - 5 for row in moves)]
    batch = fetched(Made(last_run(runs), "backup_last_success_timestamp_seconds", "gauge"))
    if not moves:
        assert batch.derivation == [""], "it never moves: nothing tells it from a gauge, and it is constant"
        return
    assert len(batch) == 0
    assert batch.skipped == {NO_INTERVAL: {"backup_last_success_timestamp_seconds": 1}}


@pytest.mark.parametrize("name", ["process_start_time_seconds", "node_boot_time_seconds", "jvmStartTime"])
def test_a_start_is_an_event_and_stays_as_it_is(name: str) -> None:
    values = last_run([SAMPLED_S[0] - 1e6, SAMPLED_S[200] - 5])
    batch = fetched(Made(values, name, "gauge"))
    assert batch.derivation == [""]
    assert len(set(batch.values[0].tolist())) == 2


def test_times_at_which_counters_were_created_are_left_out() -> None:
    values = last_run([SAMPLED_S[0] - 1e6, SAMPLED_S[200] - 5])
    batch = fetched(
        *(Made(values, "http_requests_created", "gauge", {"code": code}) for code in ("200", "500"))
    )
    assert len(batch) == 0
    assert batch.skipped == {CREATION: {"http_requests_created": 2}}
    assert derived(Made(level(3, 5, 100), "images_created", "gauge")) == [""]


def test_a_time_that_was_never_is_a_gap() -> None:
    values = last_run(every(600, 20)[6:])
    assert values[0] == 0
    batch = fetched(Made(values, "last_success_timestamp_seconds", "gauge"))
    assert batch.derivation == ["age"]
    assert np.isnan(batch.values[0]).sum() == (values[1:] == 0).sum()


@pytest.mark.parametrize("seed", SEEDS)
def test_numbers_as_large_as_times_are_none(seed: int) -> None:
    rng = np.random.default_rng(seed)
    now = SAMPLED_S[-1]
    others = [
        now - 1e4 + np.round(noise(rng, 3e3)),  # bytes that fluctuate
        now - 3e6 + np.cumsum(rng.poisson(300, ROWS)) * 4096 / 1e3,  # bytes that grow
        level(now - 9e7, now - 8e7, 100),  # bytes that shift
        np.floor((TIMES / 1000) + 86_400 * 30) - ROW % 7 * 60,  # when something will expire
    ]
    for values in others:
        assert derived(Made(values, kind="gauge")) == [""]
    assert derived(Made(counter(rng, 30, now - 2e5), kind="counter")) == ["rate"]
