"""A report grows: when it is looked at again, at which rows, and what a look that came too early may say."""

import numpy as np
import pytest

from patternwatch.analysis.conclude import conclude
from patternwatch.analysis.planning.requests import request_for_alert, request_for_selector
from patternwatch.analysis.planning.shards import plan_shards
from patternwatch.analysis.report.looks import asked_again, grows, next_look_ms
from patternwatch.analysis.samples.freshness import Freshness, first_row_ms, freshness_of
from patternwatch.analysis.samples.newest_samples import newest_and_due
from patternwatch.analysis.scan import scan
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import Matrix, SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings, TenantSettings
from patternwatch.detectors import RIVER
from patternwatch.detectors.edges import edges_of
from tests.fakes.messages import STEP_MS, TENANT, a_request, an_alert
from tests.fakes.shapes import fake_classifier

SETTINGS = AnalysisSettings()
BEGAN_MS = 1_795_447_205_000
"""Five seconds after a row."""


def asked(after_s: float, **changes: object) -> AnalysisRequest:
    """The request of an alert so long after its start, as the worker begins with it."""
    alert = an_alert(starts_at_ms=BEGAN_MS, **changes)
    request = request_for_alert(alert, TenantSettings(id=TENANT), SETTINGS, BEGAN_MS + round(after_s * 1000))
    return request.model_copy(update={"growing": grows(request)})


