"""The collector: one report for a request, whatever the order, the crash or the delay."""

import asyncio
from typing import Any

from patternwatch.analysis.report.failed import failed
from patternwatch.classifier.shape_classifier import ShapeClassifier
from patternwatch.contracts.base import Message
from patternwatch.contracts.errors import RecordTooLargeError
from patternwatch.contracts.report import MissingShard, Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.shards import Shard
from patternwatch.contracts.topics import DEAD_LETTERS, PROGRESS, REPORTS, Topic
from patternwatch.kafka.producer import RecordPosition
from patternwatch.streams.agents.reports.collector import Collector
from patternwatch.streams.agents.reports.collector_services import CollectorServices
from patternwatch.streams.agents.reports.lone_parts import LoneParts
from patternwatch.streams.agents.shards.analyst import Analyst
from patternwatch.streams.consumer.records import Delivery, Record
from tests.fakes.clock import FakeClock
from tests.fakes.messages import STEP_MS, a_finding, a_report, a_request, a_result, a_window
from tests.fakes.publisher import FakePublisher
from tests.fakes.state import FakeClassifiers
from tests.streams.agent_harness import ANALYSIS, THREADS, AgentHarness

DEADLINE_S, LATE_S = 60.0, 120.0


def concluded(
    request: AnalysisRequest, results: list[ShardResult], _: ShapeClassifier, __: AnalysisSettings, of: int
) -> Report:
    """A report that says which shards it knows."""
    there = {result.number for result in results if result.status == "ok"}
    missing = [MissingShard(number=n, reason="no answer") for n in range(of) if n not in there]
    return failed(request, "").model_copy(
        update={"status": "partial" if missing else "complete", "missing": missing, "window": request.window}
    )


class CollectorHarness:
    """A collector among fakes, with a clock that stands still until it is moved."""

    def __init__(self, conclude: Any = concluded, publisher: FakePublisher | None = None) -> None:
        self.harness = AgentHarness(publisher)
        self.clock = FakeClock()
        self.services = CollectorServices(
            progress=self.harness.progress,
            reports=self.harness.reports,
            dead_letters=self.harness.dead_letters,
            metrics=self.harness.metrics,
            classifiers=FakeClassifiers(),
            settings=ANALYSIS,
            threads=THREADS,
            attempts=self.harness.attempts,
            conclude=conclude,
        )
        self.collector = Collector(self.services, deadline_s=DEADLINE_S, late_s=LATE_S, clock=self.clock)
        self.acked: list[int] = []
        self._next = 0

    async def give(self, *results: ShardResult) -> None:
        for result in results:
            await self.collector.on_result(result, self._delivery())
        await self.harness.progress.flush()

    async def scan(self, shard: Shard, analyst: Analyst) -> None:
        """Do a lone part, as the consumers of shards and results hand it on."""
        delivery = self._delivery()
        made = await LoneParts(analyst, self.services, THREADS).on_part(shard)
        if made is None:
            delivery.done()
        else:
            await self.collector.on_made(made, delivery)
        await self.harness.progress.flush()

    def _delivery(self) -> Delivery:
        offset, self._next = self._next, self._next + 1
        record = Record("shard-results", 0, offset, None, b"x", ack=lambda: self.acked.append(offset))
        delivery = self.harness.context.tracker.track(record)
        assert delivery is not None
        return delivery

    async def wait(self, seconds: float) -> None:
        self.clock.now += seconds
        await self.collector.sweep()

    def rebalance(self) -> None:
        """A rebalance: everything in hand will be delivered again."""
        self.collector.revoke()
        self.harness.context.tracker.revoke()
        self._next = 0

    @property
    def reports(self) -> list[tuple[str, int]]:
        return [(report.status, report.revision) for report in self.harness.publisher.on(REPORTS)]

    @property
    def stages(self) -> list[tuple[str, int, int]]:
        return [(p.stage, p.done, p.of) for p in self.harness.publisher.on(PROGRESS)]


