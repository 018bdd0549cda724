"""Series that are scraped less often than the window has rows."""

from collections.abc import Sequence

import numpy as np
import pytest

from patternwatch.analysis.series.own_interval import held_between_scrapes, own_intervals
from patternwatch.contracts.patterns import Pattern
from tests.analysis.incidents import ROWS, SPLIT, batch, report_of, up_or_down

NAN = np.nan
INDEX = np.arange(ROWS)


def points_at(rows: Sequence[int] | np.ndarray) -> np.ndarray:
    row = np.full((1, ROWS), NAN)
    row[0, rows] = 1.0
    return row


@pytest.mark.parametrize(
    ("rows", "interval"),
    [
        (INDEX, 1.0),
        (np.arange(0, ROWS, 10), 10.0),
        (np.arange(7, ROWS, 10), 10.0),
        (np.ceil(np.arange(0, 239, 2.5)).astype(int), 2.5),  # 75 s on a grid of 30 s
        ([r for r in range(0, ROWS, 10) if r not in (50, 120)], 10.0),  # two scrapes failed
        ([0, 10, 20, 30], 10.0),
        ([0, 10, 20], NAN),  # too few to tell
        ([0, 1, 5, 30, 31, 90, 100, 140, 160, 200], NAN),
        ([], NAN),
    ],
)
def test_an_interval_is_told_where_points_come_regularly(rows: np.ndarray, interval: float) -> None:
    np.testing.assert_allclose(own_intervals(points_at(rows), SPLIT), [interval], rtol=0.01)


def test_only_what_lies_before_the_split_tells_it() -> None:
    values = points_at([*range(0, SPLIT, 8), *range(SPLIT, ROWS)])
    assert own_intervals(values, SPLIT).tolist() == [8.0]
    assert np.isnan(own_intervals(values, ROWS)).all()


def test_points_that_come_by_chance_have_no_interval() -> None:
    rng = np.random.default_rng(0)
    for share in (0.05, 0.1, 0.2, 0.3):
        values = np.where(rng.random((500, ROWS)) < share, 1.0, NAN)
        assert (~np.isnan(own_intervals(values, SPLIT))).mean() < 0.05 + share


def test_a_value_is_held_to_the_next_scrape_and_over_one_that_failed() -> None:
    row = np.full(120, NAN)
    row[5::5] = np.arange(23.0)
    row[[20, 40, 45]] = NAN
    (held,) = held_between_scrapes(row[None])
    assert np.isnan(held[:5]).all()
    assert held[5:15].tolist() == [0.0] * 5 + [1.0] * 5
    assert held[15:25].tolist() == [2.0] * 10
    assert held[35:45].tolist() == [6.0] * 10
    assert np.isnan(held[45:50]).all()
    assert held[115:].tolist() == [22.0] * 5


def test_a_row_without_an_interval_keeps_its_gaps() -> None:
    values = np.ones((2, 60))
    values[0, 20:25] = NAN
    values[1, 4:] = NAN
    np.testing.assert_array_equal(held_between_scrapes(values), values)


def test_a_series_of_five_minutes_is_found_named_and_drawn_in_its_own_interval() -> None:
    rng = np.random.default_rng(5)
    values = 20.0 + rng.normal(size=(12, ROWS))
    values[4, SPLIT:] += 60.0
    values[:, INDEX % 10 != 3] = NAN
    labels = [{"__name__": "queries_total", "service": f"db-{n}"} for n in range(12)]
    named: list[np.ndarray] = []

    def classify(points: np.ndarray, split: int) -> np.ndarray:
        named.append(points)
        return up_or_down(points, split)

    report = report_of(batch(labels, values, ["rate"] * 12), classify=classify)
    assert np.isnan(named[0]).sum() == 3  # before the first scrape only
    (found,) = report.findings
    assert (found.entity, found.pattern, found.direction) == ("db-4", Pattern.LEVEL_SHIFT_UP, "up")
    seconds = 40 * report.window.step_ms // 1000
    assert found.expression == f'rate(queries_total{{service="db-4"}}[{seconds}s])'
    points = np.array(found.points, dtype=float)
    assert np.count_nonzero(~np.isnan(points)) == 30
    statistic = next(e.text for e in found.evidence if e.detector == "Kolmogorov-Smirnov")
    assert statistic.startswith("two-sample D = 1.00")


def test_a_scrape_that_failed_now_and_then_stays_a_gap() -> None:
    values = np.ones((1, 300))
    values[0, ::20] = np.nan
    np.testing.assert_array_equal(held_between_scrapes(values), values)
