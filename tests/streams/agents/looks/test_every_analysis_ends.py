"""Whatever fails, and wherever a worker dies: every analysis ends with a report, each revision once."""

from typing import Any

import pytest

from patternwatch.contracts.base import Message
from patternwatch.contracts.errors import MAX_REASON, RecordTooLargeError, SourceUnavailableError
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.shards import Shard
from patternwatch.contracts.topics import DEAD_LETTERS, PROGRESS, REPORTS, REQUESTS, SHARD_RESULTS, SHARDS
from patternwatch.streams.agents.looks.clock import LOST_MS
from patternwatch.streams.agents.looks.later_looks import JOINED_MS
from patternwatch.streams.agents.looks.outcomes import MAX_RETRIES
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import a_request, a_result, a_shard, an_alert
from tests.fakes.publisher import FakePublisher
from tests.fakes.source import FakeSource
from tests.streams.agent_harness import AgentHarness
from tests.streams.agents.reports.test_collector import CollectorHarness
from tests.streams.look_harness import Worker, fired_now, good


def refuses(kind: type[Message], **found: Any) -> FakePublisher:
    """A Kafka that finds messages of this class too large."""

    def fail(message: Message) -> None:
        if isinstance(message, kind) and all(getattr(message, k) == v for k, v in found.items()):
            raise RecordTooLargeError("1,300,000 bytes are larger than Kafka takes")

    return FakePublisher(fail)


class Broken:
    """A state whose every question fails in a way that nobody foresaw."""

    def __getattr__(self, name: str) -> Any:
        async def fail(*_: object) -> None:
            raise ZeroDivisionError(name)

        return fail


async def ends_failed(harness: AgentHarness, reason: str) -> None:
    await harness.progress.flush()
    (report,) = harness.publisher.on(REPORTS)
    assert (report.status, report.revision) == ("failed", 0)
    assert reason in report.reason
    assert harness.publisher.on(PROGRESS)[-1].stage == "failed"


async def test_a_request_whose_shard_cannot_be_sent_is_a_failed_report() -> None:
    harness = AgentHarness(refuses(Shard, number=3))
    with pytest.raises(RecordTooLargeError):
        await harness.planner(FakeSource()).on_request(a_request())
    await ends_failed(harness, "1,300,000 bytes")


async def test_a_request_of_a_tenant_that_only_the_api_knows_is_a_failed_report() -> None:
    harness = AgentHarness()
    with pytest.raises(Exception, match="stranger"):
        await harness.planner(FakeSource()).on_request(a_request(tenant="stranger"))
    await ends_failed(harness, "There is no tenant 'stranger'")


@pytest.mark.parametrize("state", ["looks", "joined_alerts"])
async def test_an_alert_whose_state_cannot_be_told_is_a_failed_report(state: str) -> None:
    harness = AgentHarness()
    handler = harness.alert_handler()
    if state == "looks":
        object.__setattr__(harness.looker, "store", Broken())
    else:
        object.__setattr__(handler.incidents, "joined", Broken())
    with pytest.raises(ZeroDivisionError):
        await handler.on_alert(an_alert())
    await ends_failed(harness, "The alert could not be taken up: ZeroDivisionError")


async def test_a_later_look_whose_state_cannot_be_told_leaves_the_report() -> None:
    harness = AgentHarness()
    object.__setattr__(harness.looker, "store", Broken())
    await harness.reports.fail(a_request(look=2, revision=4), "oh")
    assert harness.publisher.on(REPORTS) == []


async def test_a_result_that_cannot_be_sent_is_a_failed_one() -> None:
    harness = AgentHarness(refuses(ShardResult, status="ok"))
    await harness.analyst(FakeSource()).on_shard(a_shard(number=1, of=3))
    (result,) = harness.publisher.on(SHARD_RESULTS)
    assert (result.status, result.number) == ("failed", 1)
    assert "larger than Kafka takes" in result.reason


async def test_a_reason_is_never_too_large_itself() -> None:
    harness = AgentHarness()
    source = FakeSource(errors=[SourceUnavailableError("x" * 2_000_000)] * 99)
    await harness.analyst(source).on_shard(a_shard())
    (result,) = harness.publisher.on(SHARD_RESULTS)
    assert len(result.reason) == MAX_REASON


async def test_a_report_that_is_made_overdue_and_cannot_be_told_of_ends_nothing_else() -> None:
    def broken(*_: object) -> Any:
        raise ZeroDivisionError("oh")

    harness = CollectorHarness(broken)
    await harness.give(a_result(number=0, of=2))
    harness.harness.publisher.broken = True
    await harness.wait(60)
    harness.harness.publisher.broken = False
    await harness.wait(120)
    assert harness.acked == [0]


