"""The way of a record into an agent."""

import asyncio
import base64
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs

from patternwatch.contracts.base import Message
from patternwatch.contracts.codec import encode
from patternwatch.contracts.dead_letters import DeadLetter
from patternwatch.contracts.errors import RecordTooLargeError
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.ticks import Tick
from patternwatch.contracts.topics import DEAD_LETTERS, REQUESTS, TICKS
from patternwatch.streams.consumer.records import Delivery, Record
from patternwatch.streams.consumer.topic_consumer import TopicConsumer
from tests.fakes.messages import TENANT, a_request
from tests.fakes.publisher import FakePublisher
from tests.streams.agent_harness import AgentHarness

TICK = Tick(tenant=TENANT, watch="shop", at_ms=1)


class Handler:
    """Work that goes on until `go` is set."""

    def __init__(self) -> None:
        self.seen: list[Tick] = []
        self.go = asyncio.Event()

    async def work(self, tick: Tick) -> None:
        self.seen.append(tick)
        await self.go.wait()


def a_record(offset: int, value: bytes | None, acked: list[int]) -> Record:
    return Record("p.ticks", 0, offset, b"key", value, {"trace": "7"}, ack=lambda: acked.append(offset))


async def complete(consumer: TopicConsumer, count: int) -> None:
    async with asyncio.timeout(60):
        while consumer.completed < count:
            await asyncio.sleep(0)


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    """The events that a test logs."""
    with capture_logs() as events:
        yield events


def catch_failures_of_the_loop() -> list[dict[str, Any]]:
    """What fails in callbacks of the running loop, where nobody waits for it."""
    failures: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
    return failures


async def test_records_are_worked_on_several_at_once_and_no_more() -> None:
    harness, handler, acked = AgentHarness(), Handler(), list[int]()
    consumer = TopicConsumer(TICKS, handler.work, harness.context, concurrency=2)
    await consumer.take(a_record(0, encode(TICK), acked))
    assert not consumer.busy
    await consumer.take(a_record(1, encode(TICK), acked))
    third = asyncio.create_task(consumer.take(a_record(2, encode(TICK), acked)))
    await asyncio.sleep(0)
    assert (len(handler.seen), consumer.busy, third.done()) == (2, True, False)
    handler.go.set()
    await complete(consumer, 3)
    assert acked == [0, 1, 2]


async def test_what_is_logged_meanwhile_says_whose_it_is() -> None:
    """Of 1,200 lines that a slow source was asked again none said for whom."""
    harness, told = AgentHarness(), list[dict[str, Any]]()

    async def work(request: AnalysisRequest) -> None:
        await asyncio.sleep(0)  # the other one begins
        told.append(get_contextvars())

    consumer = TopicConsumer(REQUESTS, work, harness.context, concurrency=2)
    for offset, name in enumerate(("r1", "r2")):
        value = encode(a_request(name, tenant=f"tenant-{name}"))
        await consumer.take(Record("p.requests", 0, offset, b"key", value))
    await complete(consumer, 2)
    assert told == [{"tenant": f"tenant-{name}", "request_id": name} for name in ("r1", "r2")]
    assert get_contextvars() == {}


async def test_what_is_no_message_of_ours_goes_to_the_dead_letters_and_others_flow() -> None:
    harness, handler, acked = AgentHarness(), Handler(), list[int]()
    handler.go.set()
    consumer = TopicConsumer(TICKS, handler.work, harness.context)
    wrong_version = encode(TICK.model_copy(update={"schema_version": 99}))
    for offset, value in enumerate(
        [b"\xff", None, b"[]", wrong_version, b'{"schema_version":1}', encode(TICK)]
    ):
        await consumer.take(a_record(offset, value, acked))
    await complete(consumer, 6)
    assert handler.seen == [TICK]
    assert acked == [0, 1, 2, 3, 4, 5]
    letters: list[DeadLetter] = harness.publisher.on(DEAD_LETTERS)
    assert [letter.offset for letter in letters] == [0, 1, 2, 3, 4]
    assert letters[0].value == base64.b64encode(b"\xff").decode()
    assert letters[0].key == base64.b64encode(b"key").decode()
    assert letters[0].headers == {"trace": "7"}
    assert letters[3].error == "SchemaVersionError"
    count = harness.metrics.registry.get_sample_value(
        "patternwatch_dead_letters_total", {"topic": "ticks", "error": "SchemaVersionError"}
    )
    assert count == 1


