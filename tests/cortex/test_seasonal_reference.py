"""The same window a day or a week earlier, beside the window itself."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pytest

from patternwatch.contracts.matchers import Matcher, Matchers
from patternwatch.contracts.requests import AnalysisRequest, Compare
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.contracts.time_zone import days_before
from patternwatch.cortex.seasonal_reference import closer, fetch_compared, matched
from tests.fakes.source import FakeSource

WINDOW = Window(start_ms=10**10, split_ms=10**10 + 4000, end_ms=10**10 + 5000, step_ms=1000)
ALL = (Matcher(name="__name__", op="=~", value=".+"),)
HOUR_MS = 3_600_000


@pytest.fixture(autouse=True)
def machine_in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever clocks this machine has: in the first days of 1970 nothing else would be told from them."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def series(names: list[str], first: float, window: Window = WINDOW) -> SeriesBatch:
    values = first + np.arange(len(names) * window.rows, dtype=float).reshape(len(names), -1)
    labels = [{"__name__": name, "pod": f"{name}-1"} for name in names]
    return SeriesBatch(labels, window.times(), values, ["" if n != "c" else "rate" for n in names])


class TwoDays(FakeSource):
    """Serves one batch now and another for anything earlier."""

    def __init__(self, now: SeriesBatch, then: SeriesBatch) -> None:
        super().__init__()
        self.now, self.then = now, then
        self.asked: list[Window] = []

    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        self.asked.append(window)
        return self.now if window == WINDOW else self.then


def request(compare: Compare) -> AnalysisRequest:
    return AnalysisRequest(
        request_id="r",
        tenant="t",
        trigger="manual",
        title="",
        matchers=ALL,
        window=WINDOW,
        requested_at_ms=WINDOW.end_ms,
        compare=compare,
    )


@pytest.mark.parametrize(("compare", "hours"), [("day", 24), ("week", 168)])
async def test_series_are_matched_by_their_labels(compare: Compare, hours: int) -> None:
    source = TwoDays(series(["a", "b", "c"], 0.0), series(["c", "x", "a"], 100.0))
    batch = await fetch_compared(source, request(compare), ALL)
    assert source.asked == [WINDOW, WINDOW.earlier(hours * HOUR_MS)]
    assert WINDOW.start_ms - source.asked[1].start_ms == hours * HOUR_MS
    assert batch.seasonal_reference is not None
    np.testing.assert_array_equal(batch.values, source.now.values)
    np.testing.assert_array_equal(batch.seasonal_reference[0], source.then.values[2])
    np.testing.assert_array_equal(batch.seasonal_reference[2], source.then.values[0])
    assert np.isnan(batch.seasonal_reference[1]).all()
    kept = batch.take([2]).seasonal_reference
    assert kept is not None
    np.testing.assert_array_equal(kept[0], source.then.values[0])


async def test_without_a_comparison_only_the_window_is_read() -> None:
    source = TwoDays(series(["a"], 0.0), series(["a"], 1.0))
    batch = await fetch_compared(source, request("none"), ALL)
    assert batch.seasonal_reference is None
    assert source.asked == [WINDOW]


def test_another_derivation_is_another_series_and_infinity_a_gap() -> None:
    now, then = series(["a", "b"], 0.0), series(["a", "b"], 5.0)
    then.derivation[0] = "rate"
    then.values[1, 2] = np.inf
    earlier = matched(now, then)
    assert np.isnan(earlier[0]).all()
    assert np.isnan(earlier[1]).tolist() == [False, False, True, False, False, False]


def test_windows_of_another_length_cannot_be_compared() -> None:
    short = Window(start_ms=10**10, split_ms=10**10 + 1000, end_ms=10**10 + 2000, step_ms=1000)
    with pytest.raises(ValueError, match="rows cannot be compared"):
        matched(series(["a"], 0.0), series(["a"], 0.0, short))


@pytest.mark.parametrize(
    ("at", "zone", "days", "hours"),
    [
        ("2025-10-27T08:00", "Europe/Vienna", 1, 24),
        ("2025-10-26T08:00", "Europe/Vienna", 1, 25),
        ("2025-10-27T08:00", "Europe/Vienna", 7, 169),
        ("2025-11-01T08:00", "Europe/Vienna", 7, 169),
        ("2025-11-02T08:00", "Europe/Vienna", 7, 168),
        ("2025-03-30T08:00", "Europe/Vienna", 1, 23),
        ("2025-03-31T08:00", "Europe/Vienna", 7, 167),
        ("2025-11-03T15:00", "America/New_York", 7, 169),
        ("2025-10-05T08:00", "Australia/Lord_Howe", 7, 167.5),
        ("2025-10-27T08:00", "Asia/Tokyo", 7, 168),
        ("2025-10-27T08:00", "", 7, 168),
    ],
)
def test_a_day_is_as_long_as_the_clocks_of_the_place_make_it(
    at: str, zone: str, days: int, hours: float
) -> None:
    at_ms = round(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() * 1000) + 7
    assert days_before(at_ms, days, zone) == hours * HOUR_MS


def test_without_a_name_the_clocks_of_the_machine_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Vienna")
    time.tzset()
    monday_ms = round(datetime(2025, 10, 27, 8, tzinfo=UTC).timestamp() * 1000)
    assert days_before(monday_ms, 7) == 169 * HOUR_MS


class ByWindow(FakeSource):
    """People move at nine by the clock of Vienna, a job at eight by UTC; both stand at rows of 30 s."""

    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        local = window.times() + (3_600_000 if window.end_ms >= CHANGE_MS else 7_200_000)
        people = np.where(local % DAY_MS >= 9 * HOUR_MS, 50.0, 10.0)
        job = np.where(window.times() % DAY_MS >= 8 * HOUR_MS, 5.0, 1.0)
        labels = [{"__name__": "logins"}, {"__name__": "job_running"}]
        return SeriesBatch(labels, window.times(), np.array([people, job]), ["", ""])


DAY_MS = 24 * HOUR_MS
CHANGE_MS = round(datetime(2025, 10, 26, 1, tzinfo=UTC).timestamp() * 1000)
MONDAY_MS = round(datetime(2025, 10, 27, 8, 10, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(("zone", "explained"), [("Europe/Vienna", [True, True]), ("UTC", [False, True])])
async def test_over_a_change_of_clocks_people_are_compared_by_theirs_and_jobs_by_utc(
    zone: str, explained: list[bool]
) -> None:
    window = Window.ending(MONDAY_MS, MONDAY_MS - 600_000, 30_000)
    monday = request("week").model_copy(update={"window": window, "time_zone": zone})
    batch = await fetch_compared(ByWindow(), monday, ALL)
    assert batch.seasonal_reference is not None
    assert [
        bool(np.array_equal(now, then))
        for now, then in zip(batch.values, batch.seasonal_reference, strict=True)
    ] == explained


def test_the_closer_reference_is_taken_series_by_series() -> None:
    step, flat, gone = np.repeat([0.0, 9.0], [6, 4]), np.zeros(10), np.full(10, np.nan)
    values = np.array([step, step, step, gone])
    first, second = np.array([flat, step, gone, flat]), np.array([step, flat, step, flat + 1])
    np.testing.assert_array_equal(closer(values, first, second, 6)[:3], np.array([step, step, step]))
