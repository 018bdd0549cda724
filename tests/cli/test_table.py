"""A report in a terminal draws the parts of the verdict that the API serves."""

from rich.console import Console

from patternwatch.cli.table import print_report, verdict_lines
from patternwatch.contracts.verdicts import VerdictFields, VerdictPart
from tests.analysis.incidents import made_up, report_of

REPORT = report_of(made_up())


def printed(width: int = 140) -> str:
    console = Console(width=width, record=True, file=None, quiet=False)
    with console.capture() as capture:
        print_report(console, REPORT)
    return capture.get()


def test_the_parts_of_the_verdict_are_told_by_name() -> None:
    named = dict(verdict_lines(REPORT))
    assert list(named)[:4] == ["began", "broke", "hit", "now"]
    assert named["broke"].startswith("service-3: ")
    assert named["how sure"].startswith(REPORT.how_sure)
    shown = printed()
    assert all(f"{name}: " in shown for name in named)


def test_parts_that_say_nothing_are_left_out() -> None:
    assert verdict_lines(REPORT.model_copy(update={"verdict_fields": VerdictFields()})) == []
    only = VerdictFields(against=[[VerdictPart(text="a")], [VerdictPart(text="b")]])
    lines = verdict_lines(REPORT.model_copy(update={"verdict_fields": only}))
    assert lines == [("against it", "a"), ("against it", "b")]


def test_times_have_their_zone() -> None:
    assert "since, UTC" in printed()
    assert " UTC to " in printed()


def test_how_many_moved_is_told_beside_how_many_do_in_quiet_times() -> None:
    counts = REPORT.counts.model_copy(update={"flagged": 59, "by_chance": 15, "significant": 29})
    console = Console(width=200)
    with console.capture() as capture:
        print_report(console, REPORT.model_copy(update={"counts": counts}))
    assert "59 abnormal: about 15 are in quiet times, 29 moved farther than by chance" in capture.get()


def test_what_the_trouble_follows_stands_under_the_entity() -> None:
    told = 'in version v2; version="v2": 3 of 3 changed series, 0 of 40 unchanged'
    first = REPORT.entities[0].model_copy(update={"follows": told})
    report = REPORT.model_copy(update={"entities": [first, *REPORT.entities[1:]]})
    console = Console(width=140)
    with console.capture() as capture:
        print_report(console, report)
    assert told in capture.get()


def test_no_shape_is_said_to_be_beyond_doubt() -> None:
    first = REPORT.findings[0].model_copy(update={"pattern_probability": 0.9996})
    report = REPORT.model_copy(update={"findings": [first, *REPORT.findings[1:]]})
    console = Console(width=140)
    with console.capture() as capture:
        print_report(console, report)
    assert f"{first.pattern.label} 99%" in capture.get()


def test_values_have_their_unit() -> None:
    """`13m` may be 13 ms, or 13 minutes."""
    first = REPORT.findings[0]
    latency = first.model_copy(update={"unit": "seconds", "baseline": 0.013, "peak": 1.47})
    report = REPORT.model_copy(update={"findings": [latency]})
    console = Console(width=140)
    with console.capture() as capture:
        print_report(console, report)
    assert "13 ms" in capture.get()
    assert "1.47 s" in capture.get()


def test_the_labels_are_those_that_the_report_names_and_all_of_an_older_one() -> None:
    first = REPORT.findings[0]
    labels = {**first.labels, "namespace": "shop", "route": "/pay"}
    console = Console(width=200)
    for names, shown in (("route",), "{route=/pay}"), (None, "namespace=shop, route=/pay"), ((), first.name):
        finding = first.model_copy(update={"labels": labels, "shown_labels": names})
        with console.capture() as capture:
            print_report(console, REPORT.model_copy(update={"findings": [finding]}))
        assert shown in capture.get()
        assert ("route=" in capture.get()) == (names != ())