def looks(late_ms: int, first_s: float = 12.0) -> list[int]:
    """Seconds after the alert's start at which its report is looked at, where samples are so late."""
    request, at, found = asked(first_s), BEGAN_MS + round(first_s * 1000), []
    while True:
        rows = max((request.window.end_ms - late_ms - first_row_ms(request)) // STEP_MS + 1, 0)
        fresh = Freshness(alive=10, covered=10 if rows else 0, late_ms=late_ms)
        found.append(round((at - BEGAN_MS) / 1000))
        due_ms = next_look_ms(request, fresh)
        if due_ms is None:
            return found
        at = due_ms
        request = asked_again(request, len(found), 0, at)


def test_a_report_is_looked_at_with_5_rows_and_a_quarter_half_and_all_of_the_current_part() -> None:
    assert looks(late_ms=0) == [12, 180, 480, 930, 1830]


def test_samples_that_come_late_are_waited_for() -> None:
    """With samples two minutes late, the step of the alert is there after two minutes and a half."""
    assert looks(late_ms=120_000) == [12, 150, 300, 600, 1050, 1950]


def test_an_alert_that_is_older_has_fewer_looks() -> None:
    assert looks(late_ms=0, first_s=600) == [600, 930, 1830]
    assert looks(late_ms=0, first_s=3600) == [3600]


def test_the_last_look_sees_the_whole_current_part_and_no_more() -> None:
    request = asked_again(asked(12), 3, 7, BEGAN_MS + 10_000_000)
    assert request.window.end_ms - BEGAN_MS == pytest.approx(60 * STEP_MS, abs=STEP_MS)
    assert (request.window.split_ms, request.window.rows) == (BEGAN_MS, 300)
    assert (request.growing, request.look, request.revision) == (False, 3, 7)
    assert next_look_ms(request, Freshness(10, 10, 0)) is None


def test_a_resolved_alert_has_one_more_look() -> None:
    alert = an_alert(starts_at_ms=BEGAN_MS, status="resolved")
    request = asked_again(asked(12).model_copy(update={"alert": alert}), 1, 4, BEGAN_MS + 90_000)
    assert request.window.end_ms > asked(12).window.end_ms
    assert not request.growing


def test_what_was_asked_for_by_hand_grows_if_it_was_asked_during_the_trouble() -> None:
    now = BEGAN_MS + 600_000

    def by_hand(end_ms: int | None) -> AnalysisRequest:
        return request_for_selector(TENANT, '{a="b"}', BEGAN_MS, end_ms, "", SETTINGS, now, "r1")

    assert grows(by_hand(None))
    assert grows(by_hand(now))
    assert not grows(by_hand(now - 300_000)), "a window with an end of its own is as it was asked for"
    assert not grows(a_request(trigger="watch", watch="w"))


def test_a_request_that_does_not_grow_is_asked_for_again_as_it_was() -> None:
    request, now_ms = a_request(), a_request().window.end_ms + 10**7
    again = request.model_copy(update={"look": 2, "asked_ms": now_ms})
    assert asked_again(request, 2, 0, now_ms) == again


def test_how_late_samples_are() -> None:
    values = np.ones((10, 300))
    values[:5, -3:] = np.nan
    values[9, 100:] = np.nan  # ended long ago: not late
    by_row, _ = newest_and_due(values, edges_of(values), np.ones(10, dtype=bool))
    request = asked(200)
    assert freshness_of(request, [by_row]) == Freshness(9, 9, 90_000)
    assert freshness_of(asked(70), [by_row]) == Freshness(9, 4, 90_000)
    assert freshness_of(request, []) == Freshness(0, 0, 0)


def quiet(present: float = 1.0, last_row: int = 300) -> Matrix:
    """Twenty quiet series, of which such a share has samples up to the end."""
    values = np.random.default_rng(1).normal(10.0, 1.0, (20, 300))
    values[round(20 * present) :, last_row:] = np.nan
    return values


def report_of(request: AnalysisRequest, values: Matrix) -> Report:
    """The report on these twenty series."""
    labels = [{"__name__": "cpu_usage", "service": f"s{n}"} for n in range(20)]
    [shard] = plan_shards(request, {"cpu_usage": 20}, SETTINGS)
    result = scan(shard, SeriesBatch(labels, request.window.times(), values, [""] * 20), SETTINGS)
    return conclude(request, [result], fake_classifier(), SETTINGS)


def test_a_look_without_samples_since_the_alert_is_no_all_clear() -> None:
    report = report_of(asked(12), quiet())
    assert report.verdict == (
        "No series has a sample since the alert yet (in steps of 30 s); the next look is at 15:23:05 UTC."
    )
    assert report.next_look_ms == BEGAN_MS + 180_000
    assert report.verdict_parts[1].ms == report.next_look_ms


def test_a_look_at_some_of_the_series_is_no_all_clear() -> None:
    report = report_of(asked(100), quiet(0.5, last_row=296))
    assert report.verdict.startswith(
        "Only 10 of 20 series have a sample since the alert yet (in steps of 30 s); the next look"
    )


def test_quiet_rows_are_no_final_word_before_the_last_look() -> None:
    report = report_of(asked(400), quiet())
    assert report.verdict.startswith(
        "Nothing stands out so far, 12 rows into the trouble; the next look is at"
    )
    last = report_of(asked(3600), quiet())
    assert last.verdict.startswith("Nothing abnormal found: none of 20 series")
    assert last.next_look_ms is None


def test_findings_of_a_look_that_came_too_early_say_so() -> None:
    request = asked(100)
    rng = np.random.default_rng(1)
    values = rng.normal(10.0, 1.0, (20, 300))
    values[0, 280:] += 60.0
    values[10:, 296:] = np.nan
    early = report_of(request, values)
    assert early.entities[0].entity == "s0"
    [note] = early.notes
    assert note.startswith("Only 10 of 20 series have a sample since the alert yet (in steps of 30 s); ")
    assert note.endswith("; the next look is at 15:22:35 UTC.")
    [other] = report_of(request.model_copy(update={"growing": False}), values).notes
    assert other.startswith("10 series have no sample since")


def test_the_slow_detectors_are_asked_in_the_last_look_only() -> None:
    values = quiet()
    values[0, 280:] += 60.0
    river = {detector.name for detector in RIVER}
    early, last = report_of(asked(400), values), report_of(asked(3600), values)
    assert (early.next_look_ms is None, last.next_look_ms) == (False, None)
    assert river.isdisjoint(e.detector for e in early.findings[0].evidence)
    assert river.issubset({e.detector for e in last.findings[0].evidence})


def test_a_last_look_without_samples_since_the_alert_says_that_nothing_can_be_said() -> None:
    resolved = asked(12, status="resolved")
    report = report_of(resolved, quiet())
    assert report.verdict == (
        "No series has a sample since the alert (in steps of 30 s): nothing can be said of the time since."
    )
