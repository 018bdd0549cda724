"""The feed when things go wrong around it."""

import asyncio
from typing import Any, cast

import pytest
import structlog
from aiokafka import TopicPartition
from sqlalchemy.exc import OperationalError

from patternwatch.api import feed_records
from patternwatch.api.context import AppContext
from patternwatch.api.feed import Feed, run_feed
from patternwatch.api.feed_pace import STORM_PER_S, FeedPace
from patternwatch.api.read_model.bodies import unpacked
from patternwatch.api.read_model.projection import apply_alerts
from patternwatch.api.role import API_ROLE
from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.errors import NotFoundError
from patternwatch.contracts.report import Report
from patternwatch.contracts.topics import (
    ALERTS,
    JOINED_ALERTS,
    LABELLED_EXAMPLES,
    PROGRESS,
    REPORTS,
    REQUESTS,
    WATCH_DEFINITIONS,
    WATCH_STATES,
    Topic,
)
from patternwatch.contracts.watches import make_watch
from patternwatch.kafka import topic_reader
from patternwatch.kafka.topic_reader import Record
from patternwatch.kafka.topics import Cluster, topic_name
from patternwatch.watch.episodes.live_view import learning_state
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import a_joined_alert, a_progress, a_report, a_request, an_alert, an_example
from tests.fakes.publisher import CLUSTER

KAFKA = Cluster(CLUSTER, {f"patternwatch.{topic.name}": 1 for topic in API_ROLE.consumes})


