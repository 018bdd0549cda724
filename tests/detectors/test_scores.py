"""What each detector makes of its figures: the score and the flag."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from scipy.signal import lfilter

from patternwatch import detectors
from patternwatch.detectors import CHANGE, DETECTORS, KS, RIVER, Detection, Detector, warm_up
from patternwatch.detectors.base import Matrix, checked
from patternwatch.detectors.change import ChangeRatio
from patternwatch.detectors.drift import RiverDrift
from patternwatch.detectors.presence import Presence
from patternwatch.detectors.self_history import SelfHistoryScore
from patternwatch.detectors.spike import Spike
from patternwatch.detectors.variance import VarianceChange
from tests.detectors import naive

NAN = math.nan


def logs(ratios: Sequence[float], bar: float) -> list[float]:
    """The score of ratios: their logarithm to the base of the bar, 0 below 1 and where there is none."""
    return [max(math.log(r, bar), 0.0) if r > 0 else 0.0 for r in ratios]


def mixed() -> Matrix:
    """Noise, a shift, a spike, calm, unrest, a short and an ended series."""
    time = np.arange(300)
    values = np.random.default_rng(8).normal(size=(7, 300))
    values[1, 240:] += 20.0
    values[2, 260] += 30.0
    values[3, 240:] *= 0.1
    values[4, 240:] *= 5.0
    values[5, :225] = NAN
    values[6, time >= 240] = NAN
    return values


@pytest.mark.parametrize(("step_bar", "level_bar"), [(2.45, 4.5), (1.5, 9.0), (6.0, 2.0)])
def test_the_change_score_is_the_larger_of_both_ratios_over_their_bars(
    step_bar: float, level_bar: float
) -> None:
    detector = ChangeRatio(step_bar, level_bar)
    for split in (60, 240):
        found = detector(mixed(), split)
        wanted = [naive.change_score(row, split, None, step_bar, level_bar) for row in mixed()]
        np.testing.assert_allclose(found.score, wanted, rtol=1e-6)
        assert found.flagged.tolist() == (found.score >= 1.0).tolist()


@pytest.mark.parametrize("split", [240, 298])
def test_the_best_split_is_the_better_of_both_ends(split: int) -> None:
    values = np.concatenate([mixed(), mixed() + 30.0 * (np.arange(300) >= 100)])
    values[0, 298:] += [0.5, 9.0]
    values[4] = 40.0 + 3.0 * values[4] ** 2
    values[4, 7] = -1.0  # one point below 0: no roots are taken
    values[3] += 0.05 * np.maximum(np.arange(300) - 100, 0)  # too slow for steps
    detection, best = CHANGE.over_splits(values, split, 100)
    both = [[naive.change_ratios(row, split, at) for row in values] for at in (None, 100)]
    at_split, at_earliest = (
        np.array([naive.change_score(row, split, at) for row in values]) for at in (None, 100)
    )
    np.testing.assert_allclose(detection.score, at_split, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(best, np.maximum(at_split, at_earliest), rtol=1e-6, atol=1e-12)
    figures = np.array([detection.figures["step ratio"], detection.figures["level ratio"]])
    np.testing.assert_allclose(figures.T, both[0], rtol=1e-6)
    assert (at_split < at_earliest).any()
    assert (at_split > at_earliest).any()  # less lies before an earlier one: more is allowed for


@pytest.mark.parametrize("noise", ["normal", "skewed", "wandering"])
def test_noise_passes_as_rarely_with_few_points_as_with_many(noise: str) -> None:
    rng = np.random.default_rng(3)
    kicks = rng.exponential(size=(8000, 400)) if noise == "skewed" else rng.normal(size=(8000, 400))
    values = lfilter([1.0], [1.0, -0.97 if noise == "wandering" else 0.0], kicks)[:, 100:] + 50.0

    def passed(every: int) -> float:
        """The share that is flagged of series that are scraped every so many rows."""
        sparse = np.where(np.arange(300) % every == 0, values, NAN)
        return float(CHANGE(sparse, 240).flagged.mean())

    assert np.isfinite(values).all()
    assert max(passed(every) for every in (8, 10, 12)) <= 1.3 * passed(5) + 0.001


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9, 0.95])
@pytest.mark.parametrize("kicks", ["normal", "skewed", "heavy"])
def test_noise_passes_no_more_often_behind_a_short_baseline_and_a_rise_to_three_times_is_found(
    kicks: str, phi: float
) -> None:
    rng, shape = np.random.default_rng(4), (3000, 400)
    drawn = {
        "normal": rng.normal(size=shape),
        "skewed": rng.exponential(size=shape),
        "heavy": rng.standard_t(4, size=shape),
    }[kicks]
    noise = lfilter([1.0], [1.0, -phi], drawn - drawn.mean())[:, 100:]
    values = 20.0 + noise / noise.std()

    def passed(rows: int) -> float:
        return float(CHANGE(values[:, 240 - rows :], rows).flagged.mean())

    assert max(passed(rows) for rows in (20, 30, 60, 120)) <= passed(240) + 0.002
    tripled = np.where(np.arange(300) >= 243, 3.0, 1.0) * values
    for rows, least in ((20, 0.9), (30, 0.97), (60, 0.99)):
        assert CHANGE(tripled[:, 240 - rows :], rows).flagged.mean() >= least


@pytest.mark.parametrize("earliest", [-1, 0, 241])
def test_an_earliest_split_outside_the_baseline_is_refused(earliest: int) -> None:
    with pytest.raises(
        ValueError, match=f"^the earliest split lies between the rows 1 and 240, not at {earliest}$"
    ):
        CHANGE.over_splits(mixed(), 240, earliest)
    assert CHANGE.over_splits(mixed(), 240, 1)[1].shape == (7,)


def test_the_score_of_a_spike_and_of_variance_is_the_log_of_the_ratio() -> None:
    spikes = [naive.spike_ratio(row, 240) for row in mixed()]
    found = Spike(bar=3.0)(mixed(), 240)
    np.testing.assert_allclose(found.score, logs(spikes, 3.0), rtol=1e-9)
    assert found.flagged.tolist() == [False, False, True, False, True, False, False]
    larger = [max(naive.restlessness(row, 240)) for row in mixed()]
    changed = VarianceChange(bar=3.0)(mixed(), 240)
    np.testing.assert_allclose(changed.score, logs(larger, 3.0), rtol=1e-9)
    assert changed.flagged.tolist() == [False, False, False, True, True, False, False]


def test_the_ks_score_is_the_negative_exponent_of_p() -> None:
    values = np.tile(np.arange(300.0) % 7, (5, 1))
    values[1, 240:] += 3.0
    values[2, 240:] += 1e9
    values[3, :220] = NAN
    values[4, :221] = NAN
    found = KS(values, 240)
    p = [naive.ks_p_value(naive.ks_statistic(row, 240), 240, 60) for row in values[:3]]
    np.testing.assert_allclose(found.figures["p"][:3], p, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.score[:2], -np.log10(p[:2]), atol=1e-9)
    assert found.score[2] > 12.0
    assert [math.isnan(p) for p in found.figures["p"]] == [False, False, False, False, True]
    assert [math.isnan(d) for d in found.figures["statistic"]] == [False, False, False, False, True]
    assert found.score[4] == 0.0
    assert str(KS(np.ones((1, 300)), 240).score.tolist()) == "[0.0]"  # not -0.0
    endless = np.where(np.arange(20_000) < 10_000, 0.0, 1.0)[None]
    assert KS(endless, 10_000).score.tolist() == [300.0]


def test_presence_counts_missing_rows_in_the_longest_gap() -> None:
    values = np.ones((5, 60))
    values[1, :45] = NAN
    values[2, 48:] = NAN
    values[3, :30] = NAN
    values[4, [10, 11, 12, 57, 58, 59]] = NAN
    found = Presence()(values, 40)
    assert found.figures["appeared"].tolist() == [0.0, 45.0, 0.0, 0.0, 0.0]
    assert found.figures["vanished"].tolist() == [0.0, 0.0, 12.0, 0.0, 3.0]
    assert found.score.tolist() == [0.0, 15.0, 4.0, 0.0, 0.75]
    assert found.flagged.tolist() == [False, True, True, False, False]
    assert Presence()(values, 45).score[1] == 15.0
    assert Presence()(values, 46).score[1] == 0.0


@pytest.mark.parametrize("split", [200, 240, 300, 539, 540, 599, 600, 1200])
def test_the_self_history_score_takes_off_what_the_past_usually_reached(split: int) -> None:
    rng = np.random.default_rng(split)
    values = rng.normal(size=(4, split + 60))
    for at in range(250, split, 130):
        values[:, at : at + 20] += np.array([0.0, 6.0, 12.0, 12.0])[:, None]
    values[:, split + 5 :] += 12.0
    values[3, : split // 2] = NAN
    values[2, split // 3 : split // 3 + 70] = NAN
    values[1, max(split - 360, 0) : max(split - 140, 0)] = NAN  # leaves one stretch just enough before it
    detector = SelfHistoryScore(discount=0.8)
    found = detector(values, split)
    for i, row in enumerate(values):
        present, usual, stretches = naive.self_history(row, split)
        assert found.figures["present"][i] == pytest.approx(present)
        assert found.figures["usual"][i] == pytest.approx(usual, nan_ok=True)
        assert found.figures["stretches"][i] == stretches
        wanted = present / (1.0 + 0.8 * (0.0 if math.isnan(usual) else usual))
        assert found.score[i] == pytest.approx(wanted)
    assert found.flagged.tolist() == (found.score >= 1.0).tolist()


@pytest.mark.parametrize(
    ("detector", "points"),
    [(RIVER[0], [16, 32, 48]), (RIVER[1], [13, 11, math.inf]), (RIVER[2], [22, 21, 24])],
    ids=[detector.name for detector in RIVER],
)
def test_the_first_drift_is_a_point_of_the_current_part_at_any_scale(
    detector: RiverDrift, points: list[float]
) -> None:
    row = np.random.default_rng(0).normal(size=300)
    row[250:] += 20.0
    time = np.arange(300)
    values = np.array(
        [
            row,
            np.where(time % 5 == 0, NAN, row),
            np.where(time < 250, 3.0, 4.0),  # a baseline that never moves
            np.where(time < 250, 0.1, 0.3),  # another one, whose mean is not quite 0.1
            np.where(time < 221, NAN, row),
            np.where(time >= 240, NAN, row),
            np.full(300, 3.0),
            np.zeros(300),
        ]
    )
    first = [*points, points[-1], NAN, NAN, math.inf, math.inf]
    for scale in (1e-170, 1.0, 1e170):
        found = detector(scale * values, 240)
        np.testing.assert_array_equal(found.figures["first"], first)
        assert found.score.tolist() == found.figures["drifts"].tolist() == [float(f < 300) for f in first]
        assert found.flagged.tolist() == [f < 300 for f in first]


@pytest.mark.parametrize("detector", RIVER, ids=[detector.name for detector in RIVER])
def test_drifts_are_looked_for_from_twenty_points_of_a_baseline_on(detector: RiverDrift) -> None:
    row = np.random.default_rng(0).normal(size=300)
    values = np.array([np.where(np.arange(300) < 240 - points, NAN, row) for points in (19, 20)])
    assert np.isnan(detector(values, 240).figures["first"]).tolist() == [True, False]


def test_every_drift_is_counted() -> None:
    steps = np.repeat([0.0, 30.0, -30.0, 30.0], 240)
    values = np.random.default_rng(0).normal(size=(1, 960)) + steps
    found = RIVER[0](values, 240)
    assert (found.score[0], found.flagged[0]) == (3.0, True)


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: d.name)
def test_a_score_at_the_threshold_is_flagged(detector: Detector) -> None:
    score = float(detector(mixed(), 240).score.max())
    for threshold, flagged in ((score, True), (math.nextafter(score, math.inf), False)):
        moved = replace(cast("ChangeRatio", detector), threshold=threshold)  # a dataclass, as all are
        assert moved(mixed(), 240).flagged.any() == flagged


def test_a_batch_that_breaks_the_contract_is_refused_in_words() -> None:
    for values, split, words in (
        (np.zeros(3), 1, "a batch has the shape (series, rows), not (3,)"),
        (np.zeros((1, 3)), 0, "a split lies between the rows 1 and 2, not at 0"),
        (np.zeros((1, 3)), 3, "a split lies between the rows 1 and 2, not at 3"),
        (np.array([[0.0, -np.inf, 1.0]]), 1, "a batch holds infinite values: mark them as gaps (NaN)"),
    ):
        with pytest.raises(ValueError, match="a ") as refused:
            checked(values, split)
        assert str(refused.value) == words
    whole: Any = np.arange(6, dtype=np.int32).reshape(3, 2)
    turned = checked(whole.T, 1)
    assert turned.dtype == np.float64
    assert turned.flags.c_contiguous
    assert turned.tolist() == [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]


def test_warming_up_calls_every_compiled_detector_with_what_it_can_judge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, Detection]] = []

    class Spy:
        threshold = 1.0

        def __init__(self, detector: Detector) -> None:
            self.detector, self.name = detector, detector.name

        def __call__(self, values: Matrix, split: int) -> Detection:
            found = self.detector(values, split)
            asked.append((self.name, found))
            return found

        def describe(self, detection: Detection, row: int) -> str:
            return self.detector.describe(detection, row)

    spies = {detector.name: Spy(detector) for detector in DETECTORS}
    monkeypatch.setattr(detectors, "DETECTORS", tuple(spies.values()))
    warm_up()
    assert [name for name, _ in asked] == list(spies)
    judged = dict(asked)
    for name, figure in (
        ("change ratio", "step ratio"),
        ("Kolmogorov-Smirnov", "p"),
        ("spike", "spike ratio"),
    ):
        assert np.isfinite(judged[name].figures[figure]).all()


def test_detectors_of_river_take_their_settings() -> None:
    values = np.random.default_rng(0).normal(size=(1, 300)) + 2.0 * (np.arange(300) >= 240)
    eager, lazy = (RiverDrift("PageHinkley", {"threshold": bar})(values, 240) for bar in (5.0, 1e6))
    assert (eager.flagged[0], lazy.flagged[0]) == (True, False)
