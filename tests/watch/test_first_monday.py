"""A watch that begins at the weekend: what it has read of last week says what a Monday morning is."""

import numpy as np
import pytest

from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.cluster import ClusterWatch
from tests.watch.small_cluster import (
    DAY_ROWS,
    STEP_MS,
    Values,
    derivations_of,
    labels_of,
    of,
    rows_of,
)

LABELS = labels_of(services=5, pods=1)
HOUR_ROWS, COARSE_ROWS = 120, 10
MONDAY_ROW = (4 + 7 * 2_800) * DAY_ROWS
"""Midnight of a Monday: the first day of Unix time was a Thursday."""
BEGIN = -2 * HOUR_ROWS
"""Sunday at ten in the evening, counted from that midnight: the day before it is a weekend's."""
OPENS, CLOSES = 9 * HOUR_ROWS, 18 * HOUR_ROWS
"""Office hours: everybody comes at nine."""


def rows(first: int, number: int, seed: int, *, at_work: bool = True) -> Values:
    """Rows from `first` on, counted from Monday's midnight: on five days a week an office is at work."""
    values = rows_of(LABELS, number, seed)
    at = first + np.arange(number)
    office = at_work & (at // DAY_ROWS % 7 < 5) & (at % DAY_ROWS >= OPENS) & (at % DAY_ROWS < CLOSES)
    for name in ("http_requests_total", "container_cpu_usage_seconds_total"):
        for service in ("svc0", "svc1", "svc2"):
            values[of(LABELS, service, name)] *= np.where(office, 3.0, 1.0)
    # One of them is used by that office only, and does not like it.
    values[of(LABELS, "svc2", "http_request_duration_seconds")] *= np.where(office, 1.8, 1.0)
    values[of(LABELS, "svc2", "work_queue_length")] *= np.where(office, 4.0, 1.0)
    return values


def batch(first: int, values: Values) -> SeriesBatch:
    times = STEP_MS * (MONDAY_ROW + first + np.arange(values.shape[1], dtype=np.int64))
    return SeriesBatch(LABELS, times, values, derivations_of(LABELS))


def begun_on_sunday(*, at_work: bool) -> ClusterWatch:
    """A watch that has read a week on Sunday evening: the last day at the step, the others at 5 minutes."""
    watch = ClusterWatch(AnalysisSettings(), STEP_MS)
    for day in range(7, 0, -1):
        first = BEGIN - day * DAY_ROWS
        whole = batch(first, rows(first, DAY_ROWS, seed=day, at_work=at_work))
        coarse = whole.values.reshape(len(LABELS), -1, COARSE_ROWS).mean(axis=2)
        old = SeriesBatch(LABELS, whole.times[COARSE_ROWS - 1 :: COARSE_ROWS], coarse, whole.derivation)
        watch.learn(old if day > 1 else whole)
    return watch


def opened_until_monday(watch: ClusterWatch) -> list[tuple[int, str]]:
    """Hours of Monday in which something opened, and what; from ten on a service fails."""
    found = list[tuple[int, str]]()
    for hour in range(BEGIN // HOUR_ROWS, 11):
        values = rows(hour * HOUR_ROWS, HOUR_ROWS, seed=100 + hour)
        if hour == 10:
            values[of(LABELS, "svc1", "http_requests_failed_total"), 40:] += 6.0
            values[of(LABELS, "svc1", "http_request_duration_seconds"), 40:] *= 3.0
        seen = watch.observe(batch(hour * HOUR_ROWS, values), 0)
        if seen.opening:
            found.append((hour, seen.opening.entity))
    return found


@pytest.mark.parametrize(
    ("at_work", "opened"), [(True, [(10, "svc1")]), (False, [(9, "svc2"), (10, "svc1")])]
)
def test_the_first_monday_of_a_watch_that_began_at_the_weekend(
    at_work: bool, opened: list[tuple[int, str]]
) -> None:
    """The week that it has read holds a Monday; where all were away in that week, this one is news."""
    assert opened_until_monday(begun_on_sunday(at_work=at_work)) == opened
