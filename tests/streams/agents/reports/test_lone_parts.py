"""A request of one part: no shard and no result on Kafka, and nothing lost wherever its worker dies."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Self

import pytest

from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import SourceUnavailableError
from patternwatch.contracts.looks import Look
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.shards import Shard
from patternwatch.contracts.topics import DEAD_LETTERS, PROGRESS, REPORTS, REQUESTS, SHARD_RESULTS, SHARDS
from patternwatch.streams.agents.admission import place_of_result, place_of_shard
from patternwatch.streams.agents.reports.lone_parts import LoneParts
from patternwatch.streams.agents.shards.analyst import Scan
from patternwatch.streams.agents.shards.attempts import MAX_TRIES
from patternwatch.streams.consumer.fair_queue import place_of
from patternwatch.streams.consumer.fair_threads import FairThreads
from patternwatch.streams.consumer.records import Record
from patternwatch.streams.consumer.topic_consumer import TopicConsumer
from patternwatch.streams.subscriptions import hand_over_lone_parts
from tests.fakes.messages import TENANT, a_request, a_result
from tests.fakes.source import FakeSource
from tests.streams.agent_harness import THREADS, AgentHarness
from tests.streams.agents.reports.test_collector import CollectorHarness, concluded

DEADLINE_S = 60.0


def good(shard: Shard, *_: object) -> ShardResult:
    return a_result(shard.request)


class Out:
    """Tells from the topic which revision is out, as a worker does that takes over."""

    def __init__(self, harness: AgentHarness) -> None:
        self._harness = harness

    async def revision(self, request: AnalysisRequest, _known: Look) -> int:
        reports = self._harness.publisher.on(REPORTS)
        return max((r.revision for r in reports if r.request_id == request.request_id), default=-1)


class Worker:
    """The consumers of requests, shards and results of one worker, linked as the worker links them.

    last  so many things it writes to Kafka; then it is dead, and what it waits for never comes
    """

    def __init__(
        self,
        before: Self | None = None,
        *,
        last: int | None = None,
        source: FakeSource | None = None,
        scan: Scan = good,
        conclude: Callable[..., Report] = concluded,
        thread: FairThreads = THREADS,
    ) -> None:
        collecting = CollectorHarness(conclude)
        self.harness = harness = collecting.harness
        self.collector = collecting.collector
        self.acked: list[int] = []
        self.written = 0
        self._last = last
        if before is not None:  # the process is another one, Kafka is the same
            harness.publisher.sent = before.harness.publisher.sent
            harness.looks.looks = before.harness.looks.looks
            harness.attempt_store.begun = before.harness.attempt_store.begun
        object.__setattr__(harness.looker, "out", Out(harness))
        self._mortal(harness.publisher, "send")
        self._mortal(harness.looks, "put")
        self._mortal(harness.attempt_store, "begin")
        end = harness.attempt_store.end
        harness.attempt_store.end = lambda *of: None if self.is_dead else end(*of)  # type: ignore[method-assign]
        source = source or FakeSource(services=2)
        planner, analyst = harness.planner(source), harness.analyst(source, scan)
        self.consumers = (
            TopicConsumer(REQUESTS, planner.on_request, harness.context, place_of=place_of),
            TopicConsumer(SHARDS, analyst.on_shard, harness.context, place_of=place_of_shard, concurrency=2),
            TopicConsumer(
                SHARD_RESULTS,
                self.collector.on_result,
                harness.context,
                place_of=place_of_result,
                manual_ack=True,
            ),
        )
        hand_over_lone_parts(self.consumers, LoneParts(analyst, collecting.services, thread), self.collector)

    def _mortal(self, of: Any, name: str) -> None:
        plain: Callable[..., Awaitable[Any]] = getattr(of, name)

        async def write(*what: Any) -> Any:
            if self.is_dead:
                await asyncio.Event().wait()
            self.written += 1
            return await plain(*what)

        setattr(of, name, write)

    @property
    def is_dead(self) -> bool:
        return self._last is not None and self.written >= self._last

    async def take(self, request: AnalysisRequest, offset: int = 0) -> None:
        """Take this request in, and do whatever it leads to."""
        await self.consumers[0].take(
            Record("p.requests", 0, offset, b"key", encode(request), ack=lambda: self.acked.append(offset))
        )
        await self.settled()

    async def settled(self) -> None:
        """Wait until nothing runs, or all that runs waits for a dead worker."""
        async with asyncio.timeout(DEADLINE_S):
            while not self.is_dead and any(c._running or c.waiting for c in self.consumers):
                await asyncio.sleep(0.001)
        if self.is_dead:
            left = asyncio.all_tasks() - {asyncio.current_task()}
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    @property
    def reports(self) -> list[Report]:
        return self.harness.publisher.on(REPORTS)


async def test_it_is_reported_without_a_shard_and_a_result_and_acknowledged_then() -> None:
    worker = Worker()
    await worker.take(a_request())
    (report,) = worker.reports
    assert (report.status, report.revision) == ("complete", 1)
    assert worker.acked == [0]
    publisher = worker.harness.publisher
    assert publisher.on(SHARDS) == publisher.on(SHARD_RESULTS) == []
    stages = [(p.stage, p.done, p.of) for p in publisher.on(PROGRESS)]
    assert stages[-1] == ("concluded", 1, 1)
    value = worker.harness.metrics.registry.get_sample_value
    assert value("patternwatch_stage_seconds_count", {"stage": "scan"}) == 1
    assert value("patternwatch_stage_seconds_count", {"stage": "conclude"}) == 1


async def test_scan_and_report_are_made_on_the_thread_of_lone_parts() -> None:
    seen = []

    def scanned(shard: Shard, *of: object) -> ShardResult:
        seen.append(threading.current_thread().name)
        return good(shard, *of)

    def reported(*of: Any) -> Report:
        seen.append(threading.current_thread().name)
        return concluded(*of)

    thread = FairThreads(1, "lone")
    await Worker(scan=scanned, conclude=reported, thread=thread).take(a_request())
    thread.shutdown()
    assert seen == ["lone_0", "lone_0"]


async def test_wherever_its_worker_dies_the_next_one_ends_it_and_no_revision_comes_twice() -> None:
    whole = Worker()
    await whole.take(a_request())
    assert whole.written >= 5
    for last in range(whole.written):
        dying = Worker(last=last)
        await dying.take(a_request())
        assert dying.acked == [], "it was not done"
        next_one = Worker(dying)
        await next_one.take(a_request())
        assert [(r.status, r.revision) for r in next_one.reports] == [("complete", 1)], last
        assert next_one.acked == [0]
        look = await next_one.harness.looks.of(TENANT, "r1")
        assert look is not None
        assert (look.look, look.revision, look.is_over) == (1, 1, True)
        assert next_one.harness.attempt_store.begun == {}


async def test_what_killed_two_workers_in_scan_or_report_is_a_failed_report() -> None:
    seen = []

    def killing(request: AnalysisRequest, *_: object) -> Report:
        seen.append(dict(worker.harness.attempt_store.begun))
        raise ZeroDivisionError("oh")

    worker = Worker(conclude=killing)
    await worker.take(a_request())
    assert seen == [{(TENANT, "shard/r1-0"): 1}], "one note, before whatever may kill, and no other"
    worker = Worker()
    worker.harness.attempt_store.begun[TENANT, "shard/r1-0"] = MAX_TRIES
    await worker.take(a_request())
    (report,) = worker.reports
    assert (report.status, report.revision) == ("failed", 0)
    assert "its worker died before the end: it is set aside" in report.reason
    assert worker.acked == [0]


async def test_a_source_that_gives_nothing_is_a_failed_report_that_tells_what_is_missing() -> None:
    class Away(FakeSource):
        async def fetch(self, *_: Any) -> Any:
            raise SourceUnavailableError("Cortex is away")

    worker = Worker(source=Away(services=2))
    await worker.take(a_request())
    (report,) = worker.reports
    assert (report.status, report.reason) == ("failed", "Cortex is away")
    assert [(part.number, part.series) for part in report.missing] == [(0, 10)]
    assert worker.acked == [0]
    look = await worker.harness.looks.of(TENANT, "r1")
    assert look is not None
    assert (look.failures, look.is_over) == (1, False), "it is tried again"


@pytest.mark.parametrize("part", ["scan", "conclude"])
async def test_what_nobody_foresaw_is_a_failed_report_and_a_dead_letter_of_its_request(part: str) -> None:
    def broken(*_: object) -> Any:
        raise ZeroDivisionError("oh")

    worker = Worker(scan=broken) if part == "scan" else Worker(conclude=broken)
    await worker.take(a_request())
    (report,) = worker.reports
    assert (report.status, report.reason) == (
        "failed",
        "The report could not be made: ZeroDivisionError: oh",
    )
    (letter,) = worker.harness.publisher.on(DEAD_LETTERS)
    assert (letter.topic, letter.offset) == ("p.requests", 0)
    assert letter.value is not None
    assert worker.acked == [0]


async def test_one_that_cannot_be_begun_is_a_failed_report_and_a_dead_letter() -> None:
    worker = Worker()

    async def broken(tenant: str, work: str) -> int:
        raise ZeroDivisionError("oh")

    worker.harness.attempt_store.tries = broken  # type: ignore[method-assign]
    await worker.take(a_request())
    assert [r.reason for r in worker.reports] == ["It could not be begun: ZeroDivisionError: oh"]
    assert len(worker.harness.publisher.on(DEAD_LETTERS)) == 1


async def test_a_report_that_kafka_refuses_is_a_failed_one_and_a_dead_letter() -> None:
    worker = Worker()

    def refuse(message: object) -> None:
        if isinstance(message, Report) and message.status == "complete":
            raise ZeroDivisionError("too large")

    worker.harness.publisher._fail = refuse
    await worker.take(a_request())
    (report,) = worker.reports
    assert report.reason == "The report could not be made: ZeroDivisionError: too large"
    assert len(worker.harness.publisher.on(DEAD_LETTERS)) == 1
    assert worker.acked == [0]


async def test_what_is_being_made_when_partitions_are_dealt_anew_is_left_to_their_owner() -> None:
    def dealt_anew(request: AnalysisRequest, *rest: Any) -> Report:
        worker.harness.context.tracker.revoke()
        return concluded(request, *rest)

    worker = Worker(conclude=dealt_anew)
    await worker.take(a_request())
    assert (worker.reports, worker.acked) == ([], [])


async def test_what_is_handed_over_when_partitions_are_dealt_anew_is_not_begun() -> None:
    scanned = []

    def scan(shard: Shard, *_: object) -> ShardResult:
        scanned.append(shard.shard_id)
        return good(shard)

    class DealtAnew(FakeSource):
        async def count(self, *asked: Any) -> dict[str, int]:
            worker.harness.context.tracker.revoke()
            return await super().count(*asked)

    worker = Worker(scan=scan, source=DealtAnew(services=2))
    await worker.take(a_request())
    assert scanned == []
    assert worker.consumers[1]._room._value > 0, "it takes no room"


async def test_what_was_being_planned_when_partitions_are_dealt_anew_is_made_from_its_second_record() -> None:
    """The first one is left to the new owner, who may be the same worker, while it is still being planned."""
    planning, go_on = asyncio.Event(), asyncio.Event()

    class Slow(FakeSource):
        async def count(self, *asked: Any) -> dict[str, int]:
            planning.set()
            await go_on.wait()
            return await super().count(*asked)

    worker = Worker(source=Slow(services=2))
    requests = worker.consumers[0]
    acked = worker.acked

    async def deliver() -> None:
        await requests.take(
            Record("p.requests", 0, 0, b"key", encode(a_request()), ack=lambda: acked.append(0))
        )

    await deliver()
    await planning.wait()
    worker.harness.context.tracker.revoke()
    requests.forget_waiting()
    requests._concurrency = 2
    await deliver()
    await asyncio.sleep(0.01)
    go_on.set()
    await worker.settled()
    assert [(r.status, r.revision) for r in worker.reports] == [("complete", 1)]
    assert acked == [0]


async def test_a_lone_part_ends_what_an_earlier_plan_of_its_request_left() -> None:
    """The source told of more series when the request was planned first; one of two parts came."""
    worker = Worker()
    request = a_request()
    acked: list[int] = []
    early = Record(
        "p.shard-results", 0, 0, b"key", encode(a_result(request, 0, 2)), ack=lambda: acked.append(0)
    )
    await worker.consumers[2].take(early)
    await worker.settled()
    assert acked == []
    await worker.take(request)
    assert acked == [0]
    assert [(r.status, r.revision) for r in worker.reports] == [("complete", 1)]


async def test_it_waits_for_its_turn_among_the_shards() -> None:
    """A backlog of parts runs so many at a time, whether they came by Kafka or not."""
    at_once, most = 0, 0

    class Counting(FakeSource):
        async def fetch(self, *asked: Any) -> Any:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0.001)
            at_once -= 1
            return await super().fetch(*asked)

    worker = Worker(source=Counting(services=2))
    for n in range(6):
        await worker.take(a_request(f"r{n}"), n)
    await worker.settled()
    assert most <= 2
    assert sorted(worker.acked) == list(range(6))
