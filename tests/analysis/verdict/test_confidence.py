"""How sure a report is of its first entity."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from patternwatch.analysis.verdict.clear import clear_score
from patternwatch.analysis.verdict.confidence import (
    MAX_CHANCE,
    UNKNOWN,
    WEIGHTS,
    Features,
    chance_of,
    confidence_of,
    features_of,
    portion_of,
)
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.findings import Finding
from patternwatch.contracts.series import Window
from patternwatch.contracts.severity import CLEAR_SCORE
from tests.analysis.incidents import RECORDED, made_up, recorded, report_of

WINDOW = Window(start_ms=0, split_ms=240_000, end_ms=299_000, step_ms=1000)
LEAD = report_of(made_up()).findings[0]
SURE = Features(strength=6.0, breadth=1.5, portion=0.9, late=0.0, is_own=True)


def ranks(*scores: float) -> list[EntityRank]:
    return [
        EntityRank(rank=i + 1, entity=f"e{i}", label="service", score=s, series=4 - i, top_findings=[])
        for i, s in enumerate(scores)
    ]


def led_by(category: str) -> list[Finding]:
    other = LEAD.model_copy(update={"entity": "e1", "category": "cpu"})
    return [other, LEAD.model_copy(update={"entity": "e0", "category": category})]


def test_each_feature_counts_for_its_reason() -> None:
    assert min(WEIGHTS) > 0.0
    for worse in (
        replace(SURE, strength=4.0),
        replace(SURE, breadth=0.5),
        replace(SURE, portion=0.4),
        replace(SURE, late=0.3),
    ):
        assert chance_of(worse) < chance_of(SURE) - 0.02


def test_breadth_is_what_more_than_the_strongest_finding_tells() -> None:
    findings = [f.model_copy(update={"score": 5.0}) for f in led_by("cpu")]
    broad, alone = (features_of(ranks(score, 4.0), findings, WINDOW, 240_000) for score in (6.5, 5.0))
    assert broad.breadth == pytest.approx(1.5)
    assert alone.breadth == 0.0
    assert broad.strength == 6.0
    assert chance_of(broad) > chance_of(alone)


def test_a_close_second_halves_what_speaks_for_the_first() -> None:
    findings = [f.model_copy(update={"score": 5.0}) for f in led_by("cpu")]
    alone, close = (features_of(ranks(5.5, second), findings, WINDOW, 240_000) for second in (0.5, 5.4))
    assert alone.portion == pytest.approx(1.0 / (1.0 + math.exp(-5.0)))
    assert close.portion == pytest.approx(0.5, abs=0.03)
    assert chance_of(close) < chance_of(alone) - 0.2


@pytest.mark.parametrize(
    "told", [{"passed_on": {"latency": "e0"}}, {"entity": "e0-pod"}], ids=["its caller", "its workload"]
)
def test_who_has_the_trouble_from_the_first_is_no_rival(told: dict[str, Any]) -> None:
    first, second = ranks(6.5, 6.4)
    first = first.model_copy(update={"through": ["e0-pod"]})
    assert portion_of([first, second]) < 0.6
    assert portion_of([first, second.model_copy(update=told)]) == 1.0


def test_trouble_is_own_where_it_does_not_travel() -> None:
    own, travels = (
        features_of(ranks(8.0, 4.0), led_by(category), WINDOW, 240_000) for category in ("cpu", "latency")
    )
    assert own.is_own
    assert not travels.is_own


@pytest.mark.parametrize(
    ("category", "baseline", "strength"),
    [("memory", 0.0, 3.4), ("memory", 0.3, 5.4), ("error", 0.0, 5.4), ("latency", 0.0, 5.4)],
)
def test_what_rose_from_nothing_counts_no_more_than_the_next_series(
    category: str, baseline: float, strength: float
) -> None:
    own = {"entity": "e0", "category": category, "baseline": baseline, "peak": 9.0, "score": 4.5}
    other = {"entity": "e0", "category": "cpu", "baseline": 3.0, "peak": 9.0, "score": 2.5}
    findings = [LEAD.model_copy(update=own), LEAD.model_copy(update=other)]
    assert features_of(ranks(5.4, 1.0), findings, WINDOW, 240_000).strength == pytest.approx(strength)


def test_features_have_bounds() -> None:
    alone = features_of(ranks(0.5), led_by("cpu"), WINDOW, 300_000)
    assert (alone.strength, alone.breadth, alone.portion, alone.late) == (1.0, 0.0, 1.0, 0.0)
    lifted = features_of(ranks(50.0, 5.2), led_by("cpu"), WINDOW, 120_000)
    assert (lifted.breadth, lifted.late) == (6.0, 0.5)
    assert features_of(ranks(5.0), [], WINDOW, 240_000).breadth == 0.0


def test_no_report_says_that_it_is_always_right() -> None:
    found = confidence_of(ranks(12.0, 0.1), led_by("cpu"), WINDOW, 240_000)
    assert chance_of(features_of(ranks(12.0, 0.1), led_by("cpu"), WINDOW, 240_000)) > 0.995
    assert found.chance == MAX_CHANCE
    assert "in about 99 of 100" in found.words


def test_high_needs_trouble_of_its_own_and_a_clear_score() -> None:
    felt = [*led_by("cpu"), LEAD.model_copy(update={"entity": "e1", "category": "error"})]
    assert confidence_of(ranks(8.0, 2.0), felt, WINDOW, 240_000).how_sure == "high"
    travels = confidence_of(ranks(9.0, 0.1), led_by("error"), WINDOW, 240_000)
    assert travels.how_sure == "medium"
    assert travels.words.startswith("medium, since such trouble can come from what it calls, though in about")
    held_down = confidence_of(ranks(3.9, 0.1), felt, WINDOW, 240_000)
    assert held_down.how_sure == "low"
    assert held_down.words.startswith("low, since nothing moved far, though in about 59 of 100 such")
    assert confidence_of(ranks(4.1, 4.0), led_by("error"), WINDOW, 100_000).how_sure == "low"
    assert (
        confidence_of(ranks(8.0), led_by("cpu"), WINDOW, None) == UNKNOWN == confidence_of([], [], WINDOW, 0)
    )
    assert UNKNOWN.words == ""


@pytest.mark.parametrize(("rows", "late"), [(100, 0.5), (300, 0.5), (600, 0.5 * 240 / 540)])
def test_a_longer_window_has_a_longer_baseline_to_be_late_by(rows: int, late: float) -> None:
    window = Window(start_ms=0, split_ms=(rows - 60) * 1000, end_ms=(rows - 1) * 1000, step_ms=1000)
    assert features_of(ranks(1.0), [], window, window.split_ms - 120_000).late == pytest.approx(late)


@pytest.mark.parametrize(("late_s", "by_chance"), [(0, True), (0, False), (100, False), (-30, True)])
def test_a_cause_is_clear_from_the_same_score_on_time_or_beyond_chance(late_s: int, by_chance: bool) -> None:
    assert clear_score(WINDOW, WINDOW.split_ms - 1000 * late_s, by_chance=by_chance) == CLEAR_SCORE


def test_what_may_be_chance_has_to_be_the_stronger_the_farther_back_it_began() -> None:
    half_an_hour = Window(start_ms=0, split_ms=7_200_000, end_ms=8_970_000, step_ms=30_000)
    bars = [
        clear_score(half_an_hour, 7_200_000 - 60_000 * minutes, by_chance=True) for minutes in (0, 5, 30, 60)
    ]
    assert bars == pytest.approx([4.0, 4.0 * 13 / 12 * 25 / 24, 4.0 * 1.5 * 1.25, 4.0 * 2.0 * 1.5])
    felt, onset_ms = led_by("error"), 7_200_000 - 1_800_000
    for significant, clear in ((0, False), (1, True)):
        found = confidence_of(ranks(6.0, 1.0), felt, half_an_hour, onset_ms, significant=significant)
        assert found.is_clear is clear
        assert (found.how_sure == "low") is not clear
        far_back = "nothing moved far enough for an onset so long before the given time"
        assert (far_back in found.words) is not clear


def test_a_space_that_fills_up_to_its_end_is_no_chance_however_long_it_took() -> None:
    window = Window(start_ms=0, split_ms=7_200_000, end_ms=8_970_000, step_ms=30_000)
    for left, clear in ((5e7, True), (9e9, False)):
        disk = led_by("disk")[1].model_copy(
            update={
                "labels": {"__name__": "node_filesystem_avail_bytes", "device": "sda3"},
                "baseline": 1.8e10,
                "peak": left,
            }
        )
        found = confidence_of(ranks(4.2), [disk], window, 1_000_000, significant=0)
        assert found.is_clear is clear


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_who_is_called_sure_in_a_recording_is_the_cause_and_else_another_is_named(path: Path) -> None:
    incident, window, series = recorded(path)
    report = report_of(series, split=window.split_row)
    assert report.confidence is not None
    assert 0.0 < report.confidence < 1.0
    truth = incident.truth.services if incident.truth else []
    if report.how_sure == "high":
        assert report.entities[0].entity in truth
    else:
        second = report.entities[1].entity
        named = ["".join(p.text for p in parts) for parts in report.verdict_fields.against]
        assert any(second in words for words in named)
    if not truth:
        assert report.how_sure == "low"
        assert report.verdict.startswith(("Nothing stands out clearly", "Nothing is seen to fail"))
    words = "".join(part.text for part in report.verdict_fields.how_sure)
    assert words.startswith(report.how_sure)
    assert report.verdict_fields.began[0].kind == "instant"
    assert report.verdict_fields.broke[0].text == report.entities[0].entity
