from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from patternwatch.analysis import conclude as module
from patternwatch.analysis.conclude import conclude
from patternwatch.analysis.report.failed import failed
from patternwatch.classifier.shape_classifier import PlainClassifier, Prediction
from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.findings import Taught
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.contracts.report import MissingShard, NotJudged, Report, SeriesCounts
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.skipped import totals
from patternwatch.detectors import DETECTORS, SELF_HISTORY
from tests.analysis.incidents import (
    SETTINGS,
    SPLIT,
    START_MS,
    STEP_MS,
    alert_at,
    batch,
    made_up,
    report_of,
    request_of,
    results_of,
    up_or_down,
)


def test_the_broken_service_leads_with_evidence() -> None:
    report = report_of(made_up(), alert=alert_at(START_MS + SPLIT * STEP_MS))
    assert report.status == "complete"
    assert report.entities[0].entity == "service-3"
    assert report.entities[0].label == "service"
    assert report.onset_ms == START_MS + SPLIT * STEP_MS
    first = report.findings[0]
    assert (first.rank, first.entity, first.direction) == (1, "service-3", "up")
    assert first.pattern == Pattern.LEVEL_SHIFT_UP
    assert first.pattern_type == 1
    assert first.onset_ms is not None
    assert abs(first.onset_ms - report.onset_ms) <= STEP_MS
    assert 8 < first.baseline < 12
    assert 45 < first.peak < 60
    by_detector = {e.detector: e for e in first.evidence}
    assert set(by_detector) == {"level", *(d.name for d in DETECTORS)} - {SELF_HISTORY.name}
    assert all(e.text for e in first.evidence)
    assert all(by_detector[name].flagged for name in ("change ratio", "Kolmogorov-Smirnov", "level", "ADWIN"))
    assert "D = 1.00" in by_detector["Kolmogorov-Smirnov"].text
    assert first.why.startswith(f"{first.score:.2f} = size ")
    assert report.counts.flagged == len(report.findings)
    assert report.patterns == {Pattern.LEVEL_SHIFT_UP: len(report.findings)}
    assert [f.rank for f in report.findings] == list(range(1, len(report.findings) + 1))
    assert report.entities[0].top_findings[0] == 1
    assert report.model == "fake"
    assert report.report_id == report.request_id == "r1"


def test_the_report_comes_back_from_the_wire() -> None:
    report = report_of(made_up())
    assert encode(decode(encode(report), Report)) == encode(report)


def test_a_late_alert_finds_the_onset_before_it() -> None:
    report = report_of(made_up(fault_row=SPLIT - 20, services=20))
    assert report.onset_ms is not None
    assert abs(report.onset_ms - (START_MS + (SPLIT - 20) * STEP_MS)) <= STEP_MS
    assert "before the given time" in report.verdict


def test_nothing_abnormal_is_said_plainly() -> None:
    report = report_of(made_up(quiet=True, services=4))
    assert report.findings == []
    assert report.verdict.startswith("Nothing abnormal found")
    assert report.onset_ms is None


def test_constant_series_only() -> None:
    series = batch([{"__name__": "m", "service": "a"}] * 3, np.full((3, 300), 2.0))
    report = report_of(series)
    assert report.status == "complete"
    assert report.verdict == "Nothing could be judged: all 3 series were left out (3 constant)."


def test_where_all_series_are_too_sparse_the_verdict_says_what_to_do() -> None:
    values = np.full((4, 300), np.nan)
    values[:, ::18] = np.random.default_rng(0).normal(10.0, 1.0, (4, 17))
    report = report_of(batch([{"__name__": "m", "service": name} for name in "abcd"], values))
    assert report.verdict == (
        "Nothing could be judged: all 4 series were left out (4 too sparse). Series scraped every 3 min have "
        "fewer than 20 points before the split at a step of 10 s and are not judged: ask again with a step "
        "of 3 min."
    )
    assert report.no_all_clear == "4 of 4 series could not be judged (4 too sparse)"


def test_missing_shards_make_the_report_partial() -> None:
    series = made_up()
    request = request_of(series)
    results = results_of(request, series, 5)
    bad = ShardResult(
        shard_id=results[1].shard_id, number=1, of=5, request=request, status="failed", reason="overloaded"
    )
    report = conclude(
        request, [results[0], bad, *results[2:4]], PlainClassifier(up_or_down, "fake"), SETTINGS
    )
    assert report.status == "partial"
    assert [(m.number, m.reason) for m in report.missing] == [
        (1, "overloaded"),
        (4, "not read before the deadline"),
    ]
    assert report.reason == "2 of 5 parts of the series are missing"
    assert report.entities[0].entity == "service-3"