async def test_the_last_result_makes_the_report_and_only_then_is_acknowledged() -> None:
    harness = CollectorHarness()
    await harness.give(a_result(number=2, of=3), a_result(number=0, of=3))
    assert (harness.reports, harness.acked) == ([], [])
    await harness.give(a_result(number=1, of=3))
    assert harness.reports == [("complete", 3)]
    assert harness.acked == [0, 1, 2]
    # Of what came at once the last is told; that all parts are there, only if the report takes long.
    told = [stage for stage in harness.stages if stage != ("analysing", 3, 3)]
    assert told == [("analysing", 2, 3), ("concluded", 3, 3)]


async def test_requests_do_not_mix() -> None:
    harness = CollectorHarness()
    one, other = a_request("r1"), a_request("r2")
    await harness.give(a_result(one, 0, 2), a_result(other, 0, 2), a_result(other, 1, 2))
    assert [r.request_id for r in harness.harness.publisher.on(REPORTS)] == ["r2"]
    assert harness.acked == [], "the first record of the partition is still in hand"
    await harness.give(a_result(one, 1, 2))
    assert harness.acked == [0, 1, 2, 3]


async def test_a_second_delivery_does_not_publish_again() -> None:
    harness = CollectorHarness()
    results = [a_result(number=n, of=2) for n in range(2)]
    await harness.give(*results)
    harness.rebalance()
    await harness.give(*results)
    assert harness.reports == [("complete", 2)]
    assert harness.acked == [0, 1] * 2


async def test_what_was_pending_at_a_rebalance_is_gathered_again() -> None:
    harness = CollectorHarness()
    results = [a_result(number=n, of=2) for n in range(2)]
    await harness.give(results[0])
    harness.rebalance()
    await harness.give(*results)
    assert harness.reports == [("complete", 2)]
    assert harness.acked == [0, 1]


async def test_after_the_deadline_comes_a_partial_report_and_late_shards_revise_it() -> None:
    harness = CollectorHarness()
    await harness.give(a_result(number=0, of=3))
    await harness.wait(DEADLINE_S - 1)
    assert harness.reports == []
    await harness.wait(1)
    (report,) = harness.harness.publisher.on(REPORTS)
    assert [m.number for m in report.missing] == [1, 2]
    await harness.give(a_result(number=2, of=3))
    await harness.give(a_result(number=1, of=3))
    assert harness.reports == [("partial", 1), ("partial", 2), ("complete", 3)]
    assert len({r.report_id for r in harness.harness.publisher.on(REPORTS)}) == 1
    assert harness.acked == [0, 1, 2]


async def test_a_partial_report_is_let_go_after_the_time_for_late_shards() -> None:
    harness = CollectorHarness()
    await harness.give(a_result(number=0, of=2))
    await harness.wait(DEADLINE_S)
    await harness.wait(LATE_S - 1)
    assert harness.acked == [], "a crash now would read it again"
    await harness.wait(1)
    assert harness.acked == [0]
    assert harness.harness.metrics.registry.get_sample_value("patternwatch_open_requests") == 0


async def test_a_crash_between_partial_and_complete_leaves_the_highest_revision_complete() -> None:
    before, after = CollectorHarness(), CollectorHarness()
    results = [a_result(number=n, of=3) for n in range(3)]
    await before.give(results[0])
    await before.wait(DEADLINE_S)
    await before.give(results[1])
    await after.give(*results)
    assert max(before.reports + after.reports, key=lambda r: r[1]) == ("complete", 3)


async def test_failed_shards_are_reported_and_delay_nothing() -> None:
    harness = CollectorHarness()
    await harness.give(a_result(number=0, of=2), a_result(number=1, of=2, status="failed", reason="413"))
    assert harness.reports == [("partial", 1)]
    notes = [p.note for p in harness.harness.publisher.on(PROGRESS)]
    assert "413" in notes


