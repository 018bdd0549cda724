"""A worker in this process, and a client that sends and reads every topic, on a real Kafka."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.admin.records_to_delete import RecordsToDelete

from patternwatch.classifier.few_shot import Embedder
from patternwatch.contracts.base import Message
from patternwatch.contracts.codec import decode
from patternwatch.contracts.settings import AnalysisSettings, KafkaSettings, TenantSettings
from patternwatch.contracts.topics import TOPICS, Topic
from patternwatch.cortex.source import SeriesSource
from patternwatch.kafka.delivery import WaitForBroker
from patternwatch.kafka.producer import KafkaPublisher
from patternwatch.kafka.topics import ensure_topics, topic_name
from patternwatch.streams.settings import WorkerSettings
from patternwatch.streams.worker import Worker
from tests.fakes.messages import TENANT
from tests.fakes.shapes import FakeShapes
from tests.fakes.source import FakeSource

M = TypeVar("M", bound=Message)
DEADLINE_S = 120.0


def worker_settings(kafka: KafkaSettings, **changes: Any) -> WorkerSettings:
    fields: dict[str, Any] = {
        "kafka": kafka,
        "group": f"g{uuid.uuid4().hex[:8]}",
        "metrics_port": 0,
        "tenants": (TenantSettings(id=TENANT),),
        "analysis": AnalysisSettings(shard_series=10),
    }
    return WorkerSettings(**fields | changes)


@asynccontextmanager
async def running(
    settings: WorkerSettings, source: SeriesSource | None = None, model: Embedder | None = None
) -> AsyncIterator[Worker]:
    """A worker in this process, ready to work; the test fails where it ends by itself."""
    worker = Worker(settings, source or FakeSource(), model or FakeShapes())
    await worker.start()
    work = asyncio.create_task(worker.run())
    ready = asyncio.create_task(worker.ready.wait())
    try:
        await asyncio.wait((work, ready), timeout=DEADLINE_S, return_when=asyncio.FIRST_COMPLETED)
        assert ready.done(), "the worker did not join its group"
        yield worker
        worker.stop()
        await work
    finally:
        ready.cancel()
        work.cancel()
        await worker.close()


class KafkaTestClient:
    """Sends records and reads every topic from its beginning."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._publisher = KafkaPublisher(settings, "test", WaitForBroker())
        self._producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap)
        self._consumer = AIOKafkaConsumer(
            *(topic_name(settings, topic) for topic in TOPICS),
            bootstrap_servers=settings.bootstrap,
            auto_offset_reset="earliest",
        )
        self.read: list[tuple[str, bytes | None]] = []

    async def __aenter__(self) -> "KafkaTestClient":
        await ensure_topics(self._settings)
        await self._publisher.start()
        await self._producer.start()
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._publisher.close()
        await self._producer.stop()
        await self._consumer.stop()

    async def send(self, topic: Topic, message: Message) -> None:
        await self._publisher.publish(topic, message)

    async def send_raw(self, topic: Topic, value: bytes | None) -> None:
        await self._producer.send_and_wait(topic_name(self._settings, topic), value, key=b"k")

    def on(self, topic: Topic, kind: type[M]) -> list[M]:
        name = topic_name(self._settings, topic)
        return [decode(value, kind) for at, value in self.read if at == name]

    async def until(self, what: str, probe: Callable[[], object]) -> None:
        """Read on until `probe` is true."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not probe():
                    for records in (await self._consumer.getmany(timeout_ms=100)).values():
                        self.read += [(record.topic, record.value) for record in records]
        except TimeoutError:
            pytest.fail(f"waited {DEADLINE_S} s in vain for {what}")


async def delete_topic(settings: KafkaSettings, topic: Topic) -> None:
    """Delete it, and wait until it is gone."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([topic_name(settings, topic)])
        async with asyncio.timeout(60):
            while True:
                if topic_name(settings, topic) not in await admin.list_topics():
                    return
                await asyncio.sleep(0.05)
    finally:
        await admin.close()


async def delete_before(settings: KafkaSettings, topic: Topic, offset: int) -> None:
    """Delete what lies before this offset of its first partition, as retention does."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        tp = TopicPartition(topic_name(settings, topic), 0)
        await admin.delete_records({tp: RecordsToDelete(before_offset=offset)})
    finally:
        await admin.close()


async def add_partitions(settings: KafkaSettings, number: int, *topics: Topic) -> None:
    """Let these topics have so many partitions from now on."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        await admin.create_partitions(
            {topic_name(settings, topic): NewPartitions(number) for topic in topics}
        )
    finally:
        await admin.close()
