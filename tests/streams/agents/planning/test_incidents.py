"""A cause raises alerts by the dozen: they have one analysis and one report, and none is without."""

import asyncio

import pytest

from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.contracts.ids import request_id_for_alert
from patternwatch.contracts.matchers import Matcher
from patternwatch.contracts.topics import JOINED_ALERTS, REQUESTS
from patternwatch.streams.agents.admission import MAX_CONCURRENT_ALERTS
from patternwatch.streams.agents.looks.later_looks import JOINED_MS
from patternwatch.streams.agents.planning.incidents import MAX_BEGUN, Incidents
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import a_request, an_alert
from tests.fakes.source import FakeSource
from tests.streams.agent_harness import AgentHarness
from tests.streams.look_harness import AWAY, Worker


def storm(count: int, **changes: object) -> list[Alert]:
    """So many alerts of one trouble, a second apart."""
    return [
        an_alert(
            fingerprint=f"f{n}",
            labels={"alertname": "PodNotReady", "cluster": "shop", "pod": f"pod-{n}", "severity": "warning"},
            starts_at_ms=NOW_MS - 12_000 + n * 100,
            received_at_ms=NOW_MS,
            **changes,
        )
        for n in range(count)
    ]


async def give(worker: Worker, *alerts: Alert) -> None:
    await asyncio.gather(*(worker.alert_handler.on_alert(alert) for alert in alerts))


async def test_a_hundred_alerts_of_one_cause_give_one_report_that_names_them() -> None:
    worker = Worker()
    await give(worker, *storm(120))
    await worker.work()
    (report,) = worker.reports
    assert report.alert is not None
    assert report.alert.fingerprint == "f0"
    assert (report.alerts_total, len(report.alerts)) == (120, 100)
    assert [a.fingerprint for a in report.alerts[:3]] == ["f0", "f1", "f2"]
    assert (report.alerts[1].name, report.alerts[1].severity) == ("PodNotReady", "warning")
    assert report.alerts[1].starts_at_ms == NOW_MS - 11_900


async def test_alerts_that_come_while_the_store_is_read_are_decided_one_after_the_other() -> None:
    harness = AgentHarness()
    handler = harness.alert_handler()
    found = harness.looks.of_scope

    async def slow(tenant: str, matchers: object) -> object:
        await asyncio.sleep(0.01)
        return await found(tenant, matchers)  # type: ignore[arg-type]

    harness.looks.of_scope = slow  # type: ignore[method-assign, assignment]
    await asyncio.gather(*(handler.on_alert(alert) for alert in storm(30)))
    assert len(harness.publisher.on(REQUESTS)) == 1


async def test_alerts_of_other_scopes_and_other_times_have_reports_of_their_own() -> None:
    worker = Worker()
    await give(worker, *storm(3))
    elsewhere = an_alert(fingerprint="b1", labels={"alertname": "A", "cluster": "bank"})
    earlier = an_alert(fingerprint="e1", starts_at_ms=NOW_MS - 3_600_000)
    await give(worker, elsewhere, earlier)
    assert len(worker.harness.publisher.on(REQUESTS)) == 3


async def test_a_repeat_of_a_joined_alert_changes_nothing() -> None:
    worker = Worker()
    await give(worker, *storm(3))
    await worker.work()
    before = len(worker.harness.publisher.sent)
    for _ in range(2):
        await give(worker, *storm(3))
    assert len(worker.harness.publisher.sent) == before
    again = Worker(before=worker)
    await give(again, *storm(3))
    assert len(again.harness.publisher.sent) == before, "nor in another process"


async def test_a_repeat_of_a_joined_alert_tries_a_failed_analysis_again() -> None:
    source = FakeSource(services=2, errors=[AWAY] * 99)
    worker = Worker(source)
    await give(worker, *storm(2))
    await worker.work()
    assert [report.status for report in worker.reports] == ["failed"]
    assert [a.fingerprint for a in worker.reports[0].alerts] == ["f0", "f1"]
    source.errors.clear()
    await give(worker, storm(2)[1])
    await worker.later(1)
    assert [report.status for report in worker.reports] == ["failed", "complete"]


