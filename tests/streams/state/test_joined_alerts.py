"""Which analysis an alert belongs to: the last decision counts, and a week of them takes no memory."""

import os
from collections.abc import Iterable

import pytest

from benchmarks.process_memory import status_bytes
from patternwatch.contracts.codec import encode
from patternwatch.contracts.joined_alerts import JoinedAlert
from patternwatch.contracts.report import MAX_REPORT_ALERTS
from patternwatch.streams.state.joined_alerts import KEPT_MS, JoinedAlerts
from patternwatch.streams.state.private_database import StateLostError
from tests.fakes.clock import NOW_MS


def decided(number: int, *, status: str = "firing", at_ms: int = NOW_MS, request_id: str = "r1") -> bytes:
    """A decision on alert `number`, as it lies on the topic."""
    joined = JoinedAlert.model_validate(
        {
            "tenant": "a",
            "fingerprint": f"f{number}",
            "starts_at_ms": NOW_MS - number,
            "status": status,
            "name": "HighLatency",
            "request_id": request_id,
            "own_request_id": f"alert-{number}",
            "at_ms": at_ms,
        }
    )
    return encode(joined)


def filled(*values: bytes) -> JoinedAlerts:
    """The state after these records."""
    alerts = JoinedAlerts()
    for offset, value in enumerate(values):
        alerts.apply(None, value, offset)
    return alerts


def take(alerts: JoinedAlerts, numbers: Iterable[int]) -> None:
    """Have decisions on these alerts come."""
    for number in numbers:
        alerts.apply(None, decided(number), number)


def test_the_last_decision_on_an_alert_counts() -> None:
    alerts = filled(decided(1), decided(2), decided(1, status="resolved"), decided(2, request_id="r2"))
    first = alerts.of_request("a", "r1")
    assert ([alert.fingerprint for alert in first.first], first.total, first.firing) == (["f1"], 1, 0)
    second = alerts.of_request("a", "r2")
    assert ([alert.fingerprint for alert in second.first], second.total, second.firing) == (["f2"], 1, 1)
    assert alerts.of("a", "f1") == first.first[0]
    assert alerts.of("b", "f1") is alerts.of("a", "f3") is None


def test_a_report_shows_the_earliest_ones_and_counts_them_all() -> None:
    alerts = filled(*(decided(number) for number in range(MAX_REPORT_ALERTS + 20)))
    found = alerts.of_request("a", "r1")
    assert (found.total, len(found.first)) == (MAX_REPORT_ALERTS + 20, MAX_REPORT_ALERTS)
    starts = [alert.starts_at_ms for alert in found.first]
    assert starts == sorted(starts)
    assert starts[0] == NOW_MS - MAX_REPORT_ALERTS - 19


def test_what_is_older_than_a_week_is_forgotten() -> None:
    alerts = filled(decided(1), decided(2, at_ms=NOW_MS + KEPT_MS))
    assert alerts.of("a", "f1") is not None
    alerts.apply(None, decided(2, at_ms=NOW_MS + KEPT_MS + 1), 2)
    assert alerts.of("a", "f1") is None
    assert alerts.of_request("a", "r1").total == 1


def test_what_cannot_be_read_is_passed_over() -> None:
    assert filled(b"no json").of_request("a", "r1").total == 0
    alerts = filled(decided(1))
    alerts.apply(b"a/f1", None, 1)
    assert alerts.of("a", "f1") is not None


def test_what_finds_no_room_on_disk_is_read_again_into_memory() -> None:
    """On a full disk SQLite does not even tell what it had written: all of the topic is read once more."""
    alerts, lost = filled(*(decided(number) for number in range(100))), list[int]()
    alerts.database.on_lost = lambda: lost.append(1)
    pages = alerts.database.execute("PRAGMA page_count").fetchone()[0]
    alerts.database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StateLostError, match="full"):
        take(alerts, range(100, 1000))
    assert lost == [1]
    take(alerts, range(1000))
    assert alerts.of_request("a", "r1").total == 1000


def test_a_storm_takes_next_to_no_memory() -> None:
    """Each decision took 1.8 kB as an object, for a week, in every worker; 40,000 of them 72 MB."""
    alerts, before = JoinedAlerts(), status_bytes(os.getpid(), "VmRSS")
    take(alerts, range(40_000))
    assert status_bytes(os.getpid(), "VmRSS") - before < 12_000_000
    assert alerts.of_request("a", "r1").total == 40_000
