import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import drift
from scipy.stats import ks_2samp

from patternwatch.detectors import CHANGE, KS, RIVER, innovations
from patternwatch.detectors.adwin import CompiledAdwin
from patternwatch.detectors.base import Matrix, Vector
from patternwatch.detectors.drift import RiverDrift
from patternwatch.detectors.ks import ks_p_value
from patternwatch.detectors.kswin import CompiledKSWIN
from patternwatch.detectors.page_hinkley import CompiledPageHinkley
from patternwatch.detectors.presence import Presence
from patternwatch.detectors.quantiles import quantile, sorted_rows
from patternwatch.detectors.spike import Spike
from patternwatch.detectors.variance import VarianceChange
from tests.detectors import naive
from tests.detectors.batches import ROWS, SPLIT, batches, rows


@settings(max_examples=150, deadline=None)
@given(batches(), st.integers(1, ROWS - 1))
def test_ks_statistic_is_exact_with_ties_and_gaps(values: Matrix, split: int) -> None:
    found = KS(values, split).figures["statistic"]
    enough = np.isfinite(values[:, :split]).sum(axis=1) >= 20
    for row, statistic, judged in zip(values, found, enough, strict=True):
        wanted = naive.ks_statistic(row, split) if judged else np.nan
        assert statistic == pytest.approx(wanted, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("split", [25, 255, 256, 700, 2600])
def test_ks_statistic_is_exact_in_long_windows(split: int) -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=(150, split + 300))
    values[::2] = np.rint(values[::2])
    values[:, 20:][rng.random((150, split + 280)) < 0.1] = np.nan
    for row, statistic in zip(values, KS(values, split).figures["statistic"], strict=True):
        before, after = row[:split], row[split:]
        theirs = ks_2samp(before[~np.isnan(before)], after[~np.isnan(after)], method="asymp").statistic
        assert statistic == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize(("before", "after", "judged"), [(20, 1, True), (19, 9, False), (20, 0, False)])
def test_a_test_of_two_samples_takes_twenty_points_before_and_one_after(
    before: int, after: int, judged: bool
) -> None:
    row = np.full((1, 60), np.nan)
    row[0, 30 - before : 30], row[0, 30 : 30 + after] = np.arange(before), 99.0
    found = KS(row, 30)
    p = naive.ks_p_value(1.0, before, after) if judged else math.nan
    assert found.figures["statistic"][0] == pytest.approx(1.0 if judged else math.nan, nan_ok=True)
    assert found.figures["p"][0] == pytest.approx(p, nan_ok=True)
    assert (found.score[0] > 0.0) == judged


@pytest.mark.parametrize("shift", [0.0, 0.3, 0.6])
def test_ks_p_value_is_near_the_exact_one(shift: float) -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(20, 300))
    values[:, 240:] += shift
    exact = [ks_2samp(row[:240], row[240:], method="exact").pvalue for row in values]
    np.testing.assert_allclose(KS(values, 240).figures["p"], exact, rtol=0.12)


@pytest.mark.parametrize(
    ("n", "m", "statistic"), [(240, 60, 0.05), (240, 60, 0.4), (30, 20, 0.9), (9, 9, 1.0)]
)
def test_ks_p_value_follows_the_definition(n: int, m: int, statistic: float) -> None:
    (found,) = ks_p_value(np.array([statistic]), np.array([float(n)]), np.array([float(m)]))
    assert found == pytest.approx(naive.ks_p_value(statistic, n, m), rel=1e-9)


@settings(max_examples=150, deadline=None)
@given(batches(), st.integers(1, ROWS - 1))
def test_innovations_follow_the_definition(values: Matrix, split: int) -> None:
    found = innovations(values, split)
    for row, own in zip(values, found, strict=True):
        largest = np.nanmax(np.abs(row), initial=0.0)
        np.testing.assert_allclose(own, naive.innovations(row, split), atol=1e-9 * largest, rtol=1e-9)


@settings(max_examples=200, deadline=None)
@given(batches(), st.integers(1, ROWS - 1))
def test_change_ratios_follow_the_definition(values: Matrix, split: int) -> None:
    figures = CHANGE(values, split).figures
    for i, row in enumerate(values):
        exact, rounded = (naive.change_ratios(row, split, rounding=part) for part in (0.0, 1e-12))
        for name, *wanted in zip(("step ratio", "level ratio"), exact, rounded, strict=True):
            # an average that is 0 but for rounding may be 0 here and not there: 0 over anything counts as 1
            found = min(max(figures[name][i], min(wanted)), max(wanted))
            assert_same_ratio(figures[name][i], found)


