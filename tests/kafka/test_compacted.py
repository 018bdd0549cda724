"""A compacted topic is followed: what it holds is there before anybody asks."""

import asyncio
from collections.abc import Iterable

import pytest
from aiokafka import TopicPartition

from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import ATTEMPTS
from patternwatch.kafka.compacted import CompactedTopic
from tests.streams.kafka_test_client import KafkaTestClient


class Applied:
    """Keeps the values that were applied; one that says so cannot be."""

    def __init__(self) -> None:
        self.values: list[bytes] = []

    def __call__(self, _key: bytes | None, value: bytes | None, _offset: int) -> None:
        if value == b"broken":
            raise ZeroDivisionError("oh")
        self.values.append(value or b"")


async def test_what_comes_is_applied_before_anybody_asks(kafka_settings: KafkaSettings) -> None:
    """Else the next one waits in the client until its fetch for other partitions has timed out."""
    applied = Applied()
    async with KafkaTestClient(kafka_settings) as client:
        topic = CompactedTopic(kafka_settings, ATTEMPTS, applied)
        await topic.start()
        try:
            for n in range(3):
                await client.send_raw(ATTEMPTS, b"%d" % n)
            await client.until("all three", lambda: sorted(applied.values) == [b"0", b"1", b"2"])
        finally:
            await topic.stop()


@pytest.mark.parametrize("follows", [True, False])
async def test_whoever_asks_gets_all_that_was_published_until_then(
    kafka_settings: KafkaSettings, follows: bool
) -> None:
    applied = Applied()
    async with KafkaTestClient(kafka_settings) as client:
        topic = CompactedTopic(kafka_settings, ATTEMPTS, applied, follows=follows)
        await topic.start()
        try:
            for n in range(20):
                await client.send_raw(ATTEMPTS, b"%d" % n)
                await asyncio.gather(*(topic.read_to_end() for _ in range(3)))
                assert len(applied.values) == n + 1
        finally:
            await topic.stop()


async def test_what_comes_while_the_end_is_asked_for_is_no_topic_made_again(
    kafka_settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else everything is read and applied from the beginning, again and again under load."""
    applied = Applied()
    async with KafkaTestClient(kafka_settings) as client:
        topic = CompactedTopic(kafka_settings, ATTEMPTS, applied)
        await topic.start()
        try:
            await client.send_raw(ATTEMPTS, b"0")
            await topic.read_to_end()
            assert topic._offsets is not None
            end_offsets = topic._offsets.end_offsets

            async def slow(partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
                ends: dict[TopicPartition, int] = await end_offsets(partitions)
                await client.send_raw(ATTEMPTS, b"1")
                await client.until("what comes is applied", lambda: b"1" in applied.values)
                return ends

            monkeypatch.setattr(topic._offsets, "end_offsets", slow)
            await topic.read_to_end()
            monkeypatch.undo()
            await topic.read_to_end()
        finally:
            await topic.stop()
    assert applied.values == [b"0", b"1"]


@pytest.mark.parametrize("follows", [True, False])
async def test_a_record_that_cannot_be_applied_holds_no_other_one_up(
    kafka_settings: KafkaSettings, follows: bool
) -> None:
    applied = Applied()
    async with KafkaTestClient(kafka_settings) as client:
        topic = CompactedTopic(kafka_settings, ATTEMPTS, applied, follows=follows)
        await topic.start()
        try:
            for value in (b"broken", b"good"):
                await client.send_raw(ATTEMPTS, value)
            async with asyncio.timeout(60):
                await topic.read_to_end()
        finally:
            await topic.stop()
    assert applied.values == [b"good"]


async def test_who_asks_together_shares_a_read_and_the_end_ends_it(
    kafka_settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with KafkaTestClient(kafka_settings):
        topic = CompactedTopic(kafka_settings, ATTEMPTS, Applied())
        await topic.start()
        try:
            reads, read_once = 0, topic._read_once
            held = asyncio.Event()

            async def counted() -> None:
                nonlocal reads
                reads += 1
                await held.wait()
                await read_once()

            monkeypatch.setattr(topic, "_read_once", counted)
            first = asyncio.create_task(topic.read_to_end())
            while not reads:
                await asyncio.sleep(0)
            later = [asyncio.create_task(topic.read_to_end()) for _ in range(20)]
            held.set()
            async with asyncio.timeout(60):
                await asyncio.gather(first, *later)
            assert reads == 2, "what was asked for while the first was under way"
            held.clear()
            waits = asyncio.create_task(topic.read_to_end())
            while reads < 3:
                await asyncio.sleep(0)
        finally:
            async with asyncio.timeout(60):
                await topic.stop()
        with pytest.raises(asyncio.CancelledError):
            await waits
