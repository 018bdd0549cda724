"""Flags of what runs again and again: as they are while that is as usual, else the time in the last state."""

import numpy as np
import pytest

from tests.cortex.made import ROWS, SPLIT, STEP_MS, Made, Values, fetched

STEP_S = STEP_MS / 1000.0


def runs(long: int, rest: int, stuck: int | None = None, stays: float = 1.0) -> Values:
    """1 for `long` rows, then 0 for `rest`, again and again; from a row on it stays as it is."""
    flag = (np.arange(ROWS) % (long + rest) < long).astype(float)
    if stuck is not None:
        flag[stuck:] = stays
        flag[stuck - 1] = 1.0 - stays
    return flag


@pytest.mark.parametrize(("stays", "usual"), [(1.0, 10), (0.0, 20)])
def test_a_job_that_runs_or_rests_for_longer_than_ever_is_told_by_the_time(stays: float, usual: int) -> None:
    batch = fetched(Made(runs(10, 20, 250, stays), "batch_job_running", "gauge"))
    assert batch.derivation == ["age_state"]
    found = batch.values[0]
    assert found[0] == usual * STEP_S
    late = np.flatnonzero(found != usual * STEP_S)
    assert late[0] == 250 + 2 * usual
    np.testing.assert_allclose(found[late], (late - 249) * STEP_S)


def test_what_was_late_before_the_split_is_no_part_of_what_is_usual() -> None:
    found = fetched(Made(runs(10, 20, 200), "batch_job_running", "gauge")).values[0]
    assert np.isnan(found[220 : SPLIT - 1]).all()
    assert found[-1] == (ROWS - 201) * STEP_S


@pytest.mark.parametrize(
    ("flag", "name"),
    [
        (runs(10, 20), "batch_job_running"),
        (runs(10, 20, 285), "batch_job_running"),
        (runs(10, 20, 200), "up"),
        (runs(10, 20, 200), "replica_active"),
        (runs(40, 50, 200), "batch_job_running"),  # only two whole runs before
        (runs(10, 20, 200) + runs(7, 3), "jobs_running"),  # how many, not whether
    ],
    ids=["as usual", "not yet late", "health", "another name", "too few", "a number"],
)
def test_the_flag_stays_as_it_is(flag: Values, name: str) -> None:
    batch = fetched(Made(flag, name, "gauge"))
    assert batch.derivation == [""]
    np.testing.assert_array_equal(batch.values[0], flag[1:])


def test_an_uneven_job_is_late_from_three_times_its_longest_run_on() -> None:
    flag = np.zeros(ROWS)
    for row, long in ((10, 4), (40, 10), (80, 6), (130, 5), (170, 9)):
        flag[row : row + long] = 1.0
    flag[260:] = 1.0
    found = fetched(Made(flag, "import_in_progress", "gauge")).values[0]
    assert np.flatnonzero(found != 10 * STEP_S)[0] == 290