def test_an_average_that_is_nothing_but_for_rounding_is_seen_either_way() -> None:
    row = np.zeros(ROWS)
    row[[12, 16, 39, 48]] = 1.0, 2.0, 1.0, 1.0
    step = CHANGE(row[None], 24).figures["step ratio"][0]
    assert naive.change_ratios(row, 24)[0] <= step <= naive.change_ratios(row, 24, rounding=1e-12)[0]


@settings(max_examples=100, deadline=None)
@given(batches(), st.integers(1, ROWS - 1))
def test_spikes_variance_and_presence_follow_the_definition(values: Matrix, split: int) -> None:
    spikes = Spike()(values, split).figures["spike ratio"]
    variance = VarianceChange()(values, split).figures
    edges = Presence()(values, split).score
    for i, row in enumerate(values):
        assert spikes[i] == pytest.approx(naive.spike_ratio(row, split), nan_ok=True)
        more, less = naive.restlessness(row, split)
        assert variance["more restless"][i] == pytest.approx(more, rel=1e-9, nan_ok=True)
        assert variance["less restless"][i] == pytest.approx(less, rel=1e-9, nan_ok=True)
        assert edges[i] == naive.missing_edge(row, split)


@pytest.mark.parametrize("detector", RIVER, ids=lambda d: d.name)
def test_drifts_are_those_of_river(detector: RiverDrift) -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=(6, 300)) + np.arange(6)[:, None] * (np.arange(300) >= 250)
    found = detector(values, 240).score
    for row, count in zip(values, found, strict=True):
        theirs = getattr(drift, detector.name)(**detector.settings)
        assert count == naive.drifts(row, 240, theirs, detector.memory)


COMPILED = pytest.mark.parametrize(
    ("compiled", "own"),
    [
        (CompiledAdwin(), drift.ADWIN),
        (CompiledKSWIN(), drift.KSWIN),
        (CompiledPageHinkley(), drift.PageHinkley),
    ],
    ids=["ADWIN", "KSWIN", "PageHinkley"],
)


