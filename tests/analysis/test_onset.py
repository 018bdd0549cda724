import math

import numpy as np
import pytest
from hypothesis import given, settings

from patternwatch.analysis.onset import earliest_row, find_onset, split_gains, votes_of
from patternwatch.detectors import innovations
from tests.analysis.incidents import ROWS, SPLIT, made_up
from tests.detectors.batches import batches


def onset_of(series, split):
    values = series.values
    return find_onset(votes_of(values, split), values, split)


@pytest.mark.parametrize("late", [0, 1, 2, 10, 50])
def test_a_late_split_is_moved_back_to_the_fault(late):
    onset = onset_of(made_up(fault_row=SPLIT - late, services=20), SPLIT)
    assert abs(onset - (SPLIT - late)) <= 1


def test_a_quiet_window_keeps_its_split():
    found = [onset_of(made_up(quiet=True, seed=seed), SPLIT) for seed in range(10)]
    assert sum(row == SPLIT for row in found) >= 7


def test_a_fault_after_the_split_keeps_it():
    onset = onset_of(made_up(fault_row=SPLIT + 20), SPLIT)
    assert onset == SPLIT


def test_votes_are_whole_add_up_and_ignore_gaps():
    series = made_up(services=6)
    values = np.where(np.random.default_rng(0).random(series.values.shape) < 0.2, np.nan, series.values)
    whole = votes_of(values, SPLIT)
    assert whole.dtype == np.int64
    np.testing.assert_array_equal(whole, votes_of(values[:7], SPLIT) + votes_of(values[7:], SPLIT))
    np.testing.assert_array_equal(votes_of(np.full((1, ROWS), np.nan), SPLIT), np.zeros(ROWS))


@settings(max_examples=60, deadline=None)
@given(batches())
def test_votes_follow_the_definition(values):
    rows = values.shape[1]
    wanted = np.zeros(rows, dtype=np.int64)
    for row in np.nan_to_num(np.abs(innovations(values, 45))):
        rare = np.sort(row)[int(0.98 * (rows - 1))]
        for t in np.flatnonzero(row > rare):
            wanted[t] += round(1000 * min(math.log(row[t] / rare), 2.0)) if rare > 0 else 2000
    np.testing.assert_array_equal(votes_of(values, 45), wanted)


def test_a_step_out_of_silence_has_the_full_vote():
    row = np.where(np.arange(ROWS) >= 200, 1.0, 0.0)[None]
    votes = votes_of(row, SPLIT)
    assert votes[200] == 2000
    assert votes[:200].sum() == 0


def test_gains_peak_where_the_mean_shifts():
    rng = np.random.default_rng(2)
    values = rng.normal(size=(12, ROWS))
    values[:, 150:] += 4.0
    values[rng.random(values.shape) < 0.05] = np.nan
    earliest = earliest_row(ROWS, SPLIT)
    gains = split_gains(values, earliest, SPLIT)
    assert gains.shape == (SPLIT - earliest + 1,)
    assert earliest + int(np.argmax(gains)) == 150
    assert not split_gains(values[:0], earliest, SPLIT).any()


def test_without_candidates_the_votes_alone_decide():
    votes = np.full(ROWS, 3000)
    votes[::7] = 5000
    votes[180] = 90_000
    assert find_onset(votes, np.empty((0, ROWS)), SPLIT) in (179, 180)