def test_quiet_parts_are_no_all_clear_while_others_were_not_read() -> None:
    series = made_up(quiet=True, services=4)
    request = request_of(series)
    results = results_of(request, series, 3)
    last = results.pop()
    good = [r.model_copy(update={"expected": {last.number: {"up": 7}}}) for r in results]
    report = conclude(request, good, PlainClassifier(up_or_down, "fake"), SETTINGS)
    said = f"1 of {last.of} parts of the series could not be read (7 series: not read before the deadline)"
    assert report.no_all_clear == said
    assert report.verdict.startswith(f"{said}. Of the rest: nothing abnormal found")


def test_one_series_that_the_source_refused_is_enough_for_no_all_clear() -> None:
    series = made_up(quiet=True, services=20)
    request = request_of(series)
    [first, *others] = results_of(request, series, 2)
    refused = {**first.skipped, "over the source's limits": 1}
    first = first.model_copy(update={"skipped": refused, "series": first.series + 1})
    report = conclude(request, [first, *others], PlainClassifier(up_or_down, "fake"), SETTINGS)
    selected = report.counts.selected
    assert report.no_all_clear == f"1 of {selected} series were not read (over the source's limits)"
    assert report.verdict.startswith(report.no_all_clear)


def test_what_the_source_left_out_is_told_once_and_is_no_part_of_the_rest() -> None:
    series = made_up()
    request = request_of(series)
    told = [
        r.model_copy(update={"partial_answers": ["store b is down", "store a is down"]})
        for r in results_of(request, series, 3)
    ]
    report = conclude(request, told, PlainClassifier(up_or_down, "fake"), SETTINGS)
    said = (
        "The source says that its answers are partial, so series or samples may be missing "
        "(store a is down; store b is down)"
    )
    assert (report.status, report.reason) == ("partial", "the source says that its answers are partial")
    assert (report.no_all_clear, report.notes[0], report.missing) == (said, f"{said}.", [])
    assert report.entities[0].entity == "service-3"
    assert report.verdict.startswith("service-3")
    against = ["".join(part.text for part in parts) for parts in report.verdict_fields.against]
    assert said in against


def test_series_of_a_part_that_was_not_read_are_counted_by_metric() -> None:
    series = made_up()
    request = request_of(series)
    [good, *others] = results_of(request, series, 3)
    lost = {1: {"up": 7, "": 3}, 2: {"up": 1, "cpu_usage": 5}}
    good = good.model_copy(update={"not_judged": {"too short": {"up": 2}}, "expected": lost})
    bad = others[0].model_copy(
        update={"status": "failed", "reason": "overloaded", "expected": {1: lost[1]}, "not_judged": {}}
    )
    report = conclude(request, [good, bad], PlainClassifier(up_or_down, "fake"), SETTINGS)
    unread = NotJudged(
        reason="in a part that was not read", series=16, metrics={"up": 8, "cpu_usage": 5, "": 3}
    )
    assert report.not_judged == [unread, NotJudged(reason="too short", series=2, metrics={"up": 2})]
    assert [(m.number, m.series) for m in report.missing[:2]] == [(1, 10), (2, 6)]
    report = conclude(request, [bad], PlainClassifier(up_or_down, "fake"), SETTINGS, of=2)
    assert report.status == "failed"
    assert [left.metrics for left in report.not_judged] == [{"up": 7, "": 3}]


def test_a_shard_told_of_twice_counts_once() -> None:
    series = made_up()
    request = request_of(series)
    results = results_of(request, series, 4)
    once = conclude(request, results, PlainClassifier(up_or_down, "fake"), SETTINGS)
    twice = conclude(request, [*results[::-1], *results], PlainClassifier(up_or_down, "fake"), SETTINGS)
    assert encode(twice) == encode(once)


def test_a_detector_that_cannot_judge_gives_no_evidence() -> None:
    rows, split = 1000, 900
    labels = [{"__name__": "cpu_usage", "service": "cart", "cluster": "shop"}]
    values = 10.0 + np.random.default_rng(3).normal(size=(1, rows)) + 40.0 * (np.arange(rows) >= split)
    for first, has_history in ((0, True), (700 - SPLIT + 200, False)):
        report = report_of(batch(labels, values[:, first:]), split=split - first)
        texts = {e.detector: e.text for e in report.findings[0].evidence}
        assert (SELF_HISTORY.name in texts) is has_history
        assert "no earlier history" not in "".join(texts.values())


