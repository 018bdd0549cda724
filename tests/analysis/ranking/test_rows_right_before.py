"""A row right before the likeliest onset goes first where it is about as likely."""

import pytest

from patternwatch.analysis.ranking.rows_right_before import earliest_of_as_likely
from tests.analysis.evaluations import evaluation
from tests.analysis.incidents import SPLIT

BEST = SPLIT - 20


@pytest.mark.parametrize(
    ("row", "evidence", "chosen"),
    [
        (BEST - 1, 3.95, BEST - 1),
        (BEST - 2, 3.95, BEST - 2),
        (BEST - 2, 3.8, BEST),
        (BEST - 3, 3.95, BEST),
        (BEST + 1, 3.95, BEST),
    ],
)
def test_a_row_right_before_that_is_about_as_likely_goes_first(
    row: int, evidence: float, chosen: int
) -> None:
    tried = [
        (1.0, evaluation(("a",), [(4.0, (0,))], onset=BEST)),
        (1.0, evaluation(("a",), [(evidence, (0,))], onset=row)),
    ]
    assert earliest_of_as_likely(tried, SPLIT).onset == chosen


def test_where_nothing_shows_trouble_the_alerts_row_stays() -> None:
    tried = [(1.0, evaluation(ranked=(), onset=row)) for row in (SPLIT - 2, SPLIT - 1, SPLIT)]
    assert earliest_of_as_likely(tried, SPLIT).onset == SPLIT
