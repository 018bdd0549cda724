"""Reading topics without a group, on a real Kafka and where it is away."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import ALERTS, PROGRESS, REQUESTS
from patternwatch.kafka import topic_reader
from patternwatch.kafka.delivery import GiveUpAfter
from patternwatch.kafka.producer import KafkaPublisher
from patternwatch.kafka.topic_reader import Record, TopicReader
from patternwatch.kafka.topics import Cluster, ensure_topics, partition_of, topic_name

TOPICS = (ALERTS, PROGRESS)


async def read_all(reader: TopicReader, count: int) -> list[Record]:
    records: list[Record] = []
    async with asyncio.timeout(60):
        while len(records) < count:
            records += await reader.read()
    return records


async def test_it_goes_on_at_given_positions_and_counts_what_is_left(kafka_settings: KafkaSettings) -> None:
    await ensure_topics(kafka_settings)
    publisher = KafkaPublisher(kafka_settings, "test", GiveUpAfter(10, (ALERTS, REQUESTS)))
    for n in range(3):
        await publisher.send(ALERTS, b"k", b"%d" % n)
    await publisher.send(REQUESTS, b"k", b"not read")
    await publisher.close()
    alerts, progress = (topic_name(kafka_settings, topic) for topic in TOPICS)
    partition = partition_of(b"k", kafka_settings.partitions)
    reader = await TopicReader.connect(kafka_settings, "test", TOPICS)
    assert await reader.seek({(alerts, partition): 1}) == []
    assert await read_all(reader, 2) == [
        Record(alerts, partition, 1, b"k", b"1"),
        Record(alerts, partition, 2, b"k", b"2"),
    ]
    assert reader.lag() == {alerts: 0, progress: 0}
    assert reader.partitions == 2 * kafka_settings.partitions
    assert not reader.has_grown()
    await reader.close()
    reader = await TopicReader.connect(kafka_settings, "test", TOPICS)
    assert await reader.seek({(alerts, partition): 4}) == [(alerts, partition)]
    assert [record.offset for record in await read_all(reader, 3)] == [0, 1, 2]
    await reader.close()


class BrokenConsumer:
    """A consumer whose broker has gone."""

    def assign(self, _: Any) -> None:
        pass

    async def beginning_offsets(self, _: Any) -> None:
        raise KafkaConnectionError("gone")

    async def getmany(self, **_: Any) -> None:
        raise KafkaConnectionError("gone")


async def test_a_broker_that_goes_away_is_told_as_an_error_of_ours() -> None:
    reader = TopicReader(KafkaSettings(bootstrap="kafka:9"), Cluster("c", {"t": 1}), BrokenConsumer())
    with pytest.raises(BrokerUnavailableError, match=r"kafka:9.*gone"):
        await reader.seek({})
    with pytest.raises(BrokerUnavailableError, match=r"kafka:9.*gone"):
        await reader.read()


class BusyConsumer:
    """A consumer of one partition with a record at each read, and the ends when they are let come."""

    def __init__(self, end: int) -> None:
        self.end, self.come, self.offset = end, asyncio.Event(), 0
        self.tp = TopicPartition("t", 0)

    def assignment(self) -> set[TopicPartition]:
        return {self.tp}

    async def end_offsets(self, _: Any) -> dict[TopicPartition, int]:
        end = self.end
        await self.come.wait()
        return {self.tp: end}

    async def getmany(self, **_: Any) -> dict[TopicPartition, list[Any]]:
        await asyncio.sleep(0)
        record = SimpleNamespace(topic="t", partition=0, offset=self.offset, key=None, value=b"v")
        self.offset += 1
        return {self.tp: [record]}


async def test_records_that_come_while_the_ends_are_asked_for_do_not_look_like_a_new_topic(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(topic_reader, "_CHECK_S", 0.0)
    consumer = BusyConsumer(end=1)
    reader = TopicReader(KafkaSettings(), Cluster("c", {"t": 1}), consumer)
    for _ in range(3):  # the ends are asked for at the first of them, and read past
        await reader.read()
    consumer.come.set()
    for _ in range(3):
        await reader.read()
    with pytest.raises(BrokerUnavailableError, match=r"ends at 1, but was read up to [2-9]: the topic was"):
        await read_all(reader, 9)  # asked again, by now it has read past what there is
