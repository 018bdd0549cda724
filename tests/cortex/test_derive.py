from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.contracts.skipped import INFO, MERGED
from patternwatch.cortex.align import align
from patternwatch.cortex.counter_steps import counter_steps
from patternwatch.cortex.derive import derive
from patternwatch.cortex.quantiles import bucket_quantiles
from patternwatch.cortex.raw import STALE_NAN, RawSeries, ragged

STEP = 1000
WINDOW = Window(start_ms=10_000, split_ms=15_000, end_ms=19_000, step_ms=STEP)


def raw(*series: tuple[str, str, dict[int, float]], **labels: str) -> RawSeries:
    """Series from (name, type, {time in ms: value})."""
    return ragged(
        [{"__name__": name, **labels} for name, _, _ in series],
        [kind for _, kind, _ in series],
        [np.array(list(s), dtype=np.int64) for _, _, s in series],
        [np.array(list(s.values()), dtype=np.float64) for _, _, s in series],
    )


def at_each_step(values: Sequence[float], first_ms: int = 9_000) -> dict[int, float]:
    return {first_ms + i * STEP: v for i, v in enumerate(values)}


def row_of(batch: SeriesBatch, derivation: str) -> list[float]:
    return [float(value) for value in batch.values[batch.derivation.index(derivation)]]


def test_the_last_sample_within_a_step_counts_and_a_step_without_one_is_a_gap() -> None:
    grid = align(
        raw(("g", "gauge", {9_500: 1, 9_900: 2, 10_000: 3, 12_001: 4, 13_000: 5, 99_000: 6})), WINDOW
    )
    expected = [np.nan, 3, np.nan, np.nan, 5] + [np.nan] * 6
    np.testing.assert_array_equal(grid.values[0], expected)


@given(st.lists(st.integers(8_001, 21_000), unique=True, min_size=1, max_size=60))
def test_alignment_equals_its_slow_twin(times: list[int]) -> None:
    times.sort()
    samples = {t: float(i) for i, t in enumerate(times)}
    grid = align(raw(("g", "gauge", samples)), WINDOW)
    for row in range(WINDOW.rows + 1):
        end = WINDOW.start_ms + (row - 1) * STEP
        inside = [v for t, v in samples.items() if end - STEP < t <= end]
        expected = inside[-1] if inside else np.nan
        np.testing.assert_equal(grid.values[0, row], expected)


def test_a_counter_becomes_a_rate_with_resets_and_true_distances() -> None:
    samples = at_each_step([100, 102, 104, 1, 3])
    samples |= {16_500: 10.0}
    batch = derive(raw(("c_total", "counter", samples)), WINDOW)
    assert batch.derivation == ["rate"]
    rate = row_of(batch, "rate")
    assert rate[:2] == [2.0, 2.0]
    assert np.isnan(rate[2])  # it began anew between two scrapes, and had less than the whole second
    assert rate[3] == 2.0
    assert np.isnan(rate[4:7]).all()
    assert rate[7] == pytest.approx(7 / 3.5)


def test_a_restart_between_two_scrapes_is_no_dip_of_the_rate() -> None:
    grown = [100, 110, 120, 3, 13, 23]
    assert np.isnan(row_of(derive(raw(("c_total", "counter", at_each_step(grown))), WINDOW), "rate")[2])


@pytest.mark.parametrize("then", [[7, 9, 11], [1, 0, 2]])
def test_what_is_counted_at_a_start_and_no_more_later_is_told(then: list[float]) -> None:
    # A burst of errors as a process begins, and a process that begins anew at each scrape.
    batch = derive(raw(("c_total", "counter", at_each_step([100, 110, 120, *then]))), WINDOW)
    assert row_of(batch, "rate")[2] == then[0]


def test_an_untyped_series_is_a_counter_only_if_it_is_named_and_behaves_like_one() -> None:
    rising, falling = at_each_step(list(range(11))), at_each_step([5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5])
    batch = derive(
        raw(("a_total", "unknown", rising), ("b_total", "unknown", falling), ("c", "unknown", rising)), WINDOW
    )
    found = {labels["__name__"]: d for labels, d in zip(batch.labels, batch.derivation, strict=True)}
    assert found == {"a_total": "rate", "b_total": "", "c": ""}


