"""What the same window a day earlier shows too is not flagged; a fault on top of it is."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patternwatch.analysis.conclude import conclude
from patternwatch.analysis.scoring.seasonal import (
    SeasonalComparison,
    compare,
    expected,
    intersect,
    residual_of,
)
from patternwatch.classifier.shape_classifier import PlainClassifier
from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.shard_results import Candidate, ShardResult
from patternwatch.detectors import CHANGE, Detection
from patternwatch.detectors.base import Matrix, Vector
from tests.analysis import naive
from tests.analysis.incidents import ROWS, SETTINGS, SPLIT, batch, request_of, results_of, up_or_down
from tests.detectors.batches import ROWS as SHORT
from tests.detectors.batches import SPLIT as SHORT_SPLIT
from tests.detectors.batches import batches

SERVICES = 60
INDEX = np.arange(ROWS)
MORNING = np.clip((INDEX - 235) / 50, 0, 1)
NIGHTLY_JOB = ((INDEX >= 246) & (INDEX < 280)).astype(float)


def noise(seed: int, rows: int = SERVICES) -> Matrix:
    values = np.random.default_rng(seed).normal(size=(rows, ROWS))
    for t in range(1, ROWS):
        values[:, t] += 0.6 * values[:, t - 1]
    return 100.0 + values


def daily(shape: Vector, seed: int = 0, size: float = 15.0) -> tuple[Matrix, Matrix]:
    """Two days of series that move alike each day, a tenth more or less, the second a row later."""
    rng = np.random.default_rng(seed)
    today = noise(seed + 1) + size * rng.uniform(0.9, 1.1, (SERVICES, 1)) * shape
    return today, noise(seed + 2) + size * np.roll(shape, -1)


def series_of(today: Matrix, yesterday: Matrix) -> SeriesBatch:
    labels = [{"__name__": f"m{i % 7}_usage", "service": f"s{i}"} for i in range(len(today))]
    return replace(batch(labels, today), seasonal_reference=yesterday)


def report_of(series: SeriesBatch, number: int = 1) -> tuple[Report, list[ShardResult]]:
    request = request_of(series).model_copy(update={"compare": "day"})
    results = results_of(request, series, number)
    return conclude(request, results, PlainClassifier(up_or_down, "fake"), SETTINGS), results


def evaluation(today: Matrix, yesterday: Matrix) -> tuple[float, float, SeasonalComparison]:
    detection, change = CHANGE.over_splits(today, SPLIT, 60)
    compared = compare(today, yesterday, SPLIT, 60, detection.score, change, 0.5, ["cpu"] * len(today))
    return detection.flagged.mean(), (compared.score >= 1).mean(), compared


@pytest.mark.parametrize("shape", [MORNING, NIGHTLY_JOB], ids=["morning", "nightly job"])
def test_a_daily_rise_is_not_flagged(shape: Vector) -> None:
    plain, residual, _ = evaluation(*daily(shape))
    assert plain > 0.9
    assert residual <= 0.02


@pytest.mark.parametrize("shape", [MORNING, NIGHTLY_JOB], ids=["morning", "nightly job"])
@pytest.mark.parametrize("factor", [1.3, -1.3])
def test_a_fault_larger_than_the_rise_is_still_flagged(shape: Vector, factor: float) -> None:
    today, yesterday = daily(shape)
    today[:, 250:] += factor * 15.0
    plain, residual, _ = evaluation(today, yesterday)
    assert plain > 0.9
    assert residual > 0.95


def test_the_earlier_window_of_something_else_changes_nothing() -> None:
    fault = 10.0 * (INDEX >= SPLIT)
    plain, residual, _ = evaluation(noise(5) + fault, noise(6))
    assert plain == residual > 0.9
    plain, residual, _ = evaluation(noise(5) + fault, np.full((SERVICES, ROWS), np.nan))
    assert plain == residual > 0.9


@settings(max_examples=80, deadline=None)
@given(batches(), st.integers(0, 2**32 - 1))
def test_scores_are_never_higher_than_without_it(values: Matrix, seed: int) -> None:
    rng = np.random.default_rng(seed)
    earlier = np.where(rng.random(values.shape) < 0.1, np.nan, values[rng.permutation(len(values))])
    detection, change = CHANGE.over_splits(values, SHORT_SPLIT, 20)
    found = compare(values, earlier, SHORT_SPLIT, 20, detection.score, change, 0.5, ["cpu"] * len(values))
    assert (found.score <= detection.score).all()
    assert (found.change <= change).all()
    assert all(np.isfinite(movement).all() for movement in found.expected.values())


@settings(max_examples=60, deadline=None)
@given(batches(1), st.sampled_from([0.25, 0.5, 1.0, 3.0]))
def test_no_more_is_foretold_than_was_there(values: Matrix, times: float) -> None:
    known = np.where(np.isnan(values), 0.0, values)
    movement = expected(times * known, known, SHORT_SPLIT)
    then = np.abs(known - np.median(known[:, :SHORT_SPLIT], axis=1, keepdims=True)).max()
    assert movement.shape == (1, SHORT)
    assert np.abs(movement).max() <= then * (1 + 1e-9)


@pytest.mark.parametrize("lag", [-1, 0, 1])
@pytest.mark.parametrize("gain", [-0.5, 0.4, 1.0, 1.8])
@pytest.mark.parametrize("gaps", [0.0, 0.15])
def test_the_expected_movement_follows_the_definition(lag: int, gain: float, gaps: float) -> None:
    rng = np.random.default_rng(round(100 * gain) + lag + 60)
    earlier = rng.normal(size=(4, SHORT)).cumsum(axis=1) + np.array([0.0, 6.0, -6.0, 0.0])[:, None] * (
        np.arange(SHORT) >= SHORT_SPLIT
    )
    values = gain * np.roll(earlier, lag, axis=1) + 0.3 * rng.normal(size=earlier.shape)
    values[rng.random(values.shape) < gaps] = np.nan
    earlier[rng.random(values.shape) < gaps] = np.nan
    wanted = [
        naive.expected_movement(row, then, SHORT_SPLIT) for row, then in zip(values, earlier, strict=True)
    ]
    np.testing.assert_allclose(expected(values, earlier, SHORT_SPLIT), wanted, atol=1e-9)


def test_before_its_first_point_the_earlier_window_did_not_move() -> None:
    values = np.where(INDEX[None] >= SPLIT, 10.0, 0.0)
    earlier = np.where(INDEX < 8, np.nan, values)
    assert expected(values, earlier, SPLIT)[0, [0, 7, 8, 239, 240]].tolist() == [0, 0, 0, 0, 10]
    lone = np.where(INDEX == 0, 3.0, np.nan)[None]  # held to the end, so it never moved
    assert not expected(values, lone, SPLIT).any()


def test_of_shifts_that_fit_alike_the_earliest_is_taken() -> None:
    earlier = np.where(INDEX[None] >= SPLIT, 10.0, 0.0)
    values = np.where(np.abs(INDEX - SPLIT) <= 3, np.nan, earlier)
    assert expected(values, earlier, SPLIT)[0, [SPLIT - 2, SPLIT - 1]].tolist() == [0.0, 10.0]


def test_nothing_is_divided_by_zero_or_overflows_aloud() -> None:
    rows = np.array([np.zeros(ROWS), np.full(ROWS, np.nan), 1e200 * (INDEX >= SPLIT), 5.0 * (INDEX >= SPLIT)])
    with np.errstate(all="raise", under="ignore"):
        movement = expected(rows[[0, 1, 2, 3, 3]], np.array([*rows[[0, 0, 2, 0]], 1e-170 * rows[3]]), SPLIT)
    assert not movement[[0, 1, 3, 4]].any()
    assert np.isfinite(movement).all()


def test_only_known_series_from_the_bar_on_are_compared() -> None:
    today, yesterday = daily(MORNING)
    yesterday[1] = np.nan
    detection, change = CHANGE.over_splits(today[:3], SPLIT, 60)
    given = detection.score.copy(), change.copy()
    bar = float(change[0])
    for min_score, moved in ((bar, {0}), (np.nextafter(bar, np.inf), set())):
        own = np.array([bar, bar, bar / 2])
        found = compare(today[:3], yesterday[:3], SPLIT, 60, detection.score, own, min_score, ["cpu"] * 3)
        assert found.known.tolist() == [True, False, True]
        assert set(found.expected) == moved
        for row in moved:
            (wanted,) = expected(today[row : row + 1], yesterday[row : row + 1], SPLIT)
            np.testing.assert_array_equal(found.expected[row], wanted)
        assert found.score[1:].tolist() == given[0][1:].tolist()
        assert found.change[1:].tolist() == own[1:].tolist()
        assert (found.score[0] < given[0][0]) == (found.change[0] < bar) == bool(moved)
    np.testing.assert_array_equal(detection.score, given[0])  # what was given is not written to


def test_the_residual_is_the_values_less_the_expected_movement() -> None:
    values = np.array([[5.0, 6.0, 9.0], [1.0, 1.0, 1.0]])
    none = np.zeros(2)
    compared = SeasonalComparison(none == 0, {0: np.array([0.0, 1.0, 3.0])}, none, none)
    assert compared.residual(values).tolist() == [[5.0, 5.0, 6.0], [1.0, 1.0, 1.0]]
    assert values[0].tolist() == [5.0, 6.0, 9.0]


def test_the_residual_of_candidates_leaves_alone_those_without_an_expected_movement() -> None:
    def candidate(movement: list[float] | None) -> Candidate:
        own = None if movement is None else np.array(movement, np.float32)
        points = np.zeros(2, np.float32)
        return Candidate(
            labels={}, derivation="", category="cpu", screening_score=1.0, values=points, expected=own
        )

    values = np.array([[1.0, 3.0], [1.0, 3.0], [1.0, 3.0], [2.0, 8.0]])
    candidates = [candidate(None), candidate([]), candidate([0.0, 2.0]), candidate([1.0, 4.0])]
    assert residual_of(candidates, values).tolist() == [[1, 3], [1, 3], [1, 1], [1, 4]]
    assert values.tolist() == [[1, 3], [1, 3], [1, 3], [2, 8]]
    plain = values[:2]
    assert residual_of(candidates[:2], plain) is plain


def test_a_series_is_abnormal_only_if_it_and_its_residual_are() -> None:
    change = Detection(
        np.array([3.0, 3.0, 0.5, 0.2]), np.array([True, True, False, False]), {"ratio": np.arange(4.0)}
    )
    rest = Detection(np.array([2.0, 0.5, 2.0, 0.1]), np.array([True, False, True, False]))
    both = intersect(change, rest)
    assert both.score.tolist() == [2.0, 0.5, 0.5, 0.1]
    assert both.flagged.tolist() == [True, False, False, False]
    assert both.figures is change.figures


def test_a_gap_of_then_holds_the_last_point() -> None:
    today, yesterday = daily(MORNING)
    yesterday[:, ::3] = np.nan
    assert evaluation(today, yesterday)[1] <= 0.02


def incident(seed: int = 0) -> SeriesBatch:
    """All series have their morning; the first two have a fault on top."""
    today, yesterday = daily(MORNING, seed)
    today[:2, 262:] += 40.0
    yesterday[-3:] = np.nan
    return series_of(today, yesterday)


def test_the_report_tells_the_fault_and_how_many_moved_as_the_day_before() -> None:
    report, (result,) = report_of(incident())
    assert {"s0", "s1"} <= {f.entity for f in report.findings} <= {"s0", "s1", "s57", "s58", "s59"}
    assert report.compare == "day"
    assert report.counts.compared == SERVICES - 3
    assert report.counts.suppressed_by_season > 50
    assert result.flagged == 5
    (season,) = [e for e in report.findings[0].evidence if e.detector == "season"]
    assert season.flagged
    assert season.text.startswith("yesterday at this time it moved by")
    unknown = [f for f in report.findings if f.entity in {"s57", "s58", "s59"}]
    assert len(unknown) == 3
    assert all(e.detector != "season" for f in unknown for e in f.evidence)


def test_points_of_a_finding_stay_what_they_were() -> None:
    series = incident()
    report, _ = report_of(series)
    (found,) = [f for f in report.findings if f.entity == "s1"]
    np.testing.assert_array_equal(found.points, series.values[1].astype(np.float32))


def test_without_an_earlier_window_nothing_is_said_of_it() -> None:
    series = replace(incident(), seasonal_reference=None)
    request = request_of(series)
    report = conclude(request, results_of(request, series), PlainClassifier(up_or_down, "fake"), SETTINGS)
    assert report.counts.flagged > 50
    assert (report.counts.compared, report.counts.suppressed_by_season, report.compare) == (0, 0, "none")
    assert all(e.detector != "season" for f in report.findings for e in f.evidence)


@pytest.mark.parametrize("number", [3, 7])
@pytest.mark.parametrize("seed", [0, 10, 20])
def test_any_number_of_shards_gives_the_same_report(number: int, seed: int) -> None:
    series = incident(seed)
    whole, _ = report_of(series)
    request = request_of(series).model_copy(update={"compare": "day"})
    travelled = [decode(encode(r), ShardResult) for r in reversed(results_of(request, series, number))]
    assert len(travelled) > 1
    assert encode(conclude(request, travelled, PlainClassifier(up_or_down, "fake"), SETTINGS)) == encode(
        whole
    )
