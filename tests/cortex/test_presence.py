"""Series that appear or vanish inside a window."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from patternwatch.cortex.presence import presence


def told(*rows: str) -> tuple[list[bool], list[bool]]:
    """Rows drawn as `..xxx.x`: a point or a gap."""
    found = presence(np.array([[1.0 if c == "x" else np.nan for c in row] for row in rows]))
    return found.appeared.tolist(), found.vanished.tolist()


def test_a_gap_at_an_edge_tells_by_its_length() -> None:
    rows = ["xxxxxxxxxx", "...xxxxxxx", "xxxxxxx...", "..xxxxxx..", "..........", "....x....."]
    assert told(*rows) == (
        [False, True, False, False, False, True],
        [False, False, True, False, False, True],
    )


def test_a_series_that_is_scraped_now_and_then_has_not_vanished() -> None:
    appeared, vanished = told("x....x....x....", "....x....x....x", "x....x.........")
    assert appeared == [False, False, False]
    assert vanished == [False, False, True]


def test_no_series_at_all() -> None:
    assert presence(np.empty((0, 5))).appeared.tolist() == []


@given(st.lists(st.lists(st.booleans(), min_size=12, max_size=12), min_size=1, max_size=8))
def test_it_equals_its_slow_twin(rows: list[list[bool]]) -> None:
    found = presence(np.where(np.array(rows), 1.0, np.nan))
    for row, appeared, vanished in zip(rows, found.appeared, found.vanished, strict=True):
        at = [n for n, there in enumerate(row) if there]
        usual = max([b - a - 1 for a, b in itertools.pairwise(at)] + [2])
        assert appeared == (bool(at) and at[0] > usual)
        assert vanished == (bool(at) and len(row) - 1 - at[-1] > usual)
