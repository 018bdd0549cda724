"""When visitors of a recording felt its fault."""

import numpy as np

from benchmarks.watch.felt_by_visitors import TAKEN, WAITED, felt_row
from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.series import SeriesBatch

SPLIT, ROWS = 60, 100


def visits(mean_s: Floats32, failed: Floats32, action: str = "add") -> SeriesBatch:
    """Four steps a second of one action, with their mean duration and how many failed in each row."""
    labels = [{"__name__": TAKEN, "action": action, "code": code} for code in ("200", "503")]
    labels += [{"__name__": WAITED, "action": action}] * 2
    values = np.stack([4 - failed, failed, mean_s, np.full(ROWS, 4.0)])
    return SeriesBatch(labels, 1000 * np.arange(ROWS), values, ["rate", "rate", "mean", "count_rate"])


def rows(usual: float, from_row: int = ROWS, then: float = 0.0) -> Floats32:
    """As usual, and another value from a row on."""
    return np.where(np.arange(ROWS) < from_row, usual, then).astype(np.float32)


def test_a_fault_is_felt_where_the_first_step_fails_or_is_slow() -> None:
    assert felt_row(visits(rows(0.02), rows(0, 68, 1)), SPLIT) == 68
    assert felt_row(visits(rows(0.02, 71, 0.2), rows(0)), SPLIT) == 71


def test_what_nobody_feels_or_is_over_at_once_was_not_felt() -> None:
    assert felt_row(visits(rows(0.02, 65, 0.035), rows(0)), SPLIT) is None
    short = rows(0)
    short[70:73] = 4
    assert felt_row(visits(rows(0.02), short), SPLIT) is None
    assert felt_row(visits(rows(0.02), rows(0), action="none"), 0) is None
