"""A report is looked at again as samples arrive, a failed analysis is tried again, nothing is done twice."""

import asyncio
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.contracts.topics import REPORTS, REQUESTS, SHARDS, Topic
from patternwatch.kafka.producer import RecordPosition
from patternwatch.streams.agents.looks.outcomes import FIRST_RETRY_MS, MAX_RETRIES
from patternwatch.streams.state.ended_looks import KEPT_MS
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import STEP_MS, a_request, an_alert
from tests.fakes.source import FakeSource
from tests.streams.agents.reports.test_collector import concluded
from tests.streams.look_harness import AWAY, Worker, fired_now, good


async def test_a_report_grows_until_the_current_part_is_whole() -> None:
    worker = Worker()
    await worker.repeat()
    await worker.half_minutes(80)
    assert len({report.report_id for report in worker.reports}) == 1
    assert [report.look for report in worker.reports] == [0, 1, 2, 3, 4]
    assert worker.revisions == sorted(set(worker.revisions)), "each revision once, each higher"
    ends = [report.window.end_ms for report in worker.reports]
    assert ends == sorted(set(ends))
    assert ends[-1] - (NOW_MS - 12_000) == pytest.approx(60 * STEP_MS, abs=STEP_MS)
    assert [report.next_look_ms is None for report in worker.reports] == [False] * 4 + [True]
    assert [report.changes for report in worker.reports] == [[], *[["nothing changed"]] * 4]
    (look,) = worker.kept
    assert (look.is_over, look.due_ms) == (True, None)


async def test_only_the_owner_of_the_partition_asks_and_only_once() -> None:
    worker = Worker()
    await worker.repeat()
    worker.owns = False
    await worker.later(200)
    assert len(worker.harness.publisher.on(REQUESTS)) == 1
    worker.owns = True
    worker.harness.clock.now += 1
    for _ in range(3):
        await worker.look_clock.turn()
    assert len(worker.harness.publisher.on(REQUESTS)) == 2


async def test_a_restarted_worker_repeats_nothing_that_is_done() -> None:
    worker = Worker()
    await worker.repeat()
    again = Worker(before=worker)
    await again.repeat(received_at_ms=NOW_MS + 60_000)
    assert len(again.harness.publisher.on(REQUESTS)) == 1
    assert len(again.reports) == 1
    await again.plan(again.harness.publisher.on(REQUESTS)[0])
    assert len(again.reports) == 1, "a second delivery of the request"


async def test_a_restarted_collector_publishes_no_equal_revision() -> None:
    worker = Worker(FakeSource(services=4))
    await worker.repeat()
    shards = worker.harness.publisher.on(SHARDS)
    assert len(shards) > 1
    again = Worker(before=worker)
    await again.collecting.give(*(good(s.request, s.number, s.of) for s in shards))
    assert again.revisions == worker.revisions == [len(shards)]


async def test_a_look_that_was_due_when_its_worker_died_is_asked_for_by_the_next_one() -> None:
    worker = Worker()
    await worker.repeat()
    again = Worker(before=worker)
    await again.later(200)
    assert [report.look for report in again.reports] == [0, 1]


async def test_two_workers_that_ask_for_the_same_look_make_one_revision() -> None:
    one = Worker()
    await one.repeat()
    two = Worker(before=one)
    for worker in (one, two):
        worker.harness.clock.now += 200
        await worker.look_clock.turn()
    await one.work()
    two._taken -= 1
    await two.work()
    assert [report.look for report in two.reports] == [0, 1]


async def test_a_failed_analysis_is_tried_again_after_a_minute_then_less_often_and_not_for_ever() -> None:
    source = FakeSource(services=2, errors=[AWAY] * 99_999)
    worker = Worker(source)
    await worker.repeat()
    assert worker.reports[0].next_look_ms == worker.kept[0].due_ms == NOW_MS + FIRST_RETRY_MS
    tries = []
    for second in range(0, 7200, 30):
        before = worker.kept[0].look
        await worker.later(30)
        if worker.kept[0].look > before:
            tries.append(second + 30)
    assert tries[0] == 60
    assert len(tries) == MAX_RETRIES
    assert [late - early for early, late in pairwise(tries)] == [120, 240, 480, 960]
    assert worker.revisions == [0], "the same failure is not told again and again"
    source.errors.clear()
    await worker.repeat()
    await worker.later(1)
    assert worker.reports[-1].status == "complete", "but the alert's next repeat tries again"


