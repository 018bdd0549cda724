"""Records who writes and reads which topic, so that a test can compare it with what is declared."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from patternwatch.contracts.base import Message
from patternwatch.contracts.topics import Topic
from patternwatch.kafka import clients
from patternwatch.kafka.producer import KafkaPublisher, RecordPosition
from patternwatch.kafka.role_publisher import RolePublisher
from patternwatch.streams.agents.declarations import DECLARATIONS
from patternwatch.streams.consumer.records import Record
from patternwatch.streams.consumer.topic_consumer import TopicConsumer

TEST_CLIENT = "test"
READERS = {
    "patternwatch-api": "api",
    "patternwatch-lost-records": "api",
    "patternwatch-labelled-examples": "collector",
    "patternwatch-watches": "watcher",
    "patternwatch-watch-definitions": "watcher",
    "patternwatch-looks": "looker",
    "patternwatch-reports": "looker",
    "patternwatch-joined-alerts": "planner",
    "patternwatch-attempts": "attempt-counter",
}
"""The role of each Kafka client that reads without the consumer group, by its client id."""

_role: ContextVar[str] = ContextVar("role", default="nobody")


@dataclass
class Traffic:
    """Operations that took place, named as the AsyncAPI document names them: `role.send.topic`."""

    prefix: str
    seen: set[str] = field(default_factory=set)

    def add(self, role: str, action: str, topic: str) -> None:
        self.seen.add(f"{role}.{action}.{topic.removeprefix(self.prefix)}")


def record_traffic(patch: pytest.MonkeyPatch, prefix: str) -> Traffic:
    """Watch every publisher and consumer that this process makes from now on.

    A publisher does not refuse what its role lacks meanwhile, so that the traffic shows it.
    """
    traffic = Traffic(prefix)
    _record_writes(patch, traffic)
    _record_reads(patch, traffic)
    return traffic


@contextmanager
def _acting(role: str) -> Iterator[None]:
    token = _role.set(role)
    try:
        yield
    finally:
        _role.reset(token)


def _record_writes(patch: pytest.MonkeyPatch, traffic: Traffic) -> None:
    plain_send = KafkaPublisher._send

    async def publish(
        self: RolePublisher,
        topic: Topic,
        message: Message,
        encoded: bytes | None = None,
        partition: int | None = None,
    ) -> RecordPosition:
        with _acting(self.role.name):
            return await self.publisher.publish(topic, message, encoded, partition)

    async def send(
        self: RolePublisher, topic: Topic, key: bytes | None, value: bytes | None
    ) -> RecordPosition:
        with _acting(self.role.name):
            return await self.publisher.send(topic, key, value)

    async def send_record(
        self: KafkaPublisher, topic: Topic, key: bytes | None, value: bytes | None, partition: int | None
    ) -> RecordPosition:
        position = await plain_send(self, topic, key, value, partition)
        if self._client_id != TEST_CLIENT:
            traffic.add(_role.get(), "send", topic.name)
        return position

    patch.setattr(RolePublisher, "publish", publish)
    patch.setattr(RolePublisher, "send", send)
    patch.setattr(KafkaPublisher, "_send", send_record)


def _record_reads(patch: pytest.MonkeyPatch, traffic: Traffic) -> None:
    plain_take = TopicConsumer.take

    async def take(self: TopicConsumer, record: Record) -> None:
        agent = type(getattr(self.handler.method, "__self__", None))
        role = next(
            (d.name for d in DECLARATIONS if any(s.agent is agent for s in d.subscriptions)), "nobody"
        )
        traffic.add(role, "receive", record.topic)
        await plain_take(self, record)

    class RecordingConsumer(AIOKafkaConsumer):  # type: ignore[misc] # aiokafka has no types
        def __init__(self, *topics: str, client_id: str, **options: Any) -> None:
            super().__init__(*topics, client_id=client_id, **options)
            self._reader = READERS.get(client_id, client_id)

        async def getmany(self, *partitions: Any, **options: Any) -> Any:
            found = await super().getmany(*partitions, **options)
            for partition, records in found.items():
                if records:
                    traffic.add(self._reader, "receive", partition.topic)
            return found

    patch.setattr(TopicConsumer, "take", take)
    patch.setattr(clients, "AIOKafkaConsumer", RecordingConsumer)
