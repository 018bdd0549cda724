"""Reading topics without a group, on a real Kafka and where it is away."""

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import ALERTS, PROGRESS, REQUESTS
from patternwatch.kafka.delivery import GiveUpAfter
from patternwatch.kafka.producer import KafkaPublisher
from patternwatch.kafka.topic_reader import Record, TopicReader
from patternwatch.kafka.topics import Cluster, ensure_topics, partition_of, topic_name

TOPICS = (ALERTS, PROGRESS)


async def read_all(reader: TopicReader, count: int) -> list[Record]:
    records: list[Record] = []
    async with asyncio.timeout(20):
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
