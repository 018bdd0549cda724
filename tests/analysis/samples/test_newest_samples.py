"""Sources that are late, as a whole or in part, and series that ended."""

import numpy as np
import pytest

from patternwatch.analysis.samples.newest_samples import newest_samples
from patternwatch.analysis.verdict import clock
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import Matrix
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.detectors.edges import MIN_EDGE
from tests.analysis.incidents import ROWS, SPLIT, STEP_MS, batch, report_of, request_of, results_of

NAN = np.nan
INDEX = np.arange(ROWS)
SERVICES = 10


def shop(row: int = 286, hurt: int = 4) -> Matrix:
    """Four metrics of each of ten services; one service moves from `row` on."""
    values = 20.0 + np.random.default_rng(8).normal(size=(4 * SERVICES, ROWS))
    values[4 * hurt : 4 * hurt + 4, row:] += 40.0
    return values


def labels(values: Matrix) -> list[dict[str, str]]:
    return [{"__name__": f"m{n % 4}", "service": f"service-{n // 4}"} for n in range(len(values))]


def report(values: Matrix, split: int, shards: int = 1) -> Report:
    return report_of(batch(labels(values), values), shards, split)


def time_of(row: int, found: Report) -> int:
    return found.window.start_ms + row * STEP_MS


@pytest.mark.parametrize("shards", [1, 4])
def test_a_source_that_is_late_is_judged_up_to_its_newest_samples(shards: int) -> None:
    values = shop()
    values[:, 296:] = NAN
    found = report(values, ROWS - 1, shards)
    assert found.entities[0].entity == "service-4"
    assert found.onset_ms == time_of(286, found)
    assert (found.counts.analysed, found.counts.vanished) == (40, 0)
    newest = clock(time_of(295, found))
    assert found.notes == [f"The newest samples are 40 s old at the window's end; judged up to {newest}."]


def test_the_split_stays_where_it_was_asked_for_if_samples_follow_it() -> None:
    values = shop(row=SPLIT)
    values[:, 280:] = NAN
    found = report(values, SPLIT)
    assert found.entities[0].entity == "service-4"
    assert found.onset_ms == time_of(SPLIT, found)
    assert found.notes[0].startswith("The newest samples are 3 min old")


def test_series_that_end_before_a_late_source_does_have_vanished() -> None:
    values = shop()
    values[:, 296:] = NAN
    values[8:11, 291:] = NAN
    values[11, 296 - MIN_EDGE :] = NAN
    assert report(values, ROWS - 1).counts.vanished == 3


def test_a_service_that_is_gone_is_no_late_source() -> None:
    values = shop()
    values[:32, 280:] = NAN
    found = report(values, 270)
    assert (found.counts.vanished, found.notes) == (32, [])


def test_series_of_long_intervals_are_not_late() -> None:
    values = shop()
    values[:, INDEX % 10 != 3] = NAN
    window = request_of(batch(labels(values), values), ROWS - 5).window
    (result,) = results_of(request_of(batch(labels(values), values), ROWS - 5), batch(labels(values), values))
    found = newest_samples(window, [result])
    assert (found.row, found.is_late, found.vanished) == (ROWS - 1, False, 0)


def test_pods_that_came_and_went_do_not_make_a_source_late() -> None:
    values = shop()
    for n in range(36):
        values[n, 5 * n + 20 :] = NAN
    found = report(values, SPLIT)
    assert (found.counts.vanished, found.notes) == (36, [])


def test_series_without_a_sample_since_the_alert_are_told_of() -> None:
    values = shop()
    values[::2, 294:] = NAN
    found = report(values, 295)
    assert found.entities[0].entity == "service-4"
    assert found.counts.analysed == 40
    since = clock(time_of(295, found))
    assert found.notes == [f"20 series have no sample since {since} yet: judged up to their newest one."]


def test_an_older_worker_says_nothing_of_newest_samples() -> None:
    series = batch(labels(shop()), shop())
    request = request_of(series)
    old = ShardResult(shard_id="r1-0", number=0, of=1, request=request, votes=[0] * ROWS, vanished=7)
    found = newest_samples(request.window, [old])
    assert (found.is_late, found.vanished, found.notes(request.window)) == (False, 7, [])


def test_a_source_of_which_nothing_is_recent_is_told_of_all_the_same() -> None:
    values = shop(row=150)
    values[:, 200:] = NAN
    found = report(values, 290)
    assert found.counts.skipped == {"ended before the current part": 40}
    assert found.notes[0].startswith("The newest samples are 17 min old")
    assert found.verdict.startswith("Nothing could be judged")