def test_a_failed_and_a_concluded_report_repeat_the_request_alike() -> None:
    series = made_up()
    request = request_of(series, alert=alert_at(START_MS + SPLIT * STEP_MS), trigger="alert")
    request = request.model_copy(update={"watch": "shop", "compare": "week", "title": "slow"})
    results = results_of(request, series)
    concluded = conclude(request, results, PlainClassifier(up_or_down, "fake"), SETTINGS)
    without = failed(request, "unreachable")
    names = ("request_id", "tenant", "trigger", "title", "alert", "watch", "window", "compare")
    for report in (without, concluded):
        assert {name: getattr(report, name) for name in names} == {
            name: getattr(request, name) for name in names
        }
        assert report.requested_at_ms == request.requested_at_ms
        assert (report.report_id, report.selector) == ("r1", '{cluster="shop"}')


@pytest.mark.parametrize("of", [None, 3])
def test_without_any_good_shard_the_report_is_failed(of: int | None) -> None:
    request = request_of(made_up())
    report = conclude(request, [], PlainClassifier(up_or_down, "fake"), SETTINGS, of=of)
    assert report.status == "failed"
    assert [(m.number, m.reason) for m in report.missing] == [
        (number, "not read before the deadline") for number in range(of or 0)
    ]
    reason = "not read before the deadline" if of else "no part of the series was analysed"
    assert (report.reason, report.verdict) == (reason, f"No result: {reason}.")


def test_a_failed_report_has_the_reason_of_its_first_part() -> None:
    request = request_of(made_up())
    told = [
        ShardResult(shard_id=f"r1-{n}", number=n, of=3, request=request, status="failed", reason=reason)
        for n, reason in ((2, "away"), (0, "overloaded"))
    ]
    report = conclude(request, told, PlainClassifier(up_or_down, "fake"), SETTINGS)
    assert [m.reason for m in report.missing] == ["overloaded", "not read before the deadline", "away"]
    assert (report.status, report.reason) == ("failed", "overloaded")


def test_a_failed_report_says_why() -> None:
    missing = [MissingShard(number=1, reason="away")]
    for reason in ("No series match {a}.", "No tenant is named X"):
        report = failed(request_of(made_up()), reason, missing)
        assert (report.status, report.reason, report.missing) == ("failed", reason, missing)
        assert report.verdict == f"No result: {reason.removesuffix('.')}."
        assert report.counts == SeriesCounts(selected=0, analysed=0, flagged=0)
        assert report.report_id == "r1"


@pytest.mark.parametrize(("moved_at", "by"), [(SPLIT, 3.0), (270, 6.0), (290, 8.0)])
def test_a_finding_that_scores_little_is_as_significant_as_its_change(moved_at: int, by: float) -> None:
    labels = [{"__name__": name, "service": "cart"} for name in ("cpu_usage", "memory_bytes", "requests")]
    values = 10.0 + np.random.default_rng(0).normal(size=(3, 300))
    values[2, moved_at:] += by
    report = report_of(batch(labels, values))
    assert [(f.name, 0.0 < f.score < 1.0) for f in report.findings] == [("requests", True)]
    assert (report.counts.flagged, report.counts.significant) == (1, 1)


def test_the_counts_of_all_shards_add_up() -> None:
    series = made_up()
    request = request_of(series)
    first, *others = results_of(request, series, 5)
    not_judged = {"too short": {"up": 2}, "constant": {"up": 1}}
    told = {
        "skipped": totals(not_judged),
        "not_judged": not_judged,
        "appeared": 1,
        "vanished": 2,
        "compared": 9,
    }
    results = [
        first.model_copy(update={**told, "series": first.series + 3, "suppressed_by_season": 4}),
        others[0].model_copy(
            update={**told, "suppressed_by_season": 1, "analysed": others[0].analysed + 110}
        ),
        *others[1:],
    ]
    report = conclude(request, results, PlainClassifier(up_or_down, "fake"), SETTINGS)
    assert report.counts == SeriesCounts(
        selected=43,
        analysed=150,
        flagged=5,
        by_chance=3,  # 150 x 1.96 %
        significant=5,
        skipped={"constant": 2, "too short": 4},
        appeared=2,
        vanished=4,
        compared=18,
        suppressed_by_season=5,
    )
    assert list(report.counts.skipped) == ["constant", "too short"]
    assert report.not_judged == [NotJudged(reason="too short", series=4, metrics={"up": 4})], (
        "what never moved is only counted"
    )
    assert report.verdict.endswith("; 5 series of it changed.")


