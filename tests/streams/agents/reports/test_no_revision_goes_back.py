"""A worker that died or was stopped between a report and its state: no revision comes again or goes back."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from patternwatch.contracts.looks import Look
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import LOOKS, PROGRESS, REPORTS, SHARD_RESULTS
from patternwatch.streams.agents.looks.looker import Looker
from patternwatch.streams.agents.looks.outcomes import FIRST_RETRY_MS
from patternwatch.streams.agents.reports.report_publisher import ReportPublisher
from patternwatch.streams.agents.turns import Turns
from patternwatch.streams.clock import now_ms
from patternwatch.streams.state.published import SKEW_MS, KafkaPublishedReports, Revisions
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import a_report, a_request, a_result
from tests.streams.agent_harness import AgentHarness
from tests.streams.agents.reports.test_collector import CollectorHarness
from tests.streams.kafka_test_client import KafkaTestClient, running, worker_settings

ASKED = a_request(asked_ms=NOW_MS)
UNTOLD = Look(request=ASKED, look=0, changed_ms=NOW_MS)
"""What a worker leaves that was killed before it wrote that its report is out."""


class OnTopic:
    """The topic `reports` holds this revision of the one report, which no state tells of."""

    def __init__(self, revision: int) -> None:
        self.highest = revision

    async def revision(self, _request: AnalysisRequest, _known: Look) -> int:
        return self.highest


async def publisher_beside(revision: int) -> tuple[AgentHarness, ReportPublisher]:
    harness = AgentHarness()
    await harness.looks.put(UNTOLD)
    looker = Looker(harness.looks, harness.joined_alerts, harness.now_ms, out=OnTopic(revision))
    reports = ReportPublisher(
        harness.publisher, harness.progress, looker, harness.later_looks, harness.metrics, harness.now_ms
    )
    return harness, reports


async def kept(harness: AgentHarness) -> Look:
    look = await harness.looks.of(ASKED.tenant, ASKED.request_id)
    assert look is not None
    return look


async def test_an_equal_revision_is_not_published_again_and_the_analysis_goes_on() -> None:
    harness, reports = await publisher_beside(2)
    await reports.conclude(ASKED, a_report(revision=2), done=2, of=2)
    assert harness.publisher.on(REPORTS) == []
    assert [p.stage for p in harness.publisher.on(PROGRESS)] == ["concluded"]
    look = await kept(harness)
    assert (look.look, look.revision, look.is_over) == (1, 2, True)


async def test_a_lower_revision_is_not_published_and_another_look_is_due() -> None:
    harness, reports = await publisher_beside(2)
    await reports.conclude(ASKED, a_report(revision=1, status="partial"), done=2, of=2)
    assert harness.publisher.on(REPORTS) == []
    look = await kept(harness)
    assert (look.look, look.revision, look.is_over) == (1, 2, False)
    assert look.due_ms == harness.now_ms() + FIRST_RETRY_MS


async def test_a_higher_revision_is_published() -> None:
    harness, reports = await publisher_beside(1)
    await reports.conclude(ASKED, a_report(revision=2), done=2, of=2)
    assert [report.revision for report in harness.publisher.on(REPORTS)] == [2]
    assert (await kept(harness)).revision == 2


@pytest.mark.parametrize("again", [True, False])
async def test_a_failure_does_not_follow_a_report_that_is_out(again: bool) -> None:
    harness, reports = await publisher_beside(2)
    await reports.fail(ASKED, "The source is away", again=again)
    assert harness.publisher.on(REPORTS) == []
    look = await kept(harness)
    assert (look.revision, look.failures, look.is_over) == (2, 1, not again)


async def test_a_failure_that_is_out_is_not_published_again() -> None:
    harness, reports = await publisher_beside(0)
    await reports.fail(ASKED, "The source is away")
    assert harness.publisher.on(REPORTS) == []
    assert [p.stage for p in harness.publisher.on(PROGRESS)] == ["failed"]
    assert (await kept(harness)).look == 1


async def test_a_second_planning_that_fails_does_not_follow_the_report_of_the_first_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its failure was decided before the report was out, and waits for a slow broker meanwhile."""
    harness, reports = await publisher_beside(-1)
    other = replace(reports, ending=set())
    is_decided, goes_on = asyncio.Event(), asyncio.Event()
    publish = harness.publisher.publish

    async def slow(topic: Any, message: Any, *rest: Any) -> Any:
        if getattr(message, "status", "") == "failed":
            is_decided.set()
            await goes_on.wait()
        return await publish(topic, message, *rest)

    monkeypatch.setattr(harness.publisher, "publish", slow)
    failing = asyncio.create_task(reports.fail(ASKED, "The source is slow"))
    await is_decided.wait()
    concluding = asyncio.create_task(other.conclude(ASKED, a_report(revision=2), done=2, of=2))
    await asyncio.sleep(0.01)
    goes_on.set()
    await asyncio.gather(failing, concluding)
    assert [report.revision for report in harness.publisher.on(REPORTS)] == [0, 2]
    assert (await kept(harness)).revision == 2


