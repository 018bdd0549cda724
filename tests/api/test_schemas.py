"""What the answers say beside the messages, so that no page repeats these rules."""

import pytest

from patternwatch.api.read_model.rows import AlertState, AnalysisState, ReportHeader
from patternwatch.api.schemas.alerts import AlertRead
from patternwatch.api.schemas.analyses import AnalysisRead
from patternwatch.api.schemas.reports import ReportSummary
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.patterns import PATTERNS
from patternwatch.contracts.progress import Stage
from patternwatch.contracts.verdicts import VerdictPart
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import a_progress, a_report, an_alert


@pytest.mark.parametrize(
    ("labels", "annotations", "shown"),
    [
        (
            {"alertname": "Slow", "severity": "page"},
            {"summary": "s", "description": "d"},
            ("Slow", "page", "s"),
        ),
        ({"alertname": "Slow"}, {"message": "m", "description": "d"}, ("Slow", "", "d")),
        ({"job": "api"}, {"message": "m"}, ("f1", "", "m")),
        ({}, {"runbook": "r", "summary": ""}, ("f1", "", "")),
    ],
)
def test_an_alert_has_a_name_a_severity_and_a_description(
    labels: dict[str, str], annotations: dict[str, str], shown: tuple[str, str, str]
) -> None:
    state = AlertState(**dict(an_alert(labels=labels, annotations=annotations)))
    answer = AlertRead.from_state(state).model_dump(by_alias=True)
    assert (answer["name"], answer["severity"], answer["description"]) == shown


@pytest.mark.parametrize(
    ("stage", "terminal"),
    [
        ("accepted", False),
        ("planned", False),
        ("analysing", False),
        ("concluded", True),
        ("quiet", True),
        ("failed", True),
    ],
)
def test_an_analysis_says_whether_it_has_ended(stage: Stage, terminal: bool) -> None:
    state = AnalysisState(**dict(a_progress(stage)), requested_at_ms=NOW_MS)
    assert AnalysisRead.from_state(state).terminal is terminal


def test_a_summary_counts_the_findings_and_keeps_the_first_entities_and_the_parts_of_the_verdict() -> None:
    ranks = [
        EntityRank(rank=n, entity=f"e{n}", label="service", score=1.0, series=1, top_findings=[])
        for n in range(1, 6)
    ]
    parts = [VerdictPart(kind="entity", text="checkout"), VerdictPart(text=" began to slow down")]
    summary = ReportSummary.of(ReportHeader.of(a_report(entities=ranks, verdict_parts=parts)))
    assert summary.findings == 2
    assert [entity.entity for entity in summary.entities] == ["e1", "e2", "e3"]
    assert "".join(part.text for part in summary.verdict_parts) == summary.verdict
    assert summary.verdict_parts == parts


def test_every_type_of_pattern_is_told_in_words() -> None:
    words = {pattern.type.label for pattern in PATTERNS}
    assert words == {"still abnormal", "recovered", "no known shape"}
