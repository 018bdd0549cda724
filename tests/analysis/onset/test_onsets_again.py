"""Looks between the first and the last try a few onsets; the last one tries all of them."""

from typing import Any

import pytest

from patternwatch.analysis.conclude import conclude
from patternwatch.analysis.onset.onsets_again import MAX_NEW_ONSETS, tried_again
from patternwatch.analysis.report.looks import asked_again
from patternwatch.analysis.scoring.deviations import deviation_stats
from patternwatch.classifier.shape_classifier import PlainClassifier
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import SeriesBatch
from tests.analysis.incidents import SETTINGS, SPLIT, STEP_MS, made_up, request_of, results_of, up_or_down


def voted() -> SeriesBatch:
    """A fault before the split, and other rows at which many series step for a moment."""
    series = made_up(fault_row=SPLIT - 40, services=20)
    for row in range(80, 190, 15):
        series.values[:, row] += 30.0
    return series


SERIES = voted()


def look(number: int, *, growing: bool, onset_row: int | None = None) -> Report:
    request = request_of(SERIES)
    onset_ms = None if onset_row is None else request.window.start_ms + onset_row * STEP_MS
    request = request.model_copy(update={"look": number, "growing": growing, "onset_ms": onset_ms})
    classifier = PlainClassifier(up_or_down, "fake")
    return conclude(request, results_of(request, SERIES), classifier, SETTINGS)


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows at which candidates are evaluated."""
    rows: list[int] = []

    def noted(values: Any, row: int, *baseline: Any) -> Any:
        rows.append(row)
        return deviation_stats(values, row, *baseline)

    monkeypatch.setattr("patternwatch.analysis.ranking.onset_evaluator.deviation_stats", noted)
    return rows


def test_an_early_look_tries_few_onsets_among_them_the_one_of_the_look_before(tried: list[int]) -> None:
    first = look(0, growing=True)
    every = tried.copy()
    tried.clear()
    early = look(1, growing=True, onset_row=137)
    assert {137, SPLIT} < set(tried)
    assert len(tried) == 2 + MAX_NEW_ONSETS < len(every)
    assert 137 not in every, "nothing else proposes it"
    assert early.entities[0].entity == first.entities[0].entity
    assert early.onset_ms == first.onset_ms


def test_the_last_look_says_what_one_look_at_the_same_window_says(tried: list[int]) -> None:
    last = look(4, growing=False, onset_row=137)
    assert 137 not in tried
    once = look(0, growing=False)
    assert last.model_dump_json(exclude={"look"}) == once.model_dump_json(exclude={"look"})


def test_an_onset_that_has_left_the_window_is_not_tried(tried: list[int]) -> None:
    look(1, growing=True, onset_row=-5)
    assert min(tried) > 0


def test_the_split_is_always_tried() -> None:
    assert tried_again({60: 9.0, 61: 8.0, 62: 7.0, 100: 0.1}, 100, None).keys() >= {60, 100}


def test_the_onset_goes_along_to_the_next_look() -> None:
    request = request_of(SERIES)
    assert asked_again(request, 1, 0, request.window.end_ms, 77).onset_ms == 77
    assert asked_again(request.model_copy(update={"onset_ms": 77}), 2, 0, 0).onset_ms is None