async def test_a_process_that_was_stopped_before_it_published_decides_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As by SIGSTOP: it has read the state, and goes on when another worker has published more."""
    harness, reports = await publisher_beside(-1)
    now = 0.0
    looker = replace(reports.looker, turns=Turns())
    stopped = ReportPublisher(
        harness.publisher,
        harness.progress,
        looker,
        harness.later_looks,
        harness.metrics,
        harness.now_ms,
        3.0,
        lambda: now,
    )
    read = harness.joined_alerts.of_request

    async def stops(*args: Any) -> Any:
        nonlocal now
        monkeypatch.setattr(harness.joined_alerts, "of_request", read)
        found = await read(*args)
        await asyncio.sleep(0)  # the state of the look is read beside
        await reports.conclude(ASKED, a_report(revision=2), done=2, of=2)
        now = 20.0
        return found

    monkeypatch.setattr(harness.joined_alerts, "of_request", stops)
    report = a_report(revision=1, status="partial", trigger="alert")
    await stopped.conclude(ASKED, report, done=1, of=2)
    assert [report.revision for report in harness.publisher.on(REPORTS)] == [2]


async def test_a_report_that_is_being_made_when_partitions_are_dealt_anew_is_left_to_their_owner() -> None:
    harness: CollectorHarness

    def revoked_meanwhile(request: AnalysisRequest, *_: object) -> Report:
        harness.collector.revoke()
        return a_report(request.request_id)

    harness = CollectorHarness(revoked_meanwhile)
    await harness.give(a_result())
    assert (harness.reports, harness.acked) == ([], [])


def test_what_is_no_report_tells_no_revision_and_the_oldest_is_forgotten() -> None:
    revisions = Revisions(max_known=2)
    for key, value in ((b"a", b'{"revision":3}'), (b"a", b'{"revision":1}'), (b"b", b"[]"), (b"b", None)):
        revisions.apply(key, value, 0)
    assert (revisions.get(b"a"), revisions.get(b"b")) == (3, -1)
    for key in (b"b", b"c"):
        revisions.apply(key, b'{"revision":1}', 1)
    assert [revisions.get(key) for key in (b"a", b"b", b"c")] == [-1, 1, 1]


async def test_what_came_since_a_look_was_asked_for_is_read_of_the_topic(
    kafka_settings: KafkaSettings,
) -> None:
    began_ms, now = now_ms(), now_ms()
    published = KafkaPublishedReports(kafka_settings, lambda: now)

    async def highest(request_id: str, asked_ms: int) -> int:
        return await published.revision(a_request(request_id=request_id, asked_ms=asked_ms), UNTOLD)

    async with KafkaTestClient(kafka_settings) as client:
        await client.send(REPORTS, a_report(report_id="before", revision=3))
        await client.until("the first", lambda: client.on(REPORTS, Report))
        now += 10 * SKEW_MS  # what follows is asked long after that one came
        await published.start()
        published.assigned()
        try:
            assert await highest("before", now) == -1, "it came before this look was asked for"
            for n in range(3):
                await client.send(REPORTS, a_report(report_id=f"r{n}", revision=n))
            assert await highest("before", began_ms) == 3, "asked for earlier: read again from there"
            assert [await highest(f"r{n}", began_ms) for n in range(3)] == [0, 1, 2]
            await client.send(REPORTS, a_report(report_id="r0", revision=7))
            assert await highest("r0", began_ms) == 7, "each question reads on"
            assert await highest("r0", now + SKEW_MS + 1) == -1, "nobody can have left one since"
        finally:
            await published.stop()


async def test_all_who_wait_for_a_read_share_the_next_one(
    kafka_settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a rebalance everything that was in hand asks; one read each took half a second each."""
    published, reads = KafkaPublishedReports(kafka_settings, now_ms), 0
    read_to_end = published._topic.read_to_end

    async def counted() -> None:
        nonlocal reads
        reads += 1
        await read_to_end()

    async with KafkaTestClient(kafka_settings) as client:
        began_ms = now_ms()
        await client.send(REPORTS, a_report(report_id="r7", revision=2))
        await client.until("the report", lambda: client.on(REPORTS, Report))
        await published.start()
        published.assigned()
        monkeypatch.setattr(published._topic, "read_to_end", counted)
        try:
            asked = [a_request(request_id=f"r{n}", asked_ms=began_ms) for n in range(40)]
            found = await asyncio.gather(*(published.revision(request, UNTOLD) for request in asked))
        finally:
            await published.stop()
    assert found == [2 if n == 7 else -1 for n in range(40)]
    assert reads <= 2


async def test_the_next_owner_publishes_no_lower_revision_on_kafka(kafka_settings: KafkaSettings) -> None:
    """Two good parts made revision 2; made again it fails, which alone would be revision 0."""
    request = a_request(asked_ms=now_ms())
    good, bad = a_result(request, 0, 2), a_result(request, 1, 2, status="failed", reason="503")
    async with KafkaTestClient(kafka_settings) as client:
        await client.send(LOOKS, Look(request=request, look=0, changed_ms=now_ms()))
        await client.send(REPORTS, a_report(request.request_id, revision=2))
        for result in (good, bad):
            await client.send(SHARD_RESULTS, result)
        async with running(worker_settings(kafka_settings)):
            await client.until("the state that follows", lambda: len(client.on(LOOKS, Look)) >= 2)
        await client.until("the report", lambda: client.on(REPORTS, Report))
        assert [report.revision for report in client.on(REPORTS, Report)] == [2]
        assert (client.on(LOOKS, Look)[-1].revision, client.on(LOOKS, Look)[-1].failures) == (2, 1)