@COMPILED
def test_drifts_are_those_of_river_in_any_series(
    compiled: RiverDrift, own: Callable[..., naive.DriftDetector]
) -> None:
    """Steps there and back, ramps, walks, ties and gaps; a second drift comes after a reset of the window."""
    rng, time = np.random.default_rng(8), np.arange(520)
    values = rng.normal(size=(36, 520))
    values[:6] += 2.0 * np.arange(6)[:, None] * (time // 130 % 2)
    values[6:12] += np.arange(6)[:, None] * time / 200
    values[12:18] = values[12:18].cumsum(axis=1)
    values[18:24] = np.rint(values[18:24] + (time >= 300))
    values[24:30][rng.random((6, 520)) < 0.3] = np.nan
    values[30:33] = (rng.random((3, 520)) < 0.05) + 3.0 * (time >= 250)
    found = compiled(values, 240)
    for row, count, first in zip(values, found.score, found.figures["first"], strict=True):
        points = naive.drift_points(row, 240, own(**compiled.settings), compiled.memory)
        assert (count, first) == (len(points), points[0] if points else math.inf)
    assert set(found.score) >= {0.0, 1.0, 2.0}


@pytest.mark.parametrize(
    ("own", "changed"),
    [
        (drift.KSWIN, {"alpha": 0.05}),
        (drift.KSWIN, {"window_size": 60}),
        (drift.KSWIN, {"stat_size": 20}),
        (drift.KSWIN, {"seed": 7}),
        (drift.PageHinkley, {"threshold": 5.0}),
        (drift.PageHinkley, {"threshold": 20.0, "delta": 0.2}),
        (drift.PageHinkley, {"threshold": 20.0, "alpha": 0.9}),
        (drift.PageHinkley, {"threshold": 5.0, "min_instances": 60}),
    ],
)
def test_what_is_compiled_has_the_settings_of_river(
    own: Callable[..., naive.DriftDetector], changed: dict[str, Any]
) -> None:
    made = CompiledKSWIN if own is drift.KSWIN else CompiledPageHinkley
    usual = made()
    detector = made(settings={**usual.settings, **changed})
    values = np.random.default_rng(9).normal(size=(12, 400)) + 0.8 * (np.arange(400) % 120 >= 60)
    found = detector(values, 240).figures["first"]
    for row, first in zip(values, found, strict=True):
        points = naive.drift_points(row, 240, own(**detector.settings), detector.memory)
        assert first == (points[0] if points else math.inf)
    assert np.isfinite(found).any() or changed.get("alpha") == 0.9
    assert found.tolist() != usual(values, 240).figures["first"].tolist()


def test_variance_is_seen_both_ways_and_a_level_shift_is_none() -> None:
    rng = np.random.default_rng(6)
    row = rng.normal(size=(1, 300))
    later = np.arange(300) >= 240
    assert VarianceChange()(np.where(later, 5.0 * row, row), 240).flagged[0]
    assert VarianceChange()(np.where(later, 0.2 * row, row), 240).flagged[0]
    assert not VarianceChange()(row + 50.0 * later, 240).flagged[0]
    assert not Spike()(row + 50.0 * later, 240).flagged[0]
    assert Spike()(row + 20.0 * (np.arange(300) == 260), 240).flagged[0]


def assert_same_ratio(found: float, wanted: float) -> None:
    # where a baseline does not move at all but for rounding, both are huge and rounding decides how huge
    assert found == pytest.approx(wanted, rel=1e-4, nan_ok=True) or min(found, wanted) >= 1e5


@settings(max_examples=60, deadline=None)
@given(rows(), st.integers(30, ROWS - 1))
def test_best_split_is_at_least_as_good_as_the_nominal_one(row: Vector, split: int) -> None:
    detection, best = CHANGE.over_splits(row[None], split, 20)
    assert best[0] >= detection.score[0]
    alone, same = CHANGE.over_splits(row[None], split, split)
    assert alone.score[0] == detection.score[0]
    assert same[0] == alone.figures["by size"][0] >= alone.score[0]


@settings(max_examples=100, deadline=None)
@given(batches(), st.integers(30, ROWS - 1))
def test_what_rarely_moved_counts_by_its_moves(values: Matrix, split: int) -> None:
    found = CHANGE(values, split)
    for i, row in enumerate(values):
        if not math.isnan(found.figures["step ratio"][i]):
            moves, crowded = naive.crowding(row, split)
            assert found.figures["moves"][i] == moves
            size, points = found.figures["by size"][i], naive.points_before(row, split, split)
            fewer = naive.weight_of_moves(moves, points)
            wanted = min(size, max(size * fewer, crowded / -math.log(0.02)))
            assert found.score[i] == pytest.approx(wanted, rel=1e-6, abs=1e-9)


def test_a_late_split_is_seen_through() -> None:
    rng = np.random.default_rng(5)
    row = rng.normal(size=(1, 300))
    row[:, 200:] += 30.0
    detection, best = CHANGE.over_splits(row, 240, 60)
    assert not detection.flagged[0]
    assert best[0] > 1.0


@settings(max_examples=60, deadline=None)
@given(batches(), st.sampled_from([0.0, 0.25, 0.5, 0.8, 1.0]))
def test_quantiles_are_numpys(values: Matrix, q: float) -> None:
    found = quantile(*sorted_rows(values), q)
    for row, own in zip(values, found, strict=True):
        finite = row[np.isfinite(row)]
        wanted = np.quantile(finite, q) if len(finite) else np.nan
        assert own == pytest.approx(wanted, rel=1e-9, nan_ok=True)


def test_splits_outside_the_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="earliest split"):
        CHANGE.over_splits(np.zeros((1, ROWS)), SPLIT, SPLIT + 1)


def test_a_baseline_that_is_sorted_already_changes_nothing() -> None:
    values = np.random.default_rng(2).normal(size=(5, 300))
    values[:, 240:] += 3.0
    values[1, ::3] = np.nan
    found, best = CHANGE.over_splits(values, 240, 60, sorted_rows(values[:, :240]))
    wanted, also = CHANGE.over_splits(values, 240, 60)
    np.testing.assert_array_equal((found.score, best), (wanted.score, also))
    other, _ = CHANGE.over_splits(values, 240, 60, sorted_rows(values[:, :240] + 9.0))
    assert (other.score != wanted.score).any()
