"""Rows that nobody looked at, or of which the source has nothing, are no change and no quiet hours."""

import numpy as np
import pytest

from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.bank.views import KNOWN
from patternwatch.watch.cluster import ClusterWatch
from tests.watch.small_cluster import (
    DAY_ROWS,
    START_ROW,
    STEP_MS,
    Values,
    batch_of,
    labels_of,
    learned,
    of,
    rows_of,
    watched,
)
from tests.watch.test_second_cause import fails, is_gone, is_slow, opened

LABELS = labels_of()
HOLE = 1300
"""Rows of a night."""


def another_time_of_day(values: Values) -> None:
    """Two services are slower in the morning than in the evening."""
    for service in ("svc2", "svc4"):
        values[of(LABELS, service, "http_request_duration_seconds")] *= 2.5


def blocks_of(watch: ClusterWatch) -> int:
    """Half hours that are known of the series that has most."""
    return int(watch.rooms.bank.snapshot()["counts"][:, KNOWN].max())


@pytest.mark.parametrize("rows", [60, HOLE])
def test_a_night_that_nobody_looked_at_is_no_change(watch: ClusterWatch, rows: int) -> None:
    watched(watch, LABELS, rows_of(LABELS, 40, seed=51))
    morning = rows_of(LABELS, 200, seed=52)
    another_time_of_day(morning)
    fails(morning, "svc1", slice(160, None), 6.0)
    seen = watched(watch, LABELS, morning, first=40 + rows)
    assert [name for name, _ in opened(seen)] == ["svc1"], "what comes after the hole is judged as ever"


def test_a_service_that_is_away_after_a_hole_is_gone(watch: ClusterWatch) -> None:
    watched(watch, LABELS, rows_of(LABELS, 40, seed=53))
    later = rows_of(LABELS, 40, seed=54)
    is_gone(later, "svc3", slice(0, None))
    seen = watched(watch, LABELS, later, first=100)
    assert [name for name, _ in opened(seen)] == ["svc3"]


def test_who_never_gave_a_sample_in_time_is_late_and_not_gone(watch: ClusterWatch) -> None:
    """Metrics of a cloud come minutes late: the first answer holds some of theirs, and no later one."""
    values = rows_of(LABELS, 60, seed=58)
    is_gone(values, "svc3", slice(6, None))
    first = watch.observe(batch_of(LABELS, values[:, :16], 0), 16 * STEP_MS)
    seen = [first, *watched(watch, LABELS, values[:, 16:], first=16)]
    assert not opened(seen)


def test_what_was_judged_stays_known_when_what_followed_is_learned() -> None:
    """An owner that begins from a snapshot of hours ago: the hours between are read from the source."""

    def half(values: Values, begin: int) -> Values:
        for row in range(begin, values.shape[1], 120):  # a habit of each hour
            is_slow(values, "svc2", slice(row, row + 12), 2.5)
        return values

    watch = learned(LABELS, days=0.5, seed=55)
    quiet = rows_of(LABELS, DAY_ROWS, seed=56)
    watched(watch, LABELS, half(quiet, 60))
    known = blocks_of(watch)
    watch = ClusterWatch.restore(watch.snapshot(), AnalysisSettings())
    watch.learn(batch_of(LABELS, rows_of(LABELS, 600, seed=57), DAY_ROWS))
    assert blocks_of(watch) - known == 600 // 60
    seen = watched(watch, LABELS, half(rows_of(LABELS, 120, seed=58), 60), first=DAY_ROWS + 600)
    assert opened(seen) == [], "it did so all day"


@pytest.mark.parametrize("is_asked", [True, False], ids=["rows without samples", "no rows"])
def test_hours_of_which_nothing_is_known_are_no_quiet_ones(is_asked: bool) -> None:
    """A cluster that is off at night: its hours repeat those of the day before, however it is learned."""
    watch, half_hour = ClusterWatch(AnalysisSettings(), STEP_MS), 60
    days = rows_of(LABELS, 2 * DAY_ROWS, seed=61)
    night = slice(DAY_ROWS + 20 * half_hour, DAY_ROWS + 40 * half_hour)
    days[:, night] = np.nan
    parts = [slice(0, night.start), night, slice(night.stop, 2 * DAY_ROWS)]
    for part in parts if is_asked else [parts[0], parts[2]]:
        watch.learn(batch_of(LABELS, days[:, part], part.start - 2 * DAY_ROWS))
    maxima = watch.rooms.bank.snapshot()["maxima"][: len(LABELS)]
    begin = (START_ROW - 2 * DAY_ROWS + night.start) // half_hour
    blocks = (begin + np.arange(1, 19)) % maxima.shape[2]
    before = (begin - 48 + np.arange(1, 19)) % maxima.shape[2]
    assert maxima[:, :, before].any()
    assert np.array_equal(maxima[:, :, blocks], maxima[:, :, before])


def test_an_incident_does_not_end_by_a_hole(watch: ClusterWatch) -> None:
    before = rows_of(LABELS, 80, seed=59)
    fails(before, "svc1", slice(40, None), 12.0)
    assert [name for name, _ in opened(watched(watch, LABELS, before))] == ["svc1"]
    after = rows_of(LABELS, 60, seed=60)
    fails(after, "svc1", slice(0, None), 12.0)
    seen = watched(watch, LABELS, after, first=80 + 200)
    assert opened(seen) == []
    assert not any(one.over for one in seen)
    assert np.all([one.open_goes_on for one in seen])