async def test_a_failed_report_comes_out_though_its_dead_letters_cannot() -> None:
    def broken(*_: object) -> Any:
        raise ZeroDivisionError("oh")

    def fail(message: Message) -> None:
        if "DeadLetter" in type(message).__name__:
            raise ZeroDivisionError("no letter")

    harness = CollectorHarness(broken)
    harness.harness.publisher._fail = fail
    with pytest.raises(ZeroDivisionError, match="no letter"):
        await harness.give(a_result(number=0, of=1))
    assert harness.reports == [("failed", 0)]
    assert harness.harness.publisher.on(DEAD_LETTERS) == []


async def test_a_first_look_that_was_lost_is_told_and_asked_for_again() -> None:
    """Its shards are on a topic that was deleted, or are of a release that this one cannot read."""
    worker = Worker()
    await worker.alert_handler.on_alert(an_alert(**fired_now()))
    await worker.planner.on_request(worker.harness.publisher.on(REQUESTS)[0])
    worker._taken = 1
    await worker.later(LOST_MS / 1000)
    assert worker.reports == []
    await worker.later(1)
    (report,) = worker.reports
    assert report.status == "failed"
    assert "Nothing was heard of it for 15 min" in report.reason
    await worker.later(61)
    assert worker.reports[-1].status == "complete"


async def test_a_later_look_that_was_lost_is_asked_for_again_and_leaves_the_report() -> None:
    worker = Worker()
    await worker.repeat()
    due_ms = worker.kept[0].due_ms
    assert due_ms is not None
    worker.harness.clock.now += (due_ms - worker.harness.now_ms()) / 1000
    await worker.look_clock.turn()
    worker._taken = len(worker.harness.publisher.on(REQUESTS))
    assert worker._taken == 2
    await worker.later(LOST_MS / 1000 + 1)
    assert [report.status for report in worker.reports] == ["complete"]
    await worker.later(61)
    assert [report.status for report in worker.reports] == ["complete"] * 2


async def test_a_look_that_cannot_be_asked_for_is_tried_less_often_and_ends_no_clock() -> None:
    worker = Worker(FakeSource(services=2, errors=[SourceUnavailableError("away")] * 99))
    await worker.plan(a_request())
    await worker.plan(a_request("r2"))
    before = len(worker.harness.publisher.on(REQUESTS))

    def fail(message: Message) -> None:
        if getattr(message, "look", 0) and getattr(message, "request_id", "") == "r1":
            raise ZeroDivisionError("oh")

    worker.harness.publisher._fail = fail
    worker.harness.clock.now += 61
    await worker.look_clock.turn()
    assert [r.request_id for r in worker.harness.publisher.on(REQUESTS)[before:]] == ["r2"]
    for _ in range(MAX_RETRIES - 1):
        worker.harness.clock.now += 3600
        await worker.look_clock.turn()
    (first,) = [look for look in worker.kept if look.request.request_id == "r1"]
    assert (first.failures, first.is_over) == (MAX_RETRIES + 1, True)


async def test_what_was_asked_for_by_hand_is_not_reported_twice_when_its_records_come_again() -> None:
    worker = Worker()
    await worker.plan(a_request())
    assert worker.revisions == [1]
    again = Worker(before=worker)
    await again.plan(a_request())
    assert again.revisions == [1]


async def test_nor_where_the_results_of_its_parts_come_again() -> None:
    worker = Worker(FakeSource(services=4))
    await worker.plan(a_request())
    shards = worker.harness.publisher.on(SHARDS)
    again = Worker(before=worker)
    await again.plan(a_request())
    await again.collecting.give(*(good(shard.request, shard.number, shard.of) for shard in shards))
    assert again.revisions == [len(shards)]


async def test_what_failed_for_good_is_made_when_a_person_sends_its_record_again() -> None:
    source = FakeSource(services=0)
    worker = Worker(source)
    await worker.plan(a_request())
    source.services = 2
    await worker.plan(a_request())
    assert [(r.status, r.report_id) for r in worker.reports] == [("failed", "r1"), ("complete", "r1")]


async def test_an_alert_that_joins_while_the_first_report_is_made_is_on_it_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = Worker()
    old = NOW_MS - 3_600_000
    await worker.alert_handler.on_alert(an_alert(starts_at_ms=old))
    (request,) = worker.harness.publisher.on(REQUESTS)
    plain = worker.harness.publisher.send

    async def send(*record: Any) -> Any:
        if record[0] is REPORTS:
            monkeypatch.setattr(worker.harness.publisher, "send", plain)
            await worker.alert_handler.on_alert(an_alert(fingerprint="f2", starts_at_ms=old + 60_000))
        return await plain(*record)

    monkeypatch.setattr(worker.harness.publisher, "send", send)
    await worker.plan(request)
    worker._taken = 1
    assert [report.alerts_total for report in worker.reports] == [1]
    await worker.later(JOINED_MS / 1000)
    assert [report.alerts_total for report in worker.reports] == [1, 2]
    await worker.later(3000)
    assert len(worker.reports) == 2