def test_a_histogram_becomes_rate_mean_and_quantiles() -> None:
    count = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    series = ragged(
        [
            {"__name__": "d_bucket", "le": "0.1"},
            {"__name__": "d_bucket", "le": "1"},
            {"__name__": "d_bucket", "le": "+Inf"},
            {"__name__": "d_sum"},
            {"__name__": "d_count"},
        ],
        ["histogram"] * 5,
        [np.array(list(at_each_step(count)), dtype=np.int64)] * 5,
        [np.array(count) * f for f in (0.5, 1.0, 1.0, 0.2, 1.0)],
    )
    batch = derive(series, WINDOW)
    assert sorted(batch.derivation) == ["count_rate", "mean", "p50", "p99"]
    assert row_of(batch, "count_rate") == [10.0] * 10
    assert row_of(batch, "mean") == pytest.approx([0.2] * 10)
    assert row_of(batch, "p50") == pytest.approx([0.1] * 10)
    assert row_of(batch, "p99") == pytest.approx([0.1 + 0.9 * 0.98] * 10)
    assert batch.labels[0] == {"__name__": "d"}
    assert batch.skipped == {MERGED: {"d": 1}}


def test_a_summary_keeps_its_quantiles_and_gives_rate_and_mean() -> None:
    count = list(range(0, 110, 10))
    series = ragged(
        [{"__name__": "s", "quantile": "0.5"}, {"__name__": "s_sum"}, {"__name__": "s_count"}],
        ["summary"] * 3,
        [np.array(list(at_each_step(count)), dtype=np.int64)] * 3,
        [np.full(11, 0.3), np.array(count) * 0.3, np.array(count, dtype=np.float64)],
    )
    assert sorted(derive(series, WINDOW).derivation) == ["", "count_rate", "mean"]


def test_a_counter_that_is_born_in_the_window_was_quiet_while_its_siblings_were_scraped() -> None:
    old = {9_000 + i * STEP: float(i) for i in range(11)}
    young = {15_000: 3.0, 16_000: 8.0, 17_000: 13.0, 18_000: 18.0, 19_000: 23.0}
    series = ragged(
        [
            {"__name__": "r_total", "code": "200", "instance": "a"},
            {"__name__": "r_total", "code": "500", "instance": "a"},
            {"__name__": "r_total", "code": "500", "instance": "b"},
        ],
        ["counter"] * 3,
        [np.array(list(s), dtype=np.int64) for s in (old, young, young)],
        [np.array(list(s.values())) for s in (old, young, young)],
    )
    batch = derive(series, WINDOW)
    np.testing.assert_array_equal(batch.values[1], [0, 0, 0, 0, 0, np.nan, 5, 5, 5, 5])
    assert np.isnan(batch.values[2, :6]).all(), "nobody knows whether this target was there before"


def test_a_counter_that_goes_on_under_other_labels_was_not_quiet_before() -> None:
    then, now = {9_000 + i * STEP: 5.0 * i for i in range(5)}, {15_000 + i * STEP: 5.0 * i for i in range(5)}
    series = ragged(
        [{"__name__": "r_total", "instance": "a"}, {"__name__": "r_total", "instance": "a", "team": "blue"}],
        ["counter"] * 2,
        [np.array(list(s), dtype=np.int64) for s in (then, now)],
        [np.array(list(s.values())) for s in (then, now)],
    )
    values = derive(series, WINDOW).values
    assert np.isnan(values[1, :6]).all()
    np.testing.assert_array_equal(values[1, 6:], [5, 5, 5, 5])


def test_nothing_observed_is_a_gap_and_infinite_values_are_gaps() -> None:
    series = ragged(
        [{"__name__": "d_sum"}, {"__name__": "d_count"}, {"__name__": "g"}],
        ["histogram", "histogram", "gauge"],
        [np.array(list(at_each_step([0] * 11)), dtype=np.int64)] * 3,
        [np.zeros(11), np.zeros(11), np.array([1, np.inf, 2, -np.inf, 3, 4, 5, 6, 7, 8, 9.0])],
    )
    batch = derive(series, WINDOW)
    assert np.isnan(row_of(batch, "mean")).all()
    assert row_of(batch, "count_rate") == [0.0] * 10
    assert np.isnan(row_of(batch, "")[0])


