import math

import numpy as np
import pytest
from hypothesis import given, settings

from patternwatch.analysis.onset import earliest_row, likely_onsets, split_gains, votes_of
from patternwatch.contracts.series import SeriesBatch
from patternwatch.detectors import innovations
from patternwatch.detectors.base import Matrix
from tests.analysis.incidents import ROWS, SPLIT, STEP_MS, made_up
from tests.detectors.batches import batches


def onsets_of(series: SeriesBatch, split: int = SPLIT, step_ms: int = STEP_MS) -> dict[int, float]:
    return likely_onsets(votes_of(series.values, split), series.values, split, step_ms)


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
    likely = likely_onsets(votes, np.empty((0, ROWS)), SPLIT, STEP_MS)
    long_ago = max(value for row, value in likely.items() if 98 <= row <= 101)
    before = max(value for row, value in likely.items() if 178 <= row <= 181)
    assert likely[SPLIT] > before > long_ago > 0.0


def test_a_row_lies_back_by_time_not_only_by_rows() -> None:
    series = made_up(fault_row=SPLIT - 50, services=20)
    seconds, minutes = onsets_of(series, step_ms=1000), onsets_of(series, step_ms=300_000)
    row = min(seconds, key=lambda row: abs(row - (SPLIT - 50)))
    assert minutes[row] < 0.5 * seconds[row]
    assert minutes[SPLIT] == seconds[SPLIT]


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


def test_a_step_out_of_silence_has_the_full_vote() -> None:
    row = np.where(np.arange(ROWS) >= 200, 1.0, 0.0)[None]
    votes = votes_of(row, SPLIT)
    assert votes[200] == 2000
    assert votes[:200].sum() == 0


def test_gains_peak_where_the_mean_shifts() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(size=(12, ROWS))
    values[:, 150:] += 4.0
    values[rng.random(values.shape) < 0.05] = np.nan
    earliest = earliest_row(ROWS, SPLIT)
    gains = split_gains(values, earliest, SPLIT)
    assert gains.shape == (SPLIT - earliest + 1,)
    assert earliest + int(np.argmax(gains)) == 150
    assert not split_gains(values[:0], earliest, SPLIT).any()
