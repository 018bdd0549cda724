import math

import numpy as np
import pytest
from hypothesis import given, settings

from patternwatch.analysis.onset.earliest_row import earliest_row
from patternwatch.analysis.onset.likely_onsets import likely_onsets, onset_prior
from patternwatch.analysis.onset.shifts import split_gains, starts_of_rises
from patternwatch.analysis.onset.votes import votes_of
from patternwatch.contracts.series import SeriesBatch
from patternwatch.detectors import innovations
from patternwatch.detectors.base import Matrix, Vector
from tests.analysis import naive
from tests.analysis.incidents import ROWS, SPLIT, STEP_MS, made_up
from tests.detectors.batches import batches


def onsets_of(series: SeriesBatch, split: int = SPLIT, step_ms: int = STEP_MS) -> dict[int, float]:
    return likely_onsets(votes_of(series.values, split), series.values, series.values[:0], split, step_ms)


@pytest.mark.parametrize("late", [1, 2, 10, 50])
def test_the_fault_before_a_late_split_is_likely(late: int) -> None:
    likely = onsets_of(made_up(fault_row=SPLIT - late, services=20))
    assert any(abs(row - (SPLIT - late)) <= 1 for row in likely)


def test_rows_ascend_from_the_earliest_to_the_split_itself() -> None:
    for series in (made_up(), made_up(quiet=True), made_up(fault_row=SPLIT + 20)):
        rows = list(onsets_of(series))
        assert rows == sorted(rows)
        assert rows[0] >= earliest_row(ROWS, SPLIT)
        assert rows[-1] == SPLIT


def test_the_alerts_own_time_is_likelier_than_a_row_with_as_many_votes() -> None:
    votes = np.full(ROWS, 3000)
    votes[::7] = 5000
    votes[[100, 180, SPLIT]] = 90_000
    likely = likely_onsets(votes, np.empty((0, ROWS)), np.empty((0, ROWS)), SPLIT, STEP_MS)
    long_ago = max(value for row, value in likely.items() if 98 <= row <= 101)
    before = max(value for row, value in likely.items() if 178 <= row <= 181)
    assert likely[SPLIT] > before > long_ago > 0.0


@pytest.mark.parametrize(("votes_there", "likely"), [(3000, [199, 200, SPLIT]), (2999, [SPLIT])])
def test_rows_of_three_deviations_of_votes_are_likely(votes_there: int, likely: list[int]) -> None:
    votes = np.zeros(ROWS, dtype=np.int64)
    votes[200] = votes_there
    assert list(likely_onsets(votes, np.empty((0, ROWS)), np.empty((0, ROWS)), SPLIT, STEP_MS)) == likely


def test_a_row_lies_back_by_time_not_only_by_rows() -> None:
    series = made_up(fault_row=SPLIT - 50, services=20)
    seconds, minutes = onsets_of(series, step_ms=1000), onsets_of(series, step_ms=300_000)
    row = min(seconds, key=lambda row: abs(row - (SPLIT - 50)))
    assert minutes[row] < 0.5 * seconds[row]
    assert minutes[SPLIT] == seconds[SPLIT]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(
    ("rows", "split"), [(300, 240), (300, 62), (300, 40), (500, 499), (120, 70), (20, 1)]
)
def test_likely_rows_and_their_priors_follow_the_definition(seed: int, rows: int, split: int) -> None:
    rng = np.random.default_rng(seed)
    votes = rng.poisson(2.0, size=rows) * (800 if seed % 2 else 3000)
    if seed % 3 == 0:
        votes[rng.random(rows) < 0.6] = 0
    loud = rng.integers(0, rows, size=4 * seed)
    votes[loud] += rng.integers(1, 9, size=len(loud)) * 9000
    votes[[0, split - 1, split, rows - 1][seed % 4]] += 60_000
    found = likely_onsets(votes, np.empty((0, rows)), np.empty((0, rows)), split, 15_000)
    assert found == pytest.approx(naive.likely_onsets(votes.tolist(), split, 15_000), rel=1e-12)
    assert list(found) == sorted(found)