def test_notes_of_the_request_and_of_its_parts_are_said_once() -> None:
    series = made_up()
    request = request_of(series).model_copy(update={"notes": ["widened"]})
    results = [
        r.model_copy(update={"notes": ["late", f"part {r.number % 2}"]})
        for r in results_of(request, series, 5)
    ]
    for ordered in (results, results[::-1]):
        report = conclude(request, ordered, PlainClassifier(up_or_down, "fake"), SETTINGS)
        assert report.notes == ["widened", "late", "part 0", "part 1"]
    assert failed(request, "gone").notes == ["widened"]


def test_an_entity_refers_to_its_five_strongest_findings() -> None:
    series = made_up(services=3)
    broken = [i for i, own in enumerate(series.labels) if own["service"] in ("service-0", "service-1")]
    series.values[broken, SPLIT:] += 40.0
    copies = [i for i in broken if series.labels[i]["service"] == "service-0"]
    labels = [*series.labels, *({**series.labels[i], "pod": "second"} for i in copies)]
    report = report_of(batch(labels, np.concatenate([series.values, 3 * series.values[copies]])))
    assert [e.rank for e in report.entities] == [1, 2]
    assert {(e.entity, e.series) for e in report.entities} == {("service-0", 10), ("service-1", 5)}
    for entity in report.entities:
        own = [f.rank for f in report.findings if f.entity == entity.entity]
        assert len(own) == entity.series
        assert entity.top_findings == own[:5]
        assert entity.score == round(entity.score, 6) > 4.0


def test_shapes_are_counted_by_pattern_and_by_the_tenants_own_names() -> None:
    class WithExamples:
        version = "v2"

        def name(self, values: npt.NDArray[Any], split: int) -> Prediction:
            shapes = up_or_down(values, split)
            names = ["saw", None, "arc", "saw"] + [None] * (len(values) - 4)
            return Prediction(
                shapes, [Taught(name=n, probability=0.9, example_id="e1") if n else None for n in names]
            )

    series = made_up()
    series.values[15:17, SPLIT:] -= 80.0
    request = request_of(series)
    report = conclude(request, results_of(request, series), WithExamples(), SETTINGS)
    assert report.patterns == {Pattern.LEVEL_SHIFT_DOWN: 2, Pattern.LEVEL_SHIFT_UP: 3}
    assert list(report.patterns) == [Pattern.LEVEL_SHIFT_DOWN, Pattern.LEVEL_SHIFT_UP]
    assert report.taught == {"arc": 1, "saw": 2}
    assert list(report.taught) == ["arc", "saw"]
    assert (report.model, report.reason, report.omitted) == ("v2", "", 0)


def test_findings_beyond_the_settings_are_omitted_and_counted() -> None:
    report = report_of(made_up(), settings=SETTINGS.model_copy(update={"findings": 2, "candidates": 100}))
    assert len(report.findings) == 2
    assert report.omitted == report.counts.flagged - 2
    assert sum(report.patterns.values()) == report.counts.flagged


def test_a_large_report_is_trimmed_by_rank(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = report_of(made_up())
    max_bytes = len(encode(whole)) // 2
    monkeypatch.setattr(module, "MAX_BYTES", max_bytes)
    report = report_of(made_up())
    assert len(encode(report)) <= max_bytes
    assert 0 < len(report.findings) < len(whole.findings)
    assert report.omitted == len(whole.findings) - len(report.findings)
    assert [f.series_id for f in report.findings] == [f.series_id for f in whole.findings][
        : len(report.findings)
    ]
    shown = {f.rank for f in report.findings}
    assert report.entities[0].top_findings
    assert all(set(e.top_findings) <= shown for e in report.entities)


def test_a_series_of_normal_shape_does_not_lead() -> None:
    first = report_of(made_up()).findings[0]

    def classify(values: npt.NDArray[Any], split: int) -> Floats32:
        shapes = up_or_down(values, split)
        mine = np.isclose(values, first.points, rtol=1e-5).all(axis=1)
        shapes[mine] = 0.1 / 14
        shapes[mine, PATTERNS.index(Pattern.NORMAL)] = 0.9
        return shapes

    report = report_of(made_up(), classify=classify)
    assert report.findings[0].series_id != first.series_id
    assert first.series_id in {f.series_id for f in report.findings}


def test_the_shape_is_asked_at_the_found_onset_and_never_too_far_back() -> None:
    asked = []

    def classify(values: npt.NDArray[Any], split: int) -> Floats32:
        asked.append((values.shape[1], split))
        return up_or_down(values, split)

    report_of(made_up(fault_row=100, services=20), classify=classify)
    report_of(made_up(fault_row=SPLIT - 10, services=20), classify=classify)
    assert asked[0] == (300, 190)
    assert abs(asked[1][1] - (SPLIT - 10)) <= 1
