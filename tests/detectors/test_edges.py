"""Series that appear or vanish inside a window."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from patternwatch.detectors.edges import edges_of
from patternwatch.detectors.presence import Presence
from tests.detectors.batches import SPLIT, batches
from tests.detectors.naive import usual_gap


def flagged(*rows: str) -> tuple[list[bool], list[bool]]:
    """Rows drawn as `..xxx.x`: a point or a gap."""
    found = edges_of(np.array([[1.0 if c == "x" else np.nan for c in row] for row in rows]))
    return found.appeared.tolist(), found.vanished.tolist()


def test_missing_rows_at_an_edge_count_by_their_number() -> None:
    rows = ["xxxxxxxxxx", "...xxxxxxx", "xxxxxxx...", "..xxxxxx..", "..........", "....x....."]
    assert flagged(*rows) == (
        [False, True, False, False, False, True],
        [False, False, True, False, False, True],
    )


def test_a_series_that_is_scraped_now_and_then_has_not_vanished() -> None:
    appeared, vanished = flagged("x....x....x....", "....x....x....x", "x....x.........")
    assert appeared == [False, False, False]
    assert vanished == [False, False, True]


def test_one_scrape_that_is_missing_at_the_end_is_not_an_end() -> None:
    # Every third row: the next but one scrape is due in the sixth row after the last point.
    usual = "x..x..x..x..x"
    assert flagged(usual + "......", "......" + usual) == ([False, False], [False, False])
    assert flagged(usual + ".......", "......." + usual) == ([False, True], [True, False])


def test_scrapes_that_failed_now_and_then_hide_no_end() -> None:
    every_row = "xxxxxxxx.xxxxxxxxxxxxx.xxxxx"
    assert [flagged(every_row + gap)[1] for gap in ("..", "...")] == [[False], [True]]


def test_no_series_and_no_rows() -> None:
    assert edges_of(np.empty((0, 5))).appeared.tolist() == []
    assert edges_of(np.empty((2, 0))).vanished.tolist() == [False, False]


@given(st.lists(st.lists(st.booleans(), min_size=12, max_size=12), min_size=1, max_size=8))
def test_it_equals_its_slow_twin(rows: list[list[bool]]) -> None:
    found = edges_of(np.where(np.array(rows), 1.0, np.nan))
    assert {own.dtype for own in (found.leading, found.trailing, found.usual)} == {np.dtype(np.int64)}
    for row, appeared, vanished in zip(rows, found.appeared, found.vanished, strict=True):
        at = [n for n, there in enumerate(row) if there]
        usual = usual_gap(at)
        assert appeared == (bool(at) and at[0] > usual)
        assert vanished == (bool(at) and len(row) - 1 - at[-1] > usual)


@settings(max_examples=50, deadline=None)
@given(batches())
def test_what_the_detector_flags_is_what_the_counts_count(values: np.ndarray) -> None:
    found = edges_of(values)
    appeared_now = found.appeared & (found.leading >= SPLIT)
    np.testing.assert_array_equal(Presence()(values, SPLIT).flagged, appeared_now | found.vanished)
