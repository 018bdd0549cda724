"""Failures of a service that is seldom asked come in few rows: they count by how many more there are."""

import numpy as np
import pytest

from patternwatch.analysis.scoring.deviations import are_failures, deviation_stats
from patternwatch.contracts.series import SeriesBatch
from tests.analysis.incidents import ROWS, SPLIT, batch, report_of

ROW = np.arange(300)
FAILURES = np.array([True])


def rare(every: int, before: int = 0) -> np.ndarray:
    """One failure in so many rows since row 240, and before it."""
    ticks = np.where(ROW >= 240, ROW % every == 0, (ROW % before == 0) if before else False)
    return 3.0 * ticks.astype(np.float64)[None]


@pytest.mark.parametrize(
    ("values", "usual"),
    [
        (rare(10), 0.3),  # six in sixty rows
        (rare(20), 0.15),
        (rare(30), 0.0),  # two are chance
        (rare(10, before=20), 0.15),  # as many again as there were
        (rare(20, before=20), 0.0),
        (rare(2), 3.0),  # as any series
    ],
)
def test_what_is_usual_of_rare_failures_is_how_many_more_there_are(values: np.ndarray, usual: float) -> None:
    assert deviation_stats(values, 240, failures=FAILURES).usual.tolist() == pytest.approx([usual])
    others = deviation_stats(values, 240, failures=~FAILURES).usual.tolist()
    assert others == deviation_stats(values, 240).usual.tolist() == ([3.0] if usual == 3.0 else [0.0])


def test_gaps_are_no_rows_without_failures() -> None:
    values = rare(10)
    values[0, 270:] = np.nan
    assert deviation_stats(values, 240, failures=FAILURES).usual.tolist() == pytest.approx([0.3])


def test_only_what_is_counted_one_by_one_is_a_failure() -> None:
    categories = ["error", "error", "error", "availability"]
    assert are_failures(categories, ["rate", "count_rate", "", "rate"]).tolist() == [True, True, False, False]
    assert are_failures([], []).tolist() == []


def test_who_fails_every_tenth_row_is_the_cause() -> None:
    rng = np.random.default_rng(1)
    labels = [
        {"__name__": "calls_total", "service": "bank", "code": "500"},
        {"__name__": "node_memory_Cached_bytes", "service": "host"},
    ]
    values = 100.0 + rng.normal(size=(2, ROWS))
    values[1] += 3.0 * (np.arange(ROWS) >= SPLIT)
    values[0] = 2.0 * ((np.arange(ROWS) >= SPLIT) & (np.arange(ROWS) % 10 == 3))
    made = batch(labels, values)
    report = report_of(SeriesBatch(made.labels, made.times, made.values, ["rate", ""]))
    assert report.entities[0].entity == "bank"
    assert report.findings[0].category == "error"