async def test_a_good_result_of_a_shard_beats_a_failed_one() -> None:
    harness = CollectorHarness()
    good, bad = a_result(number=0, of=2), a_result(number=0, of=2, status="failed")
    await harness.give(bad, good, bad, a_result(number=1, of=2))
    assert harness.reports == [("complete", 2)]


async def test_a_report_of_failures_only_is_beaten_by_any_result() -> None:
    harness = CollectorHarness()
    await harness.give(a_result(number=0, of=2, status="failed"))
    await harness.wait(DEADLINE_S)
    await harness.give(a_result(number=1, of=2))
    assert [revision for _, revision in harness.reports] == [0, 1]
    assert harness.acked == [0, 1]


async def test_plans_of_one_request_that_differ_are_not_mixed() -> None:
    harness = CollectorHarness()
    later = a_request(window=a_window(a_request().window.end_ms + STEP_MS))
    await harness.give(a_result(number=0, of=2), a_result(number=1, of=3), a_result(later, number=1, of=2))
    assert harness.reports == []
    await harness.give(a_result(later, number=0, of=2))
    (report,) = harness.harness.publisher.on(REPORTS)
    assert report.window == later.window
    assert harness.acked == [0, 1, 2, 3]


async def test_a_report_that_cannot_be_made_is_a_failed_report_and_dead_letters() -> None:
    def broken(*_: Any) -> Report:
        raise ZeroDivisionError("oh")

    harness = CollectorHarness(broken)
    await harness.give(a_result(number=0, of=2), a_result(number=1, of=2))
    (report,) = harness.harness.publisher.on(REPORTS)
    assert report.status == "failed"
    assert "ZeroDivisionError: oh" in report.reason
    assert len(harness.harness.publisher.on(DEAD_LETTERS)) == 2
    assert harness.acked == [0, 1]


async def test_a_report_that_takes_long_holds_no_other_one_up() -> None:
    """A person's, among those of a storm; the broker takes its time with each, too."""
    harness = CollectorHarness()
    gate, begun = asyncio.Event(), asyncio.Event()
    publish = harness.harness.publisher.publish

    async def slow(
        topic: Topic, message: Message, encoded: bytes | None = None, partition: int | None = None
    ) -> RecordPosition:
        if topic is REPORTS and getattr(message, "request_id", "") == "slow":
            begun.set()
            await gate.wait()
        return await publish(topic, message, encoded, partition)

    harness.harness.publisher.publish = slow  # type: ignore[method-assign]
    held = asyncio.create_task(harness.give(a_result(a_request("slow"), 0, 1)))
    await begun.wait()
    async with asyncio.timeout(60):
        await harness.give(a_result(a_request("other"), 0, 1))
    assert [r.request_id for r in harness.harness.publisher.on(REPORTS)] == ["other"]
    assert harness.acked == []
    gate.set()
    await held
    assert harness.acked == [0, 1]


async def test_results_of_one_request_that_come_together_make_one_report() -> None:
    harness = CollectorHarness()
    results = [a_result(number=n, of=8) for n in range(8)]
    await asyncio.gather(*(harness.give(result) for result in (*results, *results)))
    assert harness.reports == [("complete", 8)]
    assert sorted(harness.acked) == list(range(16))


async def test_a_report_that_its_topic_refuses_is_published_without_its_last_findings() -> None:
    def refuse(message: Message) -> None:
        if isinstance(message, Report) and len(message.findings) > 1:
            raise RecordTooLargeError("It is larger than Kafka takes")

    def large(*_: object) -> Report:
        return a_report(request_id="r1", findings=[a_finding(rank) for rank in range(1, 21)])

    harness = CollectorHarness(large, FakePublisher(refuse))
    await harness.give(a_result())
    (report,) = harness.harness.publisher.on(REPORTS)
    assert (report.status, [f.rank for f in report.findings], report.omitted) == ("complete", [1], 19)
    assert harness.harness.publisher.on(DEAD_LETTERS) == []
