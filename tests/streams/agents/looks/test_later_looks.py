"""An alert that repeats or resolves has another look at the report that is out."""

from patternwatch.contracts.topics import REQUESTS
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import an_alert
from tests.fakes.source import FakeSource
from tests.streams.look_harness import AWAY, Worker, fired_now


async def test_a_failed_analysis_is_tried_again_at_the_next_repeat_of_its_alert() -> None:
    source = FakeSource(services=2, errors=[AWAY] * 99)
    worker = Worker(source)
    await worker.repeat()
    source.errors.clear()
    await worker.repeat(received_at_ms=NOW_MS + 20_000)
    await worker.later(1)
    assert [report.status for report in worker.reports] == ["failed", "complete"]


async def test_a_resolved_alert_has_a_last_look_and_is_forgotten() -> None:
    worker = Worker()
    await worker.repeat()
    await worker.later(60)
    assert len(worker.reports) == 1
    await worker.repeat(status="resolved", ends_at_ms=NOW_MS + 60_000)
    await worker.later(1)
    assert [report.look for report in worker.reports] == [0, 1]
    last = worker.reports[-1]
    assert last.next_look_ms is None
    assert last.alert is not None
    assert last.alert.status == "resolved"
    assert [look.is_over for look in worker.kept] == [True], "others may join it for a while"
    await worker.later(10_000)
    assert len(worker.reports) == 2
    assert worker.kept == []


async def test_an_alert_that_resolves_during_its_first_look_has_a_last_look_after_it() -> None:
    worker = Worker()
    await worker.alert_handler.on_alert(an_alert(**fired_now()))
    (request,) = worker.harness.publisher.on(REQUESTS)
    lone = await worker.planner.on_request(request)
    await worker.alert_handler.on_alert(an_alert(**fired_now() | {"status": "resolved"}))
    assert lone is not None
    await worker.scan(lone)
    worker._taken = 1
    await worker.later(1)
    assert [report.look for report in worker.reports] == [0, 1]
    await worker.later(3601)
    assert worker.kept == []


async def test_an_alert_that_resolves_before_its_request_is_planned_has_a_last_look_too() -> None:
    worker = Worker()
    await worker.alert_handler.on_alert(an_alert(**fired_now()))
    await worker.alert_handler.on_alert(an_alert(**fired_now() | {"status": "resolved"}))
    await worker.work()
    await worker.later(1)
    assert worker.reports[-1].next_look_ms is None
    await worker.later(3601)
    assert worker.kept == []


async def test_a_resolved_alert_whose_report_has_grown_up_is_forgotten_after_an_hour() -> None:
    worker = Worker()
    old = {"starts_at_ms": NOW_MS - 3_600_000}
    await worker.repeat(**old)
    assert [look.is_over for look in worker.kept] == [True]
    await worker.repeat(**old | {"status": "resolved"})
    await worker.later(3600)
    assert len(worker.kept) == 1, "others may join it"
    await worker.later(1)
    assert worker.kept == []
    assert len(worker.reports) == 1
