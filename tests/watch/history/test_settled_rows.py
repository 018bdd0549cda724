"""A row that has not arrived is not taken for a cluster that is gone; a service that is gone is."""

import numpy as np
import pytest

from patternwatch.contracts.series import SeriesBatch
from patternwatch.watch.history.settled_rows import MAX_LATE_ROWS, settled

N, T = 10, 16


def rows_of(covered: dict[int, int]) -> int:
    """Rows that are left where row r (from the end, 0 the last) has samples of so many series only."""
    values = np.ones((N, T))
    for row, there in covered.items():
        values[there:, T - 1 - row] = np.nan
    labels = [{"__name__": f"m{n}"} for n in range(N)]
    return len(settled(SeriesBatch(labels, np.arange(T) * 30_000, values, [""] * N)).times)


@pytest.mark.parametrize(
    ("covered", "rows"),
    [
        ({}, T),
        ({0: 4}, T - 1),
        ({0: 0}, T - 1),
        ({0: 4, 1: 4}, T - 2),
        ({0: 5}, T),
        ({0: 4, 1: 9}, T - 1),
        (dict.fromkeys(range(MAX_LATE_ROWS), 0), T - MAX_LATE_ROWS),
        (dict.fromkeys(range(MAX_LATE_ROWS + 1), 0), T - MAX_LATE_ROWS),
    ],
    ids=["whole", "some", "none", "two", "a half is gone", "the one before", "as late as it may be", "gone"],
)
def test_late_rows_wait(covered: dict[int, int], rows: int) -> None:
    assert rows_of(covered) == rows


def test_series_that_are_scraped_every_other_row_make_no_row_late() -> None:
    assert rows_of(dict.fromkeys(range(0, T, 2), 4)) == T
    assert rows_of(dict.fromkeys(range(2, T, 2), 4) | {0: 1}) == T - 1


def test_a_source_that_holds_nothing_is_no_late_one() -> None:
    assert rows_of(dict.fromkeys(range(T), 0)) == T
