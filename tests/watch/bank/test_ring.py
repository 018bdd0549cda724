"""The ring against its slow twin: the column of a row is its number modulo the ring's length."""

import numpy as np
import pytest

from patternwatch.watch.bank.ring import write_rows


@pytest.mark.parametrize(("first", "newest", "rows"), [(6, 5, 1), (7, 6, 2), (8, 6, 3), (20, 6, 2)])
def test_rows_lie_in_the_column_of_their_number_and_skipped_ones_are_gaps(
    first: int, newest: int, rows: int
) -> None:
    rng, size = np.random.default_rng(first), 8
    ring = rng.normal(size=(5, size)).astype(np.float32)
    slots, values = np.array([4, 0, 2]), rng.normal(size=(3, rows)).astype(np.float32)
    expected = ring.copy()
    for row in range(max(newest + 1, first - size), first):
        expected[slots, row % size] = np.nan
    for k in range(rows):
        expected[slots, (first + k) % size] = values[:, k]
    write_rows(ring, slots, values, first, newest)
    np.testing.assert_array_equal(ring, expected)
