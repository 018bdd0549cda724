"""A consumer group that is another program's: Kafka lets no worker in, which would wait for ever."""

import asyncio
import uuid

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.range import RangePartitionAssignor

from patternwatch.contracts.errors import BrokerRefusedError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import PROGRESS
from patternwatch.kafka.preflight import check_kafka
from patternwatch.kafka.topics import ensure_topics, topic_name
from patternwatch.streams.agents.declarations import ROLES
from patternwatch.streams.worker import Worker
from tests.fakes.shapes import FakeShapes
from tests.fakes.source import FakeSource
from tests.streams.kafka_test_client import running, worker_settings


async def test_a_group_of_another_program_is_refused_at_the_start_and_by_the_doctor(
    kafka_settings: KafkaSettings,
) -> None:
    await ensure_topics(kafka_settings)
    group = f"g{uuid.uuid4().hex[:8]}"
    other = AIOKafkaConsumer(
        topic_name(kafka_settings, PROGRESS),
        bootstrap_servers=kafka_settings.bootstrap,
        client_id="orders",
        group_id=group,
        partition_assignment_strategy=(RangePartitionAssignor,),  # as Java's clients have
    )
    await other.start()
    async with asyncio.timeout(60):
        while not other.assignment():
            await other.getmany(timeout_ms=100)
    settings = worker_settings(kafka_settings, group=group)
    worker = Worker(settings, FakeSource(), FakeShapes())
    try:
        with pytest.raises(BrokerRefusedError, match=rf"{group} is another program's \(orders\).* by range"):
            await worker.start()
    finally:
        await worker.close()
    found = {check.name: check for check in await check_kafka(kafka_settings, ROLES, group, 0.5)}
    assert (found["group"].verdict, found["session"].verdict) == ("fail", "fail")
    assert "PATTERNWATCH_GROUP" in found["group"].remedy
    await other.stop()
    async with running(settings):
        found = {check.name: check for check in await check_kafka(kafka_settings, ROLES, group, 15)}
        assert not {"group", "session"} & set(found)