def test_stale_markers_end_a_series_and_series_without_samples_are_counted() -> None:
    stale = np.array([STALE_NAN], dtype=np.uint64).view(np.float64)[0]
    series = raw(("g", "gauge", {12_000: 1.0, 13_000: stale}), ("old", "gauge", {9_000: 1.0}))
    batch = derive(series, WINDOW)
    assert [labels["__name__"] for labels in batch.labels] == ["g"]
    assert np.flatnonzero(~np.isnan(batch.values[0])).tolist() == [2]
    assert batch.skipped == {"no sample in the window": {"old": 1}}


def test_no_series_is_an_empty_batch() -> None:
    batch = derive(ragged([], [], [], []), WINDOW)
    assert len(batch) == 0
    assert batch.values.shape == (0, 10)


@given(st.lists(st.integers(0, 50), min_size=4, max_size=4), st.sampled_from([0.5, 0.9, 0.99]), st.booleans())
def test_quantiles_equal_their_slow_twin(counts: list[int], quantile: float, negative: bool) -> None:
    bounds = np.array([-1.0 if negative else 0.5, 1.0, 2.0, np.inf])
    cumulative = np.cumsum(counts).astype(float)
    found = bucket_quantiles(bounds, cumulative[:, None], quantile)[0]
    np.testing.assert_allclose(
        found, _slow_quantile(bounds.tolist(), cumulative.tolist(), quantile), equal_nan=True
    )


def test_a_bucket_that_was_not_scraped_holds_what_lies_below_it() -> None:
    bounds = np.array([0.5, 1.0, 2.0, np.inf])
    known, gap = np.array([2.0, 2.0, 8.0, 8.0]), np.array([2.0, np.nan, 8.0, np.nan])
    found = bucket_quantiles(bounds, np.stack([known, gap], axis=1), 0.5)
    assert found.tolist() == [1.0 + 2 / 6] * 2


def _slow_quantile(bounds: Sequence[float], cumulative: Sequence[float], quantile: float) -> float:
    wanted = quantile * cumulative[-1]
    if cumulative[-1] == 0:
        return np.nan
    for i, bound in enumerate(bounds):
        if cumulative[i] >= wanted:
            if np.isinf(bound):
                return bounds[-2]
            if i == 0 and bound <= 0:
                return bound
            lower, below = (bounds[i - 1], cumulative[i - 1]) if i else (0.0, 0.0)
            inside = cumulative[i] - below
            return lower + (bound - lower) * ((wanted - below) / inside if inside else 1.0)
    raise AssertionError


def test_series_that_only_carry_facts_are_left_out_and_counted() -> None:
    ones = at_each_step([1.0] * 11)
    batch = derive(raw(("build_info", "gauge", ones), ("target", "info", ones), ("g", "gauge", ones)), WINDOW)
    assert [labels["__name__"] for labels in batch.labels] == ["g"]
    assert batch.skipped == {INFO: {"build_info": 1, "target": 1}}
    assert not batch.facts


def test_what_tells_a_state_by_being_there_is_no_fact() -> None:
    batch = derive(raw(("argocd_app_info", "gauge", at_each_step([1.0] * 11))), WINDOW)
    assert (len(batch.labels), INFO in batch.skipped) == (1, False)


def test_facts_that_say_whose_other_series_are_go_along() -> None:
    ones = at_each_step([1.0] * 11)
    names = ("kube_pod_info", "kube_node_info", "kube_service_info", "g")
    batch = derive(raw(*((name, "gauge", ones) for name in names)), WINDOW)
    assert sorted(own["__name__"] for own in batch.facts) == ["kube_node_info", "kube_pod_info"]
    assert sum(batch.skipped[INFO].values()) == 3


def test_a_declared_gauge_is_not_looked_at_as_if_it_were_a_counter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most series are gauges: looking at their steps as a counter's would be a third of the reading."""
    seen: list[list[int]] = []

    def noting(values: Any, stamps: Any, rows: Any = None) -> Any:
        seen.append(rows.tolist())
        return counter_steps(values, stamps, rows)

    monkeypatch.setattr("patternwatch.cortex.plain_series.counter_steps", noting)
    rises = at_each_step([float(n) for n in range(8)])
    batch = derive(
        raw(
            ("a_gauge", "gauge", rises),
            ("b_total", "counter", rises),
            ("c_total", "unknown", rises),
        ),
        WINDOW,
    )
    assert batch.derivation == ["", "rate", "rate"]
    assert seen == [[1, 2]]
