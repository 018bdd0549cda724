"""What must not matter, does not: scale, order, time, copies."""

from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from patternwatch.contracts.codec import encode
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import SeriesBatch
from tests.analysis.incidents import made_up, report_of

seeds = st.integers(0, 10_000)


def ranking(report: Report) -> tuple[list[tuple[str, int]], list[str]]:
    return [(e.entity, e.series) for e in report.entities], [f.series_id for f in report.findings]


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_scale(seed: int) -> None:
    series = made_up(seed=seed)
    scaled = SeriesBatch(series.labels, series.times, series.values * 2.0**20, series.derivation)
    assert ranking(report_of(scaled)) == ranking(report_of(series))


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_scale_of_a_million_keeps_the_order_of_entities(seed: int) -> None:
    series = made_up(seed=seed)
    scaled = SeriesBatch(series.labels, series.times, series.values * 1e6, series.derivation)
    assert ranking(report_of(scaled))[0] == ranking(report_of(series))[0]


@settings(max_examples=20, deadline=None)
@given(seeds, st.randoms(use_true_random=False))
def test_order_of_series(seed: int, random: Random) -> None:
    series = made_up(seed=seed)
    order = list(range(len(series)))
    random.shuffle(order)
    assert encode(report_of(series.take(order))) == encode(report_of(series))


@settings(max_examples=10, deadline=None)
@given(seeds, st.integers(-(10**6), 10**6))
def test_shift_of_time(seed: int, steps: int) -> None:
    series = made_up(seed=seed)
    shifted = SeriesBatch(series.labels, series.times + 10_000 * steps, series.values, series.derivation)
    assert ranking(report_of(shifted)) == ranking(report_of(series))


@settings(max_examples=10, deadline=None)
@given(seeds, st.integers(0, 7))
def test_copies_of_a_services_series(seed: int, service: int) -> None:
    series = made_up(seed=seed)
    mine = [i for i, labels in enumerate(series.labels) if labels["service"] == f"service-{service}"]
    doubled = SeriesBatch(
        series.labels + [series.labels[i] | {"pod": "copy"} for i in mine],
        series.times,
        np.concatenate([series.values, series.values[mine]]),
        series.derivation + [""] * len(mine),
    )
    before, after = report_of(series), report_of(doubled)
    assert [e.entity for e in after.entities] == [e.entity for e in before.entities]


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_gaps_in_healthy_series(seed: int) -> None:
    series = made_up(seed=seed)
    holes = np.random.default_rng(seed).random(series.values.shape) < 0.1
    values = np.where(holes, np.nan, series.values)
    report = report_of(SeriesBatch(series.labels, series.times, values, series.derivation))
    assert report.entities[0].entity == "service-3"
