"""What a revision says that the one before did not."""

from patternwatch.analysis.report.changes import NOTHING_CHANGED, changes
from patternwatch.contracts.looks import RevisionSummary


def summary(*entities: str, flagged: int = 3, analysed: int = 40, missing: int = 0) -> RevisionSummary:
    return RevisionSummary(entities=list(entities), flagged=flagged, analysed=analysed, missing=missing)


def test_who_moved_up_among_the_first_is_told() -> None:
    told = changes(summary("a", "b", "c", "d"), summary("d", "a", "b", "c"))
    assert told == ["d moved from 4th to 1st"], "those that only made room are not told"


def test_who_is_new_or_gone_is_told() -> None:
    assert changes(summary("a", "b"), summary("x", "b")) == [
        "x is new, 1st",
        "a, the first before, stands out no more",
    ]
    assert changes(summary(), summary("x")) == ["x is new, 1st"]


def test_how_many_series_more_or_fewer() -> None:
    assert changes(summary(flagged=3), summary(flagged=1200, analysed=39)) == [
        "1,197 more series changed",
        "1 fewer series were judged",
    ]


def test_a_part_that_was_missing_and_is_there_now() -> None:
    assert changes(summary("a", missing=2), summary("a")) == ["no part of the series is missing any more"]


def test_nothing_changed_is_said_too_but_not_of_a_first_report() -> None:
    assert changes(summary("a"), summary("a")) == [NOTHING_CHANGED]
    assert changes(None, summary("a")) == []
