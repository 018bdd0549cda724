"""Which undeclared series become rates: counters of many kinds do, gauges that merely rose do not."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from tests.cortex.made import (
    END_MS,
    ROWS,
    TIMES,
    Made,
    Values,
    counter,
    derived,
    fetched,
    level,
    noise,
    restarted,
)  # fmt: skip

SEEDS = range(25)
ROW = np.arange(ROWS)
Maker = Callable[[np.random.Generator], npt.ArrayLike]


def ten_to(rng: np.random.Generator, low: float, high: float) -> float:
    return float(10 ** rng.uniform(low, high))


def burst(rng: np.random.Generator) -> Values:
    per_s = ten_to(rng, -1.7, 3)
    return counter(rng, level(per_s, 10 * per_s, int(rng.integers(200, 290))))


def with_a_dip(rng: np.random.Generator) -> Values:
    values = counter(rng, ten_to(rng, -1, 3))
    values[rng.integers(10, 290)] = 0
    return values


def replicas(rng: np.random.Generator) -> Values:
    return np.where(rng.random(ROWS) < 0.5, counter(rng, 20, 1e6), counter(rng, 20, 4e5))


COUNTERS: dict[str, Maker] = {
    "of any rate": lambda rng: counter(rng, ten_to(rng, -1.7, 6), ten_to(rng, 0, 9)),
    "of a steady rate": lambda rng: counter(rng, ten_to(rng, -1, 3.5), uneven=0),
    "of a rate with a season": lambda rng: counter(rng, ten_to(rng, 0, 3) * (1.5 + np.sin(ROW / 60))),
    "that burst": burst,
    "that stopped": lambda rng: counter(rng, level(ten_to(rng, -1, 3), 0, int(rng.integers(205, 290)))),
    "that began anew": lambda rng: restarted(counter(rng, ten_to(rng, -1.5, 4)), int(rng.integers(30, 290))),
    "that read 0 once": with_a_dip,
    "that step back by one": lambda rng: counter(rng, ten_to(rng, 0, 3)) - (rng.random(ROWS) < 0.02),
    "of two replicas": replicas,
    "of seconds": lambda rng: 1e4 + np.cumsum(np.maximum(0.3 * (1 + noise(rng, 0.1)), 0.01) * 30),
    "every five minutes": lambda rng: np.where(ROW % 10 == 0, counter(rng, ten_to(rng, -0.5, 4)), np.nan),
}


def uptime(unit_s: float) -> Maker:
    return lambda rng: np.floor((TIMES - END_MS) / 1000 / unit_s + rng.uniform(1e5, 1e7) / unit_s)


GAUGES: dict[str, Maker] = {
    "a level": lambda rng: rng.poisson(ten_to(rng, -1, 3), ROWS),
    "a level that shifts": lambda rng: level(5, 9, int(rng.integers(50, 280))),
    "replicas that are added": lambda rng: 3 + np.cumsum(rng.random(ROWS) < 0.03),
    "an empty queue that fills": lambda rng: np.where(ROW < 220, 0, np.cumsum(rng.poisson(10, ROWS))),
    "a busy queue that fills": lambda rng: rng.poisson(3, ROWS) + np.maximum(ROW - 220, 0) * 10,
    "a leak": lambda rng: 2e8 + ROW * 1e5 + np.round(noise(rng, 2e5)),
    "a walk": lambda rng: 1e3 + np.cumsum(rng.normal(0.5, 1, ROWS)),
    "progress in percent": lambda rng: np.minimum(np.floor(ROW * 100 / rng.integers(200, 400)), 100),
    "progress": lambda rng: ROW * 100 / rng.integers(200, 400),
    "progress of many batches": lambda rng: (ROW % rng.integers(20, 60)) * rng.integers(1, 9),
    "a curve": lambda rng: 100 * (1 - np.exp(-ROW / rng.uniform(50, 400))),
    "a temperature": lambda rng: np.round(20 + ROW * rng.uniform(0.005, 0.05), 1),
    "uptime in seconds": uptime(1),
    "uptime in ms": uptime(1e-3),
    "uptime in minutes": uptime(60),
    "uptime over a restart": lambda rng: np.where(ROW < 200, 4e6 + ROW * 30, (ROW - 200) * 30 + 5),
    "below zero": lambda rng: counter(rng, 5, 0) - 1e4,
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", COUNTERS)
def test_what_has_the_form_of_a_counter_becomes_a_rate(kind: str, seed: int) -> None:
    assert derived(Made(COUNTERS[kind](np.random.default_rng(seed)))) == ["rate"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", GAUGES)
def test_what_merely_rose_stays_a_gauge(kind: str, seed: int) -> None:
    values = np.asarray(GAUGES[kind](np.random.default_rng(seed)), float)
    batch = fetched(Made(values))
    assert batch.derivation == [""]
    np.testing.assert_array_equal(batch.values[0], values[1:])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_rates_of_undeclared_counters_are_those_of_declared_ones(seed: int) -> None:
    rng = np.random.default_rng(seed)
    own = [Made(make(rng), f"m{i}") for i, make in enumerate(COUNTERS.values())]
    declared = [Made(one.values, one.name, "counter") for one in own]
    np.testing.assert_array_equal(fetched(*own).values, fetched(*declared).values)


def of(values: npt.ArrayLike, server: int, kind: str = "unknown", name: str = "metric") -> Made:
    return Made(values, name, kind, {"job": "db", "instance": f"db{server}"})


def test_all_series_of_a_metric_are_one_kind() -> None:
    rng = np.random.default_rng(1)
    quiet, rare, flat = np.full(ROWS, 7.0), level(7, 8, 150), np.zeros(ROWS)
    assert derived(of(counter(rng, 5), 0), of(quiet, 1), of(rare, 2), of(flat, 3)) == ["rate"] * 4
    noisy = [of(rng.poisson(50, ROWS), n) for n in range(1, 4)]
    assert derived(of(counter(rng, 5), 0), *noisy) == [""] * 4


def test_a_declared_type_holds() -> None:
    rng = np.random.default_rng(1)
    for kind in ("gauge", "gaugehistogram", "stateset"):
        assert derived(Made(counter(rng, 5), kind=kind)) == [""]
    for values in (level(7, 8, 150), np.full(ROWS, 7.0), 100 + ROW * 3.0, restarted(counter(rng, 5), 100)):
        assert derived(Made(values, kind="counter")) == ["rate"]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_counter_that_goes_down_all_the_time_is_a_gauge_whatever_it_is_declared(seed: int) -> None:
    rng = np.random.default_rng(seed)
    walk, toggle = 500 + np.round(np.cumsum(rng.normal(0, 3, ROWS))), 4.0 + ROW % 2
    for values in (rng.poisson(ten_to(rng, 0.5, 3), ROWS), walk, toggle, rng.integers(0, 2, ROWS), -ROW):
        assert derived(Made(values, kind="counter")) == [""]
        assert derived(Made(values, "untyped_total")) == [""]
    one_of_four = [of(counter(rng, 5), n, "counter") for n in range(3)]
    assert derived(of(walk, 3, "counter"), *one_of_four) == ["rate"] * 4


@pytest.mark.parametrize(
    "name", ["redis_memory_used", "jvm.memory.usage", "queueLength", "kafka_consumergroup_lag", "sysUpTime"]
)
def test_a_name_that_says_level_is_never_a_counter_by_its_form(name: str) -> None:
    values = counter(np.random.default_rng(1), 5)
    assert derived(Made(values, name)) == [""]
    assert derived(Made(values, "messages_unused_opened")) == ["rate"]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_crash_loop_makes_no_gauge_of_a_counter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = counter(rng, 2, 1e4)
    begins = np.flatnonzero((rng.random(ROWS) < 0.4) & (ROW > 245))
    for row in begins:
        values = restarted(values, int(row))
    for kind in ("counter", "unknown"):
        resting = [of(np.full(ROWS, 7.0), n, kind) for n in range(1, 5)]
        assert derived(of(values, 0, kind), *resting) == ["rate"] * 5


def test_a_restart_resets_the_counters_that_rest_too() -> None:
    rng = np.random.default_rng(1)
    busy = [of(restarted(counter(rng, 50), 200), 0, name=f"busy{n}") for n in range(3)]
    resting = of(level(57, 0, 200), 0, name="resting")
    elsewhere, later = of(level(57, 0, 200), 1, name="other"), of(level(57, 0, 201), 0, name="later")
    assert derived(*busy, resting, elsewhere, later) == ["rate"] * 4 + [""] * 2
    assert derived(*busy[:2], resting) == ["rate"] * 2 + [""], "two may be chance"
    rates = fetched(*busy, resting)
    assert np.nanmax(rates.values[-1]) == 0
    assert np.nanmax(rates.values[:3]) < 100