async def test_work_that_raises_sends_its_record_to_the_dead_letters(logged: list[Any]) -> None:
    async def broken(_: Tick) -> None:
        raise KeyError("gone")

    harness, acked = AgentHarness(), list[int]()
    consumer = TopicConsumer(TICKS, broken, harness.context)
    await consumer.take(a_record(5, encode(TICK), acked))
    await complete(consumer, 1)
    (letter,) = harness.publisher.on(DEAD_LETTERS)
    assert (letter.error, letter.reason) == ("KeyError", "'gone'")
    assert (letter.topic, letter.partition, letter.offset) == ("p.ticks", 0, 5)
    assert acked == [5]
    assert logged == [
        {
            "event": "record.dead_lettered",
            "log_level": "error",
            "topic": "p.ticks",
            "partition": 0,
            "offset": 5,
            "error": "KeyError",
            "reason": "'gone'",
        }
    ]


async def test_a_letter_that_is_too_large_goes_without_its_value() -> None:
    def refuse(message: Message) -> None:
        if isinstance(message, DeadLetter) and message.value is not None:
            raise RecordTooLargeError("9 MB")

    harness, acked = AgentHarness(FakePublisher(refuse)), list[int]()
    await TopicConsumer(TICKS, Handler().work, harness.context).take(a_record(0, b"no", acked))
    async with asyncio.timeout(60):
        while not acked:
            await asyncio.sleep(0)
    (letter,) = harness.publisher.on(DEAD_LETTERS)
    assert letter.value is None
    assert "left out: 9 MB" in letter.reason


async def test_a_record_whose_letter_cannot_be_sent_stays_in_hand(logged: list[Any]) -> None:
    def refuse(_: Message) -> None:
        raise RuntimeError("closed")

    harness, acked = AgentHarness(FakePublisher(refuse)), list[int]()
    consumer = TopicConsumer(TICKS, Handler().work, harness.context)
    await consumer.take(a_record(0, b"no", acked))
    await complete(consumer, 1)
    assert acked == []
    assert harness.context.tracker.in_hand() == 1
    assert logged[-1] == {
        "event": "record.stuck",
        "log_level": "error",
        "topic": "ticks",
        "error": "RuntimeError",
        "reason": "closed",
    }


async def test_cancelled_work_is_over_and_is_not_acknowledged(logged: list[Any]) -> None:
    failures, ended = catch_failures_of_the_loop(), list[str]()

    async def work(_: Tick) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("ended")

    harness, acked = AgentHarness(), list[int]()
    consumer = TopicConsumer(TICKS, work, harness.context, concurrency=2)
    for offset in range(2):
        await consumer.take(a_record(offset, encode(TICK), acked))
    await asyncio.sleep(0)
    await consumer.cancel()
    assert ended == ["ended", "ended"]
    assert (acked, harness.context.tracker.in_hand()) == ([], 2)
    await complete(consumer, 2)
    assert (logged, failures) == ([], [])


async def test_work_that_ends_well_is_counted_and_leaves_nothing_behind(logged: list[Any]) -> None:
    failures, harness, handler, acked = catch_failures_of_the_loop(), AgentHarness(), Handler(), list[int]()
    consumer = TopicConsumer(TICKS, handler.work, harness.context, concurrency=3)
    handler.go.set()
    for offset in range(3):
        await consumer.take(a_record(offset, encode(TICK), acked))
    await complete(consumer, 3)
    assert (consumer._running, logged, failures) == (set(), [], [])
    taken = harness.metrics.registry.get_sample_value("patternwatch_records_in_total", {"topic": "ticks"})
    assert taken == 3


async def test_with_manual_ack_the_handler_says_when_the_record_is_done() -> None:
    deliveries: list[Delivery] = []

    async def keep(tick: Tick, delivery: Delivery) -> None:
        assert tick == TICK
        deliveries.append(delivery)

    harness, acked = AgentHarness(), list[int]()
    consumer = TopicConsumer(TICKS, keep, harness.context, manual_ack=True)
    await consumer.take(a_record(4, encode(TICK), acked))
    await complete(consumer, 1)
    assert acked == []
    deliveries[0].done()
    assert acked == [4]


async def test_a_second_delivery_takes_no_slot() -> None:
    harness, handler, acked = AgentHarness(), Handler(), list[int]()
    consumer = TopicConsumer(TICKS, handler.work, harness.context, concurrency=2)
    await consumer.take(a_record(0, encode(TICK), acked))
    await consumer.take(a_record(0, encode(TICK), acked))
    assert not consumer.busy
    handler.go.set()
    await complete(consumer, 1)
    assert len(handler.seen) == 1