class FakeConsumer:
    """Gives what it is filled with; as many partitions as it is told."""

    def __init__(self) -> None:
        self.waiting: asyncio.Queue[Record] = asyncio.Queue()
        self.assigned: list[TopicPartition] = []
        self.sought: dict[TopicPartition, int] = {}
        self.begins, self.ends, self.partitions = 0, 10, 1
        self.stopped = False

    def assign(self, assigned: list[TopicPartition]) -> None:
        self.assigned = assigned

    def assignment(self) -> set[TopicPartition]:
        return set(self.assigned)

    def partitions_for_topic(self, _topic: str) -> set[int]:
        return set(range(self.partitions))

    async def beginning_offsets(self, of: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(of, self.begins)

    async def end_offsets(self, of: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(of, self.ends)

    def seek(self, partition: TopicPartition, to: int) -> None:
        self.sought[partition] = to

    def highwater(self, _partition: TopicPartition) -> int:
        return self.ends

    async def getmany(self, **_: Any) -> dict[TopicPartition, list[Record]]:
        record = await self.waiting.get()
        return {TopicPartition(record.topic, record.partition): [record]}

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        self.stopped = True


def record(topic: Topic, key: bytes | None, value: bytes | None, offset: int = 0) -> Record:
    return Record(f"patternwatch.{topic.name}", 0, offset, key, value)


@pytest.fixture
async def consumer(context: AppContext, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A Kafka that is a list."""
    consumer = FakeConsumer()

    async def found(*_: Any) -> Cluster:
        return KAFKA

    def made(*_: Any, **__: Any) -> FakeConsumer:
        return consumer

    monkeypatch.setattr(topic_reader, "find_cluster", found)
    monkeypatch.setattr(topic_reader, "kafka_consumer", made)
    await context.read_model.open()
    yield consumer
    await context.read_model.close()


async def connected(context: AppContext) -> Feed:
    return await Feed.connect(context, context.read_model.writing)


def rejected(context: AppContext) -> float:
    metric = context.metrics.feed_rejected.collect()
    return sum(s.value for m in metric for s in m.samples if s.name.endswith("_total"))


async def until(probe: Any) -> None:
    async with asyncio.timeout(60):
        while not probe():
            await asyncio.sleep(0.005)


@pytest.mark.usefixtures("consumer")
async def test_what_is_carried_is_stored_and_told(context: AppContext) -> None:
    feed = await connected(context)
    with context.broadcaster.listen("a", "r1") as queue:
        await feed.carry(
            [
                record(ALERTS, b"a", encode(an_alert())),
                record(JOINED_ALERTS, b"a/f1", encode(a_joined_alert())),
                record(REQUESTS, b"a/r1", encode(a_request())),
                record(PROGRESS, b"a/r1", encode(a_progress("planned"))),
                record(REPORTS, b"a/r1", encode(a_report())),
                record(LABELLED_EXAMPLES, f"a/{an_example().example_id}".encode(), encode(an_example())),
                record(WATCH_DEFINITIONS, b"a/shop", encode(make_watch("a", "shop", "up"))),
                record(WATCH_STATES, b"a/shop", encode(learning_state(make_watch("a", "shop", "up"), "", 1))),
            ]
        )
        told = [queue.get_nowait() for _ in range(queue.qsize())]
    assert [(one.stage, one.report_id) for one in told if one] == [("planned", ""), ("concluded", "r1")]
    logged = context.event_log.after("a", context.event_log.id_of(0))
    assert [event.name for event in logged or []] == ["progress", "progress", "revision"]
    assert await context.read_model.has_report("a", "r1")
    assert await context.read_model.example_count("a") == 1
    assert [watch.name for watch in await context.read_model.watches("a")] == ["shop"]
    assert (await context.read_model.watch_states("a"))["shop"].condition == "learning"
    assert await context.read_model.positions(CLUSTER) == {(name, 0): 1 for name in KAFKA.partitions}
    again = record(PROGRESS, b"a/r1", encode(a_progress("planned")), offset=1)
    with context.broadcaster.listen("a", "r1") as queue:
        await feed.carry([again])
        assert queue.empty()


@pytest.mark.usefixtures("consumer")
async def test_a_revision_that_a_crash_brings_once_more_changes_nothing_and_is_not_told(
    context: AppContext,
) -> None:
    feed = await connected(context)
    first = a_report(revision=3, published_at_ms=NOW_MS)
    await feed.carry([record(REPORTS, b"a/r1", encode(first))])
    told = len(context.event_log.after("a", context.event_log.id_of(0)) or [])
    once_more = first.model_copy(update={"published_at_ms": NOW_MS + 60_000, "verdict": "once more"})
    with context.broadcaster.listen("a", "r1") as queue:
        await feed.carry([record(REPORTS, b"a/r1", encode(once_more), offset=1)])
        assert queue.empty()
    assert len(context.event_log.after("a", context.event_log.id_of(0)) or []) == told
    kept = decode(unpacked((await context.read_model.report("a", "r1")).body), Report)
    assert (kept.published_at_ms, kept.verdict) == (NOW_MS, first.verdict)


@pytest.mark.usefixtures("consumer")
async def test_a_tombstone_deletes(context: AppContext) -> None:
    feed = await connected(context)
    await feed.carry([record(REPORTS, b"a/r1", encode(a_report()), 0), record(REPORTS, b"a/r1", None, 1)])
    example = f"a/{an_example().example_id}".encode()
    await feed.carry(
        [
            record(LABELLED_EXAMPLES, example, encode(an_example()), 0),
            record(LABELLED_EXAMPLES, example, None, 1),
        ]
    )
    assert await context.read_model.example_count("a") == 0
    with pytest.raises(NotFoundError):
        await context.read_model.report("a", "r1")


@pytest.mark.usefixtures("consumer")
@pytest.mark.parametrize(
    ("topic", "key", "value"),
    [
        (REPORTS, b"a/r1", b"{}"),
        (REPORTS, None, None),
        (REPORTS, b"no-slash", None),
        (REPORTS, b"a/", None),
        (REPORTS, b"\xff/\xfe", None),
        (ALERTS, b"a/f1", None),
        (REQUESTS, b"a/r1", b"\x00\x01"),
        (PROGRESS, b"a/r1", b"[]"),
        (PROGRESS, b"a/r1", encode(a_progress("planned", done=2**63))),
    ],
)
async def test_what_cannot_be_read_does_not_hold_up_the_rest(
    context: AppContext, topic: Topic, key: bytes | None, value: bytes | None
) -> None:
    feed = await connected(context)
    good = record(ALERTS, b"a/f2", encode(an_alert(fingerprint="f2")), 1)
    await feed.carry([record(topic, key, value), good])
    assert rejected(context) == 1
    assert [a.fingerprint for a in (await context.read_model.alerts("a", None, 10)).rows] == ["f2"]
    positions = await context.read_model.positions(CLUSTER)
    assert positions[(f"patternwatch.{topic.name}", 0)] >= 1


@pytest.mark.usefixtures("consumer")
async def test_what_cannot_be_read_is_counted_once_beside_what_cannot_be_stored(context: AppContext) -> None:
    feed = await connected(context)
    too_large = encode(a_progress("planned", done=2**63))
    await feed.carry([record(REPORTS, b"a/r1", b"{}"), record(PROGRESS, b"a/r1", too_large, 1)])
    assert rejected(context) == 2


async def test_it_goes_on_at_the_stored_position_within_what_is_there(
    context: AppContext, consumer: FakeConsumer
) -> None:
    feed = await connected(context)
    await feed.carry([record(ALERTS, b"a/f", encode(an_alert()), 6)])
    await connected(context)
    alerts, reports = TopicPartition("patternwatch.alerts", 0), TopicPartition("patternwatch.reports", 0)
    assert (consumer.sought[alerts], consumer.sought[reports]) == (7, 0)
    consumer.begins = 8  # retention has passed us
    await connected(context)
    assert (consumer.sought[alerts], consumer.sought[reports]) == (8, 8)


async def test_a_topic_that_was_made_anew_is_read_from_its_beginning(
    context: AppContext, consumer: FakeConsumer
) -> None:
    feed = await connected(context)
    await feed.carry([record(ALERTS, b"a/f", encode(an_alert()), 6)])
    consumer.ends = 3
    feed = await connected(context)
    assert consumer.sought[TopicPartition("patternwatch.alerts", 0)] == 0
    await feed.carry([record(ALERTS, b"a/f", encode(an_alert()), 0)])
    assert (await context.read_model.positions(CLUSTER))[("patternwatch.alerts", 0)] == 1


async def test_a_topic_that_has_grown_is_connected_to_anew(
    context: AppContext, consumer: FakeConsumer
) -> None:
    feed = await connected(context)
    task = asyncio.create_task(feed.run())
    consumer.waiting.put_nowait(record(ALERTS, b"a/f", encode(an_alert())))
    await until(lambda: context.feed_state.check().ok)
    consumer.partitions = 2
    consumer.waiting.put_nowait(record(ALERTS, b"a/f", encode(an_alert()), 1))
    async with asyncio.timeout(60):
        await task


@pytest.mark.parametrize("error", [OperationalError("x", {}, OSError("gone")), RuntimeError("a fault")])
async def test_a_feed_that_died_says_so_and_starts_again(
    context: AppContext, consumer: FakeConsumer, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    settings = context.settings.model_copy(update={"feed_retry_s": 0.01})
    object.__setattr__(context, "settings", settings)
    fails = True
    real = apply_alerts

    async def failing(*args: Any) -> None:
        if fails:
            raise error
        await real(*args)

    monkeypatch.setattr(feed_records, "apply_alerts", failing)
    task = asyncio.create_task(run_feed(context))
    consumer.waiting.put_nowait(record(ALERTS, b"a/f1", encode(an_alert())))
    await until(lambda: type(error).__name__ in context.feed_state.check().reason)
    assert consumer.stopped
    assert await context.read_model.positions(CLUSTER) == {}
    fails = False
    consumer.waiting.put_nowait(record(ALERTS, b"a/f1", encode(an_alert())))
    await until(lambda: context.feed_state.check().ok)
    assert (await context.read_model.alerts("a", None, 10)).total == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_feed_that_dies_at_once_each_time_waits_longer_each_time(
    context: AppContext, consumer: FakeConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As over a database that is read-only for a while: it connects, and founders on its first record."""
    settings = context.settings.model_copy(update={"feed_retry_s": 0.01})
    object.__setattr__(context, "settings", settings)

    async def failing(*_: Any) -> None:
        raise OperationalError("INSERT INTO all_of_it", {}, OSError("gone"))

    monkeypatch.setattr(feed_records, "apply_alerts", failing)
    for _ in range(4):
        consumer.waiting.put_nowait(record(ALERTS, b"a/f1", encode(an_alert())))
    with structlog.testing.capture_logs() as logs:
        task = asyncio.create_task(run_feed(context))
        await until(lambda: sum(line["event"] == "feed.died" for line in logs) == 4)
        task.cancel()
    told = [line for line in logs if line["event"] == "feed.died"]
    assert [line["again_in_s"] for line in told] == [0.01, 0.02, 0.04, 0.08]
    assert told[0]["reason"].startswith("gone. "), "no statement, whose values may be a storm of alerts"


async def test_a_client_that_passes_its_own_cancellation_on_does_not_end_the_feed(
    context: AppContext, consumer: FakeConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As aiokafka's does, some of the time, after the password was changed: the feed ended without a word."""
    settings = context.settings.model_copy(update={"feed_retry_s": 0.01})
    object.__setattr__(context, "settings", settings)
    fails, real = True, apply_alerts

    async def failing(*args: Any) -> None:
        if fails:
            raise OperationalError("x", {}, OSError("gone"))
        await real(*args)

    async def cancelled() -> None:
        own = asyncio.create_task(asyncio.sleep(60))
        own.cancel()
        await own

    monkeypatch.setattr(feed_records, "apply_alerts", failing)
    consumer.stop = cancelled  # type: ignore[method-assign]
    task = asyncio.create_task(run_feed(context))
    consumer.waiting.put_nowait(record(ALERTS, b"a/f1", encode(an_alert())))
    await until(lambda: task.done() or "gone" in context.feed_state.check().reason)
    assert not task.done()
    fails = False
    consumer.waiting.put_nowait(record(ALERTS, b"a/f1", encode(an_alert())))
    await until(lambda: task.done() or context.feed_state.check().ok)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_the_topics_have_the_prefix_of_the_settings(context: AppContext) -> None:
    assert topic_name(context.settings.kafka, REPORTS) == "patternwatch.reports"
    assert cast("object", ALERTS) in API_ROLE.consumes


@pytest.mark.usefixtures("consumer")
async def test_an_alert_that_joins_an_analysis_is_told_to_those_who_follow_that(context: AppContext) -> None:
    feed = await connected(context)
    joined = a_joined_alert(fingerprint="f2", own_request_id="r2")
    await feed.carry([record(JOINED_ALERTS, b"a/f2", encode(joined))])
    assert context.event_log.after("a", context.event_log.id_of(0)) == [], "its analysis is not known yet"
    await feed.carry(
        [
            record(REQUESTS, b"a/r1", encode(a_request())),
            record(JOINED_ALERTS, b"a/f1", encode(a_joined_alert()), offset=1),
        ]
    )
    assert context.event_log.after("a", context.event_log.id_of(0)) == [], "the alert that began it"
    await feed.carry([record(JOINED_ALERTS, b"a/f2", encode(joined), offset=2)])
    (event,) = context.event_log.after("a", context.event_log.id_of(0)) or []
    assert event.name == "progress"
    assert b'"request_id":"r1"' in event.data


async def test_in_a_storm_records_are_carried_together(
    context: AppContext, consumer: FakeConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried, paused = list[int](), list[float]()

    async def carry(_: Feed, records: list[Record]) -> None:
        carried.append(len(records))

    class Pace(FeedPace):
        def pause_s(self, records: int) -> float:
            paused.append(super().pause_s(records))
            return 0.0

    monkeypatch.setattr(Feed, "carry", carry)
    monkeypatch.setattr("patternwatch.api.feed.FeedPace", lambda _: Pace(lambda: 7.0))
    feed = await connected(context)
    for n in range(STORM_PER_S + 2):
        consumer.waiting.put_nowait(record(ALERTS, b"a", encode(an_alert()), offset=n))
    running = asyncio.create_task(feed.run())
    await until(lambda: len(paused) == STORM_PER_S + 2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert paused[:STORM_PER_S] == [0.0] * STORM_PER_S
    assert min(paused[STORM_PER_S:]) > 0
