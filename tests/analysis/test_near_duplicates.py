import numpy as np

from patternwatch.analysis.near_duplicates import near_duplicates
from tests.analysis.incidents import batch, made_up, report_of

T = np.arange(100)
STEP = np.where(T >= 60, 5.0, 0.0)
WAVE = np.sin(T)


def test_a_copy_in_another_unit_or_turned_over_says_the_same() -> None:
    rows = np.array([STEP, 1000 * STEP + 7, -STEP, WAVE, STEP])
    assert near_duplicates(rows, ["a"] * 5) == [None, 0, 0, None, 0]


def test_only_within_a_group() -> None:
    assert near_duplicates(np.array([STEP, STEP, STEP]), ["a", "b", "b"]) == [None, None, 1]


def test_gaps_and_constant_rows_are_like_nothing_by_accident() -> None:
    gapped = STEP.copy()
    gapped[::10] = np.nan
    rows = np.array([STEP, gapped, np.full(100, 2.0), np.full(100, 3.0)])
    assert near_duplicates(rows, ["a"] * 4) == [None, 0, None, None]
    assert near_duplicates(np.empty((0, 100)), []) == []


def test_a_report_names_the_first_of_those_that_say_the_same() -> None:
    series = made_up()
    copies = [i for i, own in enumerate(series.labels) if own["__name__"] == "cpu_usage"]
    labels = [*series.labels, *({**series.labels[i], "pod": "second"} for i in copies)]
    report = report_of(batch(labels, np.concatenate([series.values, 3 * series.values[copies]])))
    cpu = [f for f in report.findings if f.entity == "service-3" and f.category == "cpu"]
    assert len(cpu) == 2
    assert [f.same_as for f in cpu] == [None, cpu[0].rank]