async def test_an_analysis_that_failed_succeeds_when_the_source_is_back() -> None:
    source = FakeSource(services=2, errors=[AWAY] * 99)
    worker = Worker(source)
    await worker.repeat()
    source.errors.clear()
    await worker.later(30)
    assert worker.revisions == [0]
    await worker.later(31)
    assert [(r.status, r.revision) for r in worker.reports] == [("failed", 0), ("complete", 1)]
    assert worker.kept[0].failures == 0


async def test_a_later_look_that_fails_leaves_the_report_as_it_is() -> None:
    source = FakeSource(services=4)  # two parts, which each look counts
    worker = Worker(source)
    await worker.repeat()
    source.errors += [AWAY] * 99
    await worker.later(200)
    assert [report.status for report in worker.reports] == ["complete"]
    source.errors.clear()
    await worker.later(61)
    assert [report.status for report in worker.reports] == ["complete"] * 2
    assert worker.revisions == [3, 6]


async def test_a_later_look_that_misses_more_parts_does_not_replace_the_report() -> None:
    worker = Worker(FakeSource(services=4))
    await worker.repeat()
    worker.harness.clock.now += 200
    await worker.look_clock.turn()
    before = len(worker.harness.publisher.on(SHARDS))
    await worker.planner.on_request(worker.harness.publisher.on(REQUESTS)[-1])
    shards = worker.harness.publisher.on(SHARDS)[before:]
    assert len(shards) > 1
    results = [good(s.request, s.number, s.of) for s in shards]
    await worker.collecting.give(results[0])
    await worker.collecting.wait(60)
    assert [report.status for report in worker.reports] == ["complete"]
    assert worker.kept[0].failures == 1
    await worker.collecting.give(*results[1:])
    assert [report.status for report in worker.reports] == ["complete"] * 2, "late, but whole"
    assert worker.kept[0].failures == 0


async def test_a_request_by_hand_that_matches_nothing_is_not_tried_again() -> None:
    worker = Worker(FakeSource(services=0))
    await worker.plan(a_request())
    assert (worker.reports[0].status, worker.reports[0].next_look_ms) == ("failed", None)
    assert [look.is_over for look in worker.kept] == [True]
    await worker.later(3601)
    assert worker.kept == []
    assert len(worker.reports) == 1


async def test_only_what_alerts_asked_for_is_looked_up_among_the_alerts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = Worker()
    asked: list[str] = []
    of_request = worker.harness.joined_alerts.of_request

    async def noted(tenant: str, request_id: str) -> Any:
        asked.append(request_id)
        return await of_request(tenant, request_id)

    monkeypatch.setattr(worker.harness.joined_alerts, "of_request", noted)
    await worker.plan(a_request("by hand"))
    assert (asked, worker.reports[0].alerts_total) == ([], 0)
    await worker.repeat()
    assert len(asked) > 0
    assert worker.reports[-1].alerts_total == 1


async def test_what_was_asked_for_by_hand_is_tried_again_and_forgotten_when_done() -> None:
    source = FakeSource(services=2, errors=[AWAY] * 99)
    worker = Worker(source)
    await worker.plan(a_request())
    source.errors.clear()
    await worker.later(61)
    assert [report.status for report in worker.reports] == ["failed", "complete"]
    assert [look.is_over for look in worker.kept] == [True], "its records may come once more"
    await worker.later(3601)
    assert worker.kept == []


async def test_a_worker_that_died_before_the_request_was_out_leaves_no_alert_without_one() -> None:
    worker = Worker()
    worker.harness.publisher.broken = True
    with pytest.raises(BrokerUnavailableError):
        await worker.alert_handler.on_alert(an_alert(**fired_now()))
    assert len(worker.kept) == 1
    again = Worker(before=worker)
    await again.repeat()
    assert [report.status for report in again.reports] == ["complete"]


async def test_an_analysis_by_hand_that_is_over_is_forgotten_after_ten_minutes() -> None:
    worker = Worker()
    request = a_request(trigger="manual")
    await worker.plan(request)
    await worker.collecting.give(good(request, 0, 1))
    assert [look.is_over for look in worker.kept] == [True]
    await worker.later(600)
    assert len(worker.kept) == 1, "a crash may bring its records again"
    await worker.later(1)
    assert worker.kept == []


async def test_a_worker_that_starts_late_keeps_it_while_it_reads_again() -> None:
    worker = Worker()
    request = a_request(trigger="manual")
    await worker.plan(request)
    await worker.collecting.give(good(request, 0, 1))
    worker.harness.clock.now += 3600
    began_ms = worker.harness.now_ms()
    worker.look_clock = replace(worker.look_clock, began_ms=began_ms)
    await worker.later(600)
    assert len(worker.kept) == 1
    await worker.later(1)
    assert worker.kept == []