@pytest.mark.parametrize("shifted", [60, 61, 150, 239, 240])
def test_the_row_whose_shift_explains_most_is_likely_without_a_vote(shifted: int) -> None:
    votes = np.zeros(ROWS, dtype=np.int64)
    values = np.where(np.arange(ROWS) >= shifted, 1.0, 0.0)[None]
    found = likely_onsets(votes, values, values[:0], SPLIT, STEP_MS)
    assert found == pytest.approx(naive.likely_onsets(votes.tolist(), SPLIT, STEP_MS, shifted), rel=1e-12)


@pytest.mark.parametrize(
    ("rows", "split", "earliest"),
    [(300, 240, 60), (120, 70, 60), (120, 50, 50), (304, 240, 60), (305, 240, 61), (1200, 1000, 240)],
)
def test_a_fifth_of_the_window_and_sixty_rows_lie_before_the_earliest_onset(
    rows: int, split: int, earliest: int
) -> None:
    assert earliest_row(rows, split) == earliest


def test_votes_are_whole_add_up_and_ignore_gaps() -> None:
    series = made_up(services=6)
    values = np.where(np.random.default_rng(0).random(series.values.shape) < 0.2, np.nan, series.values)
    whole = votes_of(values, SPLIT)
    assert whole.dtype == np.int64
    np.testing.assert_array_equal(whole, votes_of(values[:7], SPLIT) + votes_of(values[7:], SPLIT))
    np.testing.assert_array_equal(votes_of(np.full((1, ROWS), np.nan), SPLIT), np.zeros(ROWS))


@settings(max_examples=60, deadline=None)
@given(batches())
def test_votes_follow_the_definition(values: Matrix) -> None:
    rows = values.shape[1]
    wanted = np.zeros(rows, dtype=np.int64)
    for row in np.nan_to_num(np.abs(innovations(values, 45))):
        rare = np.sort(row)[int(0.98 * (rows - 1))]
        for t in np.flatnonzero(row > rare):
            wanted[t] += round(1000 * min(math.log(row[t] / rare), 2.0)) if rare > 0 else 2000
    np.testing.assert_array_equal(votes_of(values, 45), wanted)


def test_more_series_than_are_judged_at_a_time_all_vote() -> None:
    row = np.where(np.arange(ROWS) >= 200, 1.0, 0.0)
    assert votes_of(np.tile(row, (1025, 1)), SPLIT)[200] == 1025 * 2000


def test_a_step_out_of_silence_has_the_full_vote() -> None:
    row = np.where(np.arange(ROWS) >= 200, 1.0, 0.0)[None]
    votes = votes_of(row, SPLIT)
    assert votes[200] == 2000
    assert votes[:200].sum() == 0


