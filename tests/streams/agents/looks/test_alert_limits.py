"""A tenant whose alerts are over a limit waits for room: told on the alert, taken up when there is some."""

from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.topics import PROGRESS, REQUESTS
from patternwatch.streams.agents.looks.alert_limits import AlertLimits
from patternwatch.streams.state.looks import TenantLoad
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import an_alert
from tests.streams.look_harness import Worker


def of_clusters(number: int) -> list[Alert]:
    """Alerts of as many scopes, so that each begins an analysis of its own."""
    return [
        an_alert(
            fingerprint=f"f{n}",
            labels={"alertname": "Down", "cluster": f"c{n}"},
            starts_at_ms=NOW_MS - 12_000,
        )
        for n in range(number)
    ]


def limited(in_flight: int, per_minute: int = 100, before: Worker | None = None) -> Worker:
    worker = Worker(before=before)
    limits = AlertLimits(in_flight, per_minute)
    object.__setattr__(worker.alert_handler, "limits", limits)
    object.__setattr__(worker.look_clock, "limits", limits)
    return worker


async def test_what_is_over_the_limit_says_so_and_is_taken_up_when_there_is_room() -> None:
    worker = limited(2)
    for alert in of_clusters(5):
        await worker.alert_handler.on_alert(alert)
    assert len(worker.harness.publisher.on(REQUESTS)) == 2
    notes = [p.note for p in worker.harness.publisher.on(PROGRESS) if p.stage == "accepted"]
    reason = "Not analysed yet: 2 analyses of alerts are under way, which is the limit"
    assert notes == [f"{reason} (max_alert_analyses_in_flight)"] * 3
    await worker.look_clock.turn()
    assert len(worker.harness.publisher.on(REQUESTS)) == 2, "there is no room yet"
    await worker.work()
    await worker.look_clock.turn()
    assert len(worker.harness.publisher.on(REQUESTS)) == 4
    await worker.work()
    await worker.later(1)
    assert len({report.report_id for report in worker.reports}) == 5
    assert {report.status for report in worker.reports} == {"complete"}
    value = worker.harness.metrics.registry.get_sample_value
    assert value("patternwatch_alerts_waiting_total", {"tenant": "a"}) == 3


async def test_what_waits_outlives_its_worker_and_is_looked_at_as_it_is_then() -> None:
    before = limited(1)
    for alert in of_clusters(2):
        await before.alert_handler.on_alert(alert)
    await before.work()
    before.harness.clock.now += 120
    after = limited(1, before=before)
    after._taken = 1
    await after.later(1)
    first, waited = after.harness.publisher.on(REQUESTS)
    assert waited.window.end_ms > first.window.end_ms
    assert waited.look == 0
    assert len(after.reports) == 2


async def test_alerts_join_one_that_waits_and_its_repeats_ask_for_nothing() -> None:
    worker = limited(1)
    first, second = of_clusters(2)
    for alert in (first, second, second, second.model_copy(update={"fingerprint": "joins"})):
        await worker.alert_handler.on_alert(alert)
    assert len(worker.harness.publisher.on(REQUESTS)) == 1
    await worker.work()
    await worker.later(1)
    assert [report.alerts_total for report in worker.reports] == [1, 2]


async def test_one_that_resolves_while_it_waits_is_looked_at_once() -> None:
    worker = limited(1)
    first, second = of_clusters(2)
    for alert in (first, second, second.model_copy(update={"status": "resolved", "ends_at_ms": NOW_MS})):
        await worker.alert_handler.on_alert(alert)
    await worker.work()
    await worker.later(1)
    assert worker.reports[-1].alert is not None
    assert worker.reports[-1].alert.fingerprint == second.fingerprint


async def test_so_many_begin_in_a_minute() -> None:
    worker = limited(100, per_minute=2)
    for alert in of_clusters(3):
        await worker.alert_handler.on_alert(alert)
    await worker.work()
    assert len(worker.reports) == 2
    await worker.later(58)
    assert len({report.report_id for report in worker.reports}) == 2
    await worker.later(3)
    assert len({report.report_id for report in worker.reports}) == 3


def test_those_that_begin_at_the_same_moment_count_too() -> None:
    limits = AlertLimits(2, 100)
    with limits.asking_one("a"), limits.asking_one("a"):
        assert limits.why_it_waits("a", TenantLoad(0, ()), 0)
        assert not limits.why_it_waits("b", TenantLoad(0, ()), 0)
    assert not limits.why_it_waits("a", TenantLoad(0, ()), 0)