async def test_an_alert_that_never_resolves_is_forgotten_after_a_week() -> None:
    worker = Worker()
    await worker.repeat(starts_at_ms=NOW_MS - 3_600_000)
    await worker.later(KEPT_MS / 1000)
    assert len(worker.kept) == 1
    await worker.later(1)
    assert worker.kept == []


async def test_late_shards_revise_the_look_that_they_belong_to() -> None:
    worker = Worker()
    await worker.alert_handler.on_alert(an_alert(**fired_now()))
    (request,) = worker.harness.publisher.on(REQUESTS)
    begun = await worker.harness.looker.begin(request)
    assert begun is not None
    await worker.collecting.give(good(begun, 0, 3))
    await worker.collecting.wait(60)
    await worker.collecting.give(good(begun, 1, 3), good(begun, 2, 3))
    assert worker.revisions == [1, 2, 3]
    assert worker.reports[-1].changes == ["no part of the series is missing any more"]
    assert worker.kept[0].look == 1


async def test_parts_that_came_too_late_to_revise_a_report_are_asked_for_again() -> None:
    worker = Worker()
    begun = await worker.harness.looker.begin(a_request())
    assert begun is not None
    await worker.collecting.give(good(begun, 0, 3))
    await worker.collecting.wait(60)
    await worker.collecting.wait(600)  # late parts are waited for no longer
    await worker.collecting.give(good(begun, 1, 3), good(begun, 2, 3))
    await worker.collecting.wait(60)
    assert [(r.status, r.revision, len(r.missing)) for r in worker.reports] == [
        ("partial", 1, 2),
        ("partial", 2, 1),
    ]
    told = [report.next_look_ms for report in worker.reports]
    assert told == [NOW_MS + FIRST_RETRY_MS] * 2, (
        "the report says that more will come, and one look is one try"
    )
    await worker.later(61)
    assert [report.status for report in worker.reports] == ["partial", "partial", "complete"]
    assert [(look.is_over, look.failures) for look in worker.kept] == [(True, 0)]


async def test_parts_that_never_come_are_asked_for_five_times_and_then_no_more() -> None:
    worker = Worker()
    looker = worker.harness.looker
    request = await looker.begin(a_request())
    assert request is not None
    pauses = []
    for look in range(MAX_RETRIES + 1):
        request = request.model_copy(update={"look": look, "revision": look})
        report = concluded(request, [good(request, 0, 2)], None, None, 2)  # type: ignore[arg-type]
        found = await looker.conclude(request, report.model_copy(update={"revision": look + 1}))
        assert found.report is not None
        assert found.look is not None
        await looker.keep(found.look)
        pauses.append(found.look.due_ms and found.look.due_ms - NOW_MS)
    assert pauses == [*(FIRST_RETRY_MS * 2**n for n in range(MAX_RETRIES)), None]
    assert [look.is_over for look in worker.kept] == [True]


async def test_late_parts_have_their_time_before_they_are_asked_for_again() -> None:
    looker = replace(Worker().harness.looker, late_ms=120_000)
    request = await looker.begin(a_request())
    assert request is not None
    found = await looker.conclude(request, concluded(request, [good(request, 0, 2)], None, None, 2))  # type: ignore[arg-type]
    assert found.look is not None
    assert found.look.due_ms == NOW_MS + 120_000 + FIRST_RETRY_MS


async def test_a_worker_that_is_stopped_stores_the_state_of_the_report_that_it_published() -> None:
    worker = Worker()
    publisher = worker.harness.publisher
    await worker.alert_handler.on_alert(an_alert(**fired_now()))
    begun = await worker.harness.looker.begin(publisher.on(REQUESTS)[0])
    assert begun is not None
    plain, sent = publisher.send, asyncio.Event()

    async def send(topic: Topic, key: bytes | None, value: bytes | None) -> RecordPosition:
        if topic is REPORTS:
            sent.set()
            await asyncio.sleep(0.05)
        return await plain(topic, key, value)

    publisher.send = send  # type: ignore[method-assign]
    collecting = asyncio.create_task(worker.collecting.give(good(begun, 0, 1)))
    await sent.wait()
    collecting.cancel()
    await worker.collecting.collector.flush()
    assert worker.revisions == [1]
    assert worker.kept[0].look == 1
