"""A report that is too large for one Kafka record loses its lowest-ranked findings."""

from patternwatch.analysis.report.report_size import trimmed
from patternwatch.contracts.codec import encode
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.report import Report
from tests.analysis.incidents import made_up, report_of


def report_of_ten() -> Report:
    """Ten findings of one size; four were left out before."""
    whole = report_of(made_up())
    findings = [whole.findings[0].model_copy(update={"rank": rank}) for rank in range(1, 11)]
    entity = EntityRank(
        rank=1, entity="cart", label="service", score=9.0, series=10, top_findings=[1, 5, 6, 9, 10]
    )
    return whole.model_copy(update={"findings": findings, "entities": [entity], "omitted": 4})


def test_a_report_that_just_fits_stays_as_it_is() -> None:
    report = report_of_ten()
    assert trimmed(report, len(encode(report))) is report


def test_the_lowest_ranked_findings_are_cut_and_counted() -> None:
    report = report_of_ten()
    size = len(encode(report))
    for max_bytes, kept, top in ((size - 1, 9, [1, 5, 6, 9]), (size * 55 // 100, 5, [1, 5]), (0, 0, [])):
        found = trimmed(report, max_bytes)
        assert [f.rank for f in found.findings] == list(range(1, kept + 1))
        assert found.omitted == 4 + 10 - kept
        assert found.entities[0].top_findings == top
        assert (
            found.model_copy(update={"findings": report.findings, "omitted": 4, "entities": report.entities})
            == report
        )
