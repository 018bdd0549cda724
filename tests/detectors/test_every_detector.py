"""What holds for every detector, so that a new one is tested by being registered."""

import numpy as np
import pytest
from hypothesis import given, settings

from patternwatch.detectors import CHANGE, DETECTORS, KS, RIVER, SELF_HISTORY, warm_up
from patternwatch.detectors.base import Detector, Matrix
from patternwatch.detectors.presence import Presence
from patternwatch.testing import check_detector
from patternwatch.testing.detector_checks import check_contract, check_independence, check_scale
from tests.detectors.batches import ROWS, SPLIT, batches

every_detector = pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: d.name)
of_levels = pytest.mark.parametrize("detector", [CHANGE, KS, SELF_HISTORY, *RIVER], ids=lambda d: d.name)


@every_detector
def test_it_conforms(detector: Detector) -> None:
    check_detector(detector, judges_gaps=isinstance(detector, Presence))


@every_detector
@settings(max_examples=40, deadline=None)
@given(values=batches())
def test_it_keeps_the_contract_on_any_batch(detector: Detector, values: Matrix) -> None:
    check_contract(detector, values, SPLIT)


@every_detector
@settings(max_examples=20, deadline=None)
@given(values=batches())
def test_series_are_judged_each_by_itself_and_in_any_unit(detector: Detector, values: Matrix) -> None:
    check_independence(detector, values, SPLIT)
    check_scale(detector, values, SPLIT)


@every_detector
def test_it_warns_of_nothing(detector: Detector) -> None:
    time = np.arange(ROWS)
    rows = np.tile(np.random.default_rng(5).normal(size=ROWS), (8, 1))
    rows[0], rows[1], rows[2] = 0.0, 7.5, np.where(time >= SPLIT, 1e12, 0.0)
    rows[3], rows[4, :SPLIT], rows[5, SPLIT:] = np.nan, np.nan, np.nan
    rows[6, 1:], rows[7] = np.nan, np.where(time >= SPLIT, 0.0, 1.0)
    with np.errstate(all="raise", under="ignore"):
        found = detector(rows, SPLIT)
    assert np.isfinite(found.score).all()


@of_levels
@pytest.mark.parametrize("scale", [1e-100, 1.0, 1e100])
def test_a_level_never_seen_before_is_flagged_at_any_scale(detector: Detector, scale: float) -> None:
    row = np.random.default_rng(1).normal(size=300) + 50.0 * (np.arange(300) >= 240)
    assert detector(scale * row[None], 240).flagged[0]


def test_autocorrelated_noise_seasons_ramps_and_integer_steps_are_hardly_flagged_by_the_filter() -> None:
    rng = np.random.default_rng(11)
    noise = np.zeros((2000, 400))
    for t in range(1, 400):
        noise[:, t] = 0.95 * noise[:, t - 1] + rng.normal(size=2000)
    assert CHANGE(noise[:, 100:], 240).flagged.mean() <= 0.02
    time, begin = np.arange(300), rng.uniform(0.0, 2.0 * np.pi, size=(2000, 1))
    season = 50.0 + 10.0 * np.sin(2.0 * np.pi * time / 288 + begin) + rng.normal(size=(2000, 300))
    assert CHANGE(season, 240).flagged.mean() <= 0.02
    ramp = rng.uniform(0.01, 1.0, size=(2000, 1)) * time + rng.normal(size=(2000, 300))
    assert CHANGE(ramp, 240).flagged.mean() <= 0.02
    steps = rng.poisson(2.0, size=(2000, 300)).astype(float)
    assert CHANGE(steps, 240).flagged.mean() <= 0.02


def test_a_restarting_counter_is_no_spike_or_drift_of_presence() -> None:
    row = np.arange(300.0) % 280
    assert not Presence()(row[None], 240).flagged[0]


def test_what_its_history_did_before_counts_less() -> None:
    rng = np.random.default_rng(2)
    row = rng.normal(size=1740)
    row[1700:1720] += 12.0
    known = row.copy()
    for at in range(310, 1400, 300):
        known[at : at + 20] += 12.0
    assert SELF_HISTORY(row[None], 1680).flagged[0]
    assert SELF_HISTORY(known[None], 1680).score[0] < 0.7 * SELF_HISTORY(row[None], 1680).score[0]
    assert "no earlier history" in SELF_HISTORY.describe(SELF_HISTORY(row[None, -300:], 240), 0)


@pytest.mark.parametrize("edge", [slice(0, 45), slice(50, 70)], ids=["appears", "vanishes"])
def test_series_that_appear_or_vanish_are_told_by_presence(edge: slice) -> None:
    row = np.ones((1, ROWS))
    row[0, edge] = np.nan
    detection = Presence()(row, SPLIT)
    assert detection.flagged[0]
    assert "has no point" in Presence().describe(detection, 0)


def test_names_are_unique_and_warming_up_needs_nothing() -> None:
    assert len({d.name for d in DETECTORS}) == len(DETECTORS)
    warm_up()
