"""The same time days earlier, by the clocks of a place."""

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from patternwatch.contracts.time_zone import days_before, time_zone

HOUR_MS = 3_600_000


def at(place: str, when: str) -> int:
    """Milliseconds since the epoch when the clocks of this place show this time."""
    return round(datetime.fromisoformat(when).replace(tzinfo=ZoneInfo(place)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("place", "day", "days", "hours"),
    [
        ("Europe/Vienna", "2025-10-27T09:00", 1, 24),
        ("Europe/Vienna", "2025-10-27T01:00", 1, 25),
        ("Europe/Vienna", "2025-03-30T12:00", 1, 23),
        ("Europe/Vienna", "2025-10-27T09:00", 7, 169),
        ("America/New_York", "2025-11-03T09:00", 7, 169),
        ("UTC", "2025-10-27T09:00", 7, 168),
    ],
)
def test_a_day_has_the_hours_that_the_clocks_give_it(place: str, day: str, days: int, hours: int) -> None:
    for rest_ms in (0, 1, 999):
        assert days_before(at(place, day) + rest_ms, days, place) == hours * HOUR_MS


def test_without_a_name_the_clocks_are_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    at_ms = at("America/New_York", "2025-11-03T09:00")
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "America/New_York")
        time.tzset()
        assert days_before(at_ms, 1) == days_before(at_ms, 1, "") == 24 * HOUR_MS
        assert days_before(at_ms, 2) == 49 * HOUR_MS
    time.tzset()
    assert days_before(at_ms, 2, "UTC") == 48 * HOUR_MS


@pytest.mark.parametrize("name", ["", "UTC", "Europe/Vienna", "America/New_York"])
def test_a_name_of_a_zone_is_taken_as_it_is(name: str) -> None:
    assert time_zone(name) == name


@pytest.mark.parametrize("name", ["Vienna", "Europe", "../etc/passwd", "\0", " "])
def test_what_is_no_zone_is_named_with_what_to_write(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone") as refused:
        time_zone(name)
    assert str(refused.value) == (
        f"{name!r} is no time zone known here. Write Europe/Vienna or UTC, and install tzdata"
    )