@pytest.mark.parametrize("number", [1, 3, 4, 7, 8, 12])
def test_gains_are_those_of_the_quarter_of_series_that_a_shift_explains_best(number: int) -> None:
    rng = np.random.default_rng(number)
    values = rng.normal(size=(number, 90)) + np.linspace(0.0, 5.0, number)[:, None] * (np.arange(90) >= 60)
    values[rng.random(values.shape) < 0.1] = np.nan
    values[-1] = np.where(np.arange(90) < 30, np.nan, 1e3 + np.arange(90))
    values[0] = 3.0 if number > 1 else values[0]
    gains = np.array([[naive.shift_gain(row, t) for t in range(20, 71)] for row in values])
    best = sorted(gains, key=lambda own: -own.max())[: max(1, number // 4)]
    with np.errstate(all="raise"):
        found = split_gains(values, 20, 70)
    np.testing.assert_allclose(found, np.mean(best, axis=0), atol=1e-9)


def test_of_series_that_are_explained_equally_well_the_first_count() -> None:
    time = np.arange(100)
    values = np.full((200, 100), 2.0)
    values[:100:2] = time >= 30
    values[100::2] = time >= 50
    gains = split_gains(values, 20, 70)  # a quarter: just those that moved at row 30
    assert 20 + int(gains.argmax()) == 30
    assert gains.max() == pytest.approx(-np.log(1e-6))


def test_values_that_are_too_large_for_their_squares_are_not_explained_and_nothing_warns() -> None:
    values = np.where(np.arange(90) >= 30, 1e200, 0.0)[None]
    with np.errstate(all="raise"):
        assert split_gains(values, 20, 70).tolist() == [0.0] * 51


def test_gains_peak_where_the_mean_shifts() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(size=(12, ROWS))
    values[:, 150:] += 4.0
    values[rng.random(values.shape) < 0.05] = np.nan
    earliest = earliest_row(ROWS, SPLIT)
    gains = split_gains(values, earliest, SPLIT)
    assert gains.shape == (SPLIT - earliest + 1,)
    assert earliest + int(np.argmax(gains)) == 150
    assert split_gains(values[:0], earliest, SPLIT).tolist() == [0.0] * (SPLIT - earliest + 1)


def test_a_series_that_moved_far_proposes_its_own_row() -> None:
    rng = np.random.default_rng(8)
    crowd = rng.normal(size=(40, ROWS)) + 3.0 * (np.arange(ROWS) >= 150)
    alone = rng.normal(size=(1, ROWS)) + 50.0 * (np.arange(ROWS) >= 222)
    votes = np.zeros(ROWS, dtype=np.int64)
    assert sorted(likely_onsets(votes, crowd, crowd[:0], SPLIT, STEP_MS)) == [150, SPLIT]
    assert sorted(likely_onsets(votes, crowd, alone, SPLIT, STEP_MS)) == [150, 222, SPLIT]
    fourth = np.concatenate([crowd[:3], alone])
    assert 222 not in likely_onsets(votes, crowd, fourth, SPLIT, STEP_MS)


def test_a_window_that_begins_before_its_series_weighs_votes_alike() -> None:
    votes = np.random.default_rng(0).poisson(20.0, size=180) * 1000
    votes[100] += 30_000
    longer = np.concatenate([np.zeros(120, dtype=np.int64), votes])
    whole = onset_prior(votes, 100, 160, 1) * (1 + 60 / 160)
    later = onset_prior(longer, 220, 280, 1) * (1 + 60 / 280)
    assert 1.1 < whole < 1.5
    assert later == pytest.approx(whole, rel=1e-4)


NOISE = np.random.default_rng(3).normal(size=ROWS)


@pytest.mark.parametrize(
    ("values", "rows"),
    [
        (0.1 * np.maximum(np.arange(ROWS) - 120.0, 0.0), {120}),
        (-0.1 * np.maximum(np.arange(ROWS) - 200.0, 0.0), {200}),
        (9.0 * (np.arange(ROWS) >= 120), set()),
        (np.random.default_rng(5).normal(size=ROWS).cumsum(), set()),
        (np.zeros(ROWS), set()),
    ],
    ids=["a leak", "a disk that fills", "a step", "a walk", "nothing"],
)
def test_an_even_rise_proposes_the_row_where_it_begins(values: Vector, rows: set[int]) -> None:
    found = starts_of_rises((values + 0.1 * NOISE if values.any() else values)[None], SPLIT)
    assert len(found) == len(rows)
    assert all(abs(row - one) <= 3 for row in rows for one in found)


def test_gaps_do_not_move_where_a_rise_begins() -> None:
    leak = 0.1 * np.maximum(np.arange(ROWS) - 120.0, 0.0) + 0.01 * NOISE
    leak[::3] = np.nan
    assert starts_of_rises(np.array([leak, np.full(ROWS, np.nan)]), SPLIT) <= {119, 120, 121}
