"""Sending: a record counts as sent when every in-sync replica has it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata

from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import RecordTooLargeError
from patternwatch.contracts.messages import Message
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import Topic, record_key
from patternwatch.kafka.clients import unavailable
from patternwatch.kafka.delivery import TOO_LARGE, DeliveryPolicy
from patternwatch.kafka.topics import topic_name

log = structlog.get_logger()

_FLUSH_S = 1.0


@dataclass(frozen=True, slots=True)
class RecordPosition:
    """Where a record lies: Kafka cluster (empty where nobody asked for it), partition and offset."""

    cluster: str
    partition: int
    offset: int


class Publisher(Protocol):
    """What agents and routes need to send."""

    async def publish(self, topic: Topic, message: Message) -> RecordPosition:
        """Send this message under its own key and return when it is confirmed.

        Raises RecordTooLargeError for a message that Kafka would never take, and what the policy raises.
        """
        ...

    async def send(self, topic: Topic, key: bytes | None, value: bytes | None) -> RecordPosition:
        """Send one raw record likewise; a null value deletes the key from a compacted topic."""
        ...


def _uncounted(_: Topic) -> None:
    """The default of `on_sent`."""


class KafkaPublisher:
    """The `Publisher` over aiokafka; connects on `start`, or on first use.

    on_sent  called with the topic of each confirmed record, for metrics
    """

    def __init__(
        self,
        settings: KafkaSettings,
        client_id: str,
        policy: DeliveryPolicy,
        on_sent: Callable[[Topic], None] = _uncounted,
    ) -> None:
        self._settings = settings
        self._client_id = client_id
        self._policy = policy
        self._on_sent = on_sent
        self._connection: tuple[AIOKafkaProducer, str] | None = None
        self._connecting = asyncio.Lock()

    async def start(self) -> None:
        """Connect; raises BrokerUnavailableError."""
        await self._connected()

    async def close(self) -> None:
        """Send what is still waiting, for a second at most, and disconnect."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                async with asyncio.timeout(_FLUSH_S):
                    await connection[0].stop()
            except TimeoutError:
                log.warning("publisher.unsent", reason="Kafka did not take the last records in time")

    async def publish(self, topic: Topic, message: Message) -> RecordPosition:
        """See `Publisher.publish`."""
        return await self.send(topic, message_key(topic, message), encode(message))

    async def send(self, topic: Topic, key: bytes | None, value: bytes | None) -> RecordPosition:
        """See `Publisher.send`."""
        name = topic_name(self._settings, topic)
        cluster = ""

        async def attempt() -> RecordMetadata:
            nonlocal cluster
            client, cluster = await self._connected()
            return await client.send_and_wait(name, value, key=key)

        try:
            sent = await self._policy.deliver(attempt, self._settings, name)
        except TOO_LARGE as error:
            raise RecordTooLargeError(
                f"A record of {len(value or b'')} bytes for {name} is larger than Kafka takes: {error}",
                "Shorten labels and annotations",
            ) from error
        self._on_sent(topic)
        return RecordPosition(cluster, sent.partition, sent.offset)

    async def ping(self) -> None:
        """Ask the broker for its metadata; raises BrokerUnavailableError."""
        client, _ = await self._connected()
        try:
            answered = await client.client.force_metadata_update()
        except (KafkaError, OSError) as error:
            raise unavailable(self._settings, error) from error
        if not answered:
            raise unavailable(self._settings, ConnectionError("no broker gave its metadata"))

    async def _connected(self) -> tuple[AIOKafkaProducer, str]:
        if self._connection is None:
            async with self._connecting:
                if self._connection is None:
                    self._connection = await self._policy.open(self._settings, self._client_id)
        return self._connection


def message_key(topic: Topic, message: Message) -> bytes | None:
    """The key of this message on this topic; fields of the request that it carries count as its own."""
    if not topic.key:
        return None
    request = getattr(message, "request", None)
    return record_key(*(str(getattr(message, name, None) or getattr(request, name)) for name in topic.key))
