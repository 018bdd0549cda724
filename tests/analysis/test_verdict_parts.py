"""The parts of a verdict are the verdict, and each part is what its kind says."""

from itertools import pairwise
from pathlib import Path

import pytest

from patternwatch.analysis.identity.names_in_scope import UNLABELLED
from patternwatch.analysis.report.failed import failed
from patternwatch.analysis.verdict import Judged, clock, verdict_parts
from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.report import Report
from tests.analysis.incidents import RECORDED, made_up, recorded, report_of, request_of
from tests.analysis.test_verdict import AT_MS, COUNTS, FINDING, ranks


def parts_of(entities: list[EntityRank], onset_ms: int | None = AT_MS) -> list[tuple[str, str, int | None]]:
    found = verdict_parts(request_of(made_up()), Judged(COUNTS, entities, [FINDING], onset_ms, 14))
    return [(part.kind, part.text, part.ms) for part in found]


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_the_parts_of_a_recorded_incident_join_to_its_verdict(path: Path) -> None:
    _, window, series = recorded(path)
    report = report_of(series, split=window.split_row)
    assert "".join(part.text for part in report.verdict_parts) == report.verdict
    instants = [(part.text, part.ms) for part in report.verdict_parts if part.kind == "instant"]
    shown = {f.onset_ms for f in report.findings if f.entity == report.entities[0].entity}
    assert len(instants) == bool(report.findings)
    assert all(text == clock(ms) and ms in shown for text, ms in instants if ms is not None)
    named = [part.text for part in report.verdict_parts if part.kind == "entity"]
    assert set(named) <= {entity.entity for entity in report.entities[:4]}
    assert bool(named) == bool(report.findings)


def test_a_clear_cause_in_parts() -> None:
    assert parts_of(ranks(4.0, 2.0)) == [
        ("entity", "orders", None),
        ("text", " is the likely cause: connection pool in use shifted up from 2 to 20 (x 10) at ", None),
        ("instant", "09:33:20 UTC", AT_MS),
        ("text", ", together with the given time; 14 series of 2 services changed.", None),
    ]


@pytest.mark.parametrize(
    ("scores", "named"),
    [
        ((4.0, 3.9), ["orders", "payment", "orders"]),
        ((4.0, 3.9, 3.8), ["orders", "payment", "cart", "orders"]),
        ((4.0, 3.9, 3.8, 3.7), ["orders", "payment", "cart", "web", "orders"]),
        ((3.0, 1.0), ["orders"]),
    ],
)
def test_every_likely_cause_is_an_entity(scores: tuple[float, ...], named: list[str]) -> None:
    parts = parts_of(ranks(*scores))
    assert [text for kind, text, _ in parts if kind == "entity"] == named
    assert all(a[0] != "text" or b[0] != "text" for a, b in pairwise(parts))


def test_series_without_an_entity_label_name_no_entity() -> None:
    entity = EntityRank(rank=1, entity=UNLABELLED, label="", score=5.0, series=2, top_findings=[])
    assert {kind for kind, _, _ in parts_of([entity], onset_ms=None)} == {"text"}


def test_a_failed_report_and_one_of_an_earlier_release_have_one_part() -> None:
    report = failed(request_of(made_up()), "Cortex is away")
    assert [(part.kind, part.text) for part in report.verdict_parts] == [("text", report.verdict)]
    whole = encode(report)
    part = b'"verdict_parts":[{"kind":"text","text":"No result: Cortex is away.","ms":null}],'
    assert whole.count(part) == 1
    assert decode(whole.replace(part, b""), Report) == report
