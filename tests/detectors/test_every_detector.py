"""What holds for every detector, so that a new one is tested by being registered."""

import numpy as np
import pytest
from hypothesis import given, settings

from patternwatch.detectors import CHANGE, DETECTORS, KS, RIVER, SELF_HISTORY, warm_up
from patternwatch.detectors.base import Detector, Matrix, Vector
from patternwatch.detectors.presence import Presence
from tests.detectors.batches import ROWS, SPLIT, batches

every_detector = pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: d.name)
of_values = pytest.mark.parametrize(
    "detector", [d for d in DETECTORS if not isinstance(d, Presence)], ids=lambda d: d.name
)
of_levels = pytest.mark.parametrize("detector", [CHANGE, KS, SELF_HISTORY, *RIVER], ids=lambda d: d.name)


@every_detector
@settings(max_examples=40, deadline=None)
@given(values=batches())
def test_scores_are_finite_and_flags_follow_the_threshold(detector: Detector, values: Matrix) -> None:
    kept = values.copy()
    detection = detector(values, SPLIT)
    assert isinstance(detector, Detector)
    assert detection.score.shape == detection.flagged.shape == (len(values),)
    assert np.isfinite(detection.score).all()
    assert (detection.score >= 0).all()
    np.testing.assert_array_equal(detection.flagged, detection.score >= detector.threshold)
    np.testing.assert_array_equal(values, kept)
    for i in range(len(values)):
        assert detector.describe(detection, i)


@every_detector
@settings(max_examples=20, deadline=None)
@given(values=batches())
def test_series_are_judged_each_by_itself(detector: Detector, values: Matrix) -> None:
    together = detector(values, SPLIT).score
    alone = [detector(row[None], SPLIT).score[0] for row in values]
    np.testing.assert_array_equal(together, alone)


@every_detector
@settings(max_examples=20, deadline=None)
@given(values=batches())
def test_scale_does_not_matter(detector: Detector, values: Matrix) -> None:
    # a power of two, so that rounding is the same
    scaled = detector(values * 2.0**40, SPLIT)
    np.testing.assert_allclose(scaled.score, detector(values, SPLIT).score, rtol=1e-9)


@of_values
@pytest.mark.parametrize(
    "row",
    [
        np.full(ROWS, 3.0),
        np.zeros(ROWS),
        np.full(ROWS, np.nan),
        np.where(np.arange(ROWS) < SPLIT - 5, np.nan, 1.0 * np.arange(ROWS)),
        np.where(np.arange(ROWS) >= SPLIT, np.nan, 1.0 * np.arange(ROWS)),
    ],
    ids=["constant", "zero", "all gaps", "short baseline", "nothing after the split"],
)
def test_what_cannot_be_judged_is_not_flagged(detector: Detector, row: Vector) -> None:
    detection = detector(row[None], SPLIT)
    assert detection.score[0] == 0.0
    assert not detection.flagged[0]


@of_levels
@pytest.mark.parametrize("scale", [1e-100, 1.0, 1e100])
def test_a_level_never_seen_before_is_flagged_at_any_scale(detector: Detector, scale: float) -> None:
    row = np.random.default_rng(1).normal(size=300) + 50.0 * (np.arange(300) >= 240)
    assert detector(scale * row[None], 240).flagged[0]


@every_detector
def test_another_shape_or_split_or_infinity_is_refused(detector: Detector) -> None:
    with pytest.raises(ValueError, match="shape"):
        detector(np.zeros(ROWS), SPLIT)
    for split in (0, ROWS):
        with pytest.raises(ValueError, match="split"):
            detector(np.zeros((2, ROWS)), split)
    with pytest.raises(ValueError, match="infinite"):
        detector(np.full((1, ROWS), np.inf), SPLIT)


@every_detector
def test_an_empty_batch_has_an_empty_answer(detector: Detector) -> None:
    assert detector(np.empty((0, ROWS)), SPLIT).score.shape == (0,)


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
