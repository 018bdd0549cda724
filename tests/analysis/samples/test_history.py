"""What becomes of a request whose window is longer than what the source holds."""

from patternwatch.analysis.samples.history import SPARE_ROWS, within_history
from patternwatch.contracts.series import MIN_BASELINE_ROWS
from tests.fakes.messages import a_request

REQUEST = a_request()
WINDOW = REQUEST.window


def test_the_window_begins_where_the_samples_do() -> None:
    cut = within_history(REQUEST, WINDOW.start_ms + 100 * WINDOW.step_ms + 1)
    assert cut.window.start_ms == WINDOW.start_ms + (101 + SPARE_ROWS) * WINDOW.step_ms
    assert (cut.window.split_ms, cut.window.end_ms) == (WINDOW.split_ms, WINDOW.end_ms)
    (note,) = cut.notes
    assert "max_query_lookback" in note
    assert f"by {WINDOW.rows - 101 - SPARE_ROWS} rows instead of {WINDOW.rows}" in note


def test_too_little_for_a_baseline_is_only_told() -> None:
    first_ms = WINDOW.split_ms - (MIN_BASELINE_ROWS + SPARE_ROWS - 1) * WINDOW.step_ms
    told = within_history(REQUEST, first_ms)
    assert told.window == WINDOW
    assert "is little to compare with" in told.notes[0]
    assert within_history(REQUEST, first_ms - WINDOW.step_ms).window != WINDOW


def test_what_was_noted_before_stays() -> None:
    noted = REQUEST.model_copy(update={"notes": ["The scope was widened"]})
    assert within_history(noted, WINDOW.split_ms).notes[0] == "The scope was widened"
