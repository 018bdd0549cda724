"""Where what is used up began to fill."""

import numpy as np
import pytest

from patternwatch.analysis.ranking.filling_up import starts_of_filling

ROW, SPLIT, LIMIT = np.arange(300.0), 260, 200.0
NOISE = np.random.default_rng(2).normal(size=300)


def busy(since: int, rows: int = 50) -> np.ndarray:
    """Threads that are stuck one after the other, until there are no more."""
    stuck = np.clip(20.0 + 180.0 * (ROW - since) / rows, 20.0, LIMIT)
    return np.minimum(stuck * (1.0 + 0.08 * NOISE), LIMIT)


@pytest.mark.parametrize("since", [120, 170, 205])
def test_the_row_from_which_it_rose(since: int) -> None:
    (row,) = starts_of_filling(busy(since)[None], np.array([LIMIT]), SPLIT)
    assert abs(row - since) <= 4


def test_what_is_not_used_up_or_has_no_limit_proposes_nothing() -> None:
    values = np.array([busy(205), busy(205), 20.0 + NOISE])
    assert starts_of_filling(values, np.array([np.nan, 400.0, LIMIT]), SPLIT) == set()


def test_a_sudden_end_of_a_pool_is_no_rise() -> None:
    sudden = np.where(ROW >= 230, LIMIT, 20.0 + NOISE)
    assert starts_of_filling(sudden[None], np.array([LIMIT]), SPLIT) == set()