async def test_the_analysis_goes_on_until_the_last_of_its_alerts_has_resolved() -> None:
    worker = Worker()
    alerts = storm(3)
    await give(worker, *alerts)
    await worker.work()
    for alert in (alerts[0], alerts[2]):
        await give(worker, alert.model_copy(update={"status": "resolved", "ends_at_ms": NOW_MS + 1000}))
    await worker.later(1)
    assert [report.look for report in worker.reports] == [0]
    await give(worker, alerts[1].model_copy(update={"status": "resolved", "ends_at_ms": NOW_MS + 2000}))
    await worker.later(1)
    last = worker.reports[-1]
    assert (last.look, last.next_look_ms) == (1, None)
    assert last.alert is not None
    assert (last.alert.fingerprint, last.alert.status, last.alert.ends_at_ms) == (
        "f0",
        "resolved",
        NOW_MS + 2000,
    )
    assert [alert.status for alert in last.alerts] == ["resolved"] * 3


async def test_an_alert_that_joins_after_the_last_look_is_on_the_report_soon() -> None:
    worker = Worker()
    old = NOW_MS - 3_600_000
    await give(worker, an_alert(starts_at_ms=old))
    await worker.work()
    assert [look.is_over for look in worker.kept] == [True]
    for n in range(3):
        await give(worker, an_alert(fingerprint=f"late{n}", starts_at_ms=old + 60_000))
    await worker.later(JOINED_MS / 1000 - 1)
    assert len(worker.reports) == 1
    await worker.later(1)
    await worker.later(3000)
    assert [report.alerts_total for report in worker.reports] == [1, 4]
    assert worker.revisions == [1, 2]


async def test_an_alert_that_flaps_has_one_report() -> None:
    worker = Worker()
    for n in range(4):
        at = NOW_MS - 12_000 + n * 60_000
        alert = an_alert(starts_at_ms=at, received_at_ms=at)
        await give(worker, alert)
        await worker.later(30)
        await give(worker, alert.model_copy(update={"status": "resolved", "ends_at_ms": at + 30_000}))
        await worker.later(30)
    assert len({report.report_id for report in worker.reports}) == 1


async def test_nothing_joins_an_analysis_that_could_not_be_asked_for() -> None:
    harness = AgentHarness()
    handler = harness.alert_handler()
    (first,) = storm(1)
    incidents: Incidents = handler.incidents
    harness.publisher.broken = True
    with pytest.raises(BrokerUnavailableError):
        await handler.on_alert(first)
    assert not incidents.begun


async def test_of_many_scopes_only_the_last_begun_are_kept_beside_the_store() -> None:
    incidents: Incidents = AgentHarness().alert_handler().incidents
    alert = an_alert()
    for n in range(MAX_BEGUN + 5):
        matchers = (Matcher(name="cluster", value=f"shop-{n}"),)
        request = a_request(f"r{n}", trigger="alert", matchers=matchers)
        assert await incidents.firing(alert, request)
    assert len(incidents.begun) == MAX_BEGUN > 4 * MAX_CONCURRENT_ALERTS


async def test_what_was_decided_is_kept_for_all_processes() -> None:
    harness = AgentHarness()
    for alert in storm(2):
        await harness.alert_handler().on_alert(alert)
    joined = harness.joined_alerts.alerts.of_request("a", request_id_for_alert("a", "f0", NOW_MS - 12_000))
    assert (joined.total, joined.firing) == (2, 2)
    first, second = joined.first
    assert (first.began_it, second.began_it) == (True, False)
    assert second.own_request_id == request_id_for_alert("a", "f1", NOW_MS - 11_900)
    assert JOINED_ALERTS.key == ("tenant", "fingerprint")
