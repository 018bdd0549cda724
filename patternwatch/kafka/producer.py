"""Sending: a record counts as sent when every in-sync replica has it.

One publisher with two policies for a broker that is away: a worker waits for it, since its input stays
unacknowledged meanwhile; an HTTP request gives up at a deadline, since somebody waits for its answer.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.errors import RecordTooLargeError as BrokerRecordTooLargeError
from aiokafka.structs import RecordMetadata

from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import RecordTooLargeError
from patternwatch.contracts.messages import Message
from patternwatch.contracts.roles import Role
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import Topic, record_key
from patternwatch.kafka.clients import connect, producer, unavailable
from patternwatch.kafka.topics import MAX_DEAD_LETTER_BYTES, find_cluster, topic_name

log = structlog.get_logger()

_FLUSH_S = 1.0
_MIN_PAUSE_S, _MAX_PAUSE_S = 0.2, 5.0

Attempt: TypeAlias = Callable[[], Awaitable[RecordMetadata]]


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


class DeliveryPolicy(Protocol):
    """How long to try while the broker is away."""

    async def open(self, settings: KafkaSettings, client_id: str) -> tuple[AIOKafkaProducer, str]:
        """A started producer and the cluster's id; raises BrokerUnavailableError."""
        ...

    async def deliver(self, attempt: Attempt, settings: KafkaSettings, topic: str) -> RecordMetadata:
        """Run `attempt` as often as the policy says."""
        ...


@dataclass(frozen=True, slots=True)
class WaitForBroker:
    """Try until the broker confirms, by an idempotent producer."""

    async def open(self, settings: KafkaSettings, client_id: str) -> tuple[AIOKafkaProducer, str]:
        """See `DeliveryPolicy.open`; waits up to `connect_timeout_s`."""
        options: dict[str, Any] = {
            "enable_idempotence": True,
            "max_request_size": MAX_DEAD_LETTER_BYTES,
            "request_timeout_ms": 10_000,
        }
        return await connect(settings, lambda: producer(settings, client_id, **options)), ""

    async def deliver(self, attempt: Attempt, settings: KafkaSettings, topic: str) -> RecordMetadata:
        """See `DeliveryPolicy.deliver`; never gives up."""
        pause = _MIN_PAUSE_S
        while True:
            try:
                return await attempt()
            except (MessageSizeTooLargeError, BrokerRecordTooLargeError):
                raise
            except KafkaError as error:
                log.warning("publish.retried", topic=topic, error=type(error).__name__, pause_s=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _MAX_PAUSE_S)


@dataclass(frozen=True, slots=True)
class GiveUpAfter:
    """Raise BrokerUnavailableError where the broker has not confirmed within `timeout_s`.

    The producer is not idempotent: an idempotent one never gives a record up, so that what was answered
    503 would still happen once Kafka is back. A record may be sent twice instead, which changes nothing:
    every record of ours is known by its id.

    topics  that must exist, or there is nothing to send to
    """

    timeout_s: float
    topics: tuple[Topic, ...]

    async def open(self, settings: KafkaSettings, client_id: str) -> tuple[AIOKafkaProducer, str]:
        """See `DeliveryPolicy.open`; tries once."""
        cluster = await find_cluster(settings, self.topics)
        # Less than the whole, so that a record is given up before its request is answered.
        client = producer(settings, client_id, request_timeout_ms=int(self.timeout_s * 800))
        try:
            await client.start()
        except (KafkaError, OSError) as error:
            await client.stop()
            raise unavailable(settings, error) from error
        except BaseException:
            await client.stop()
            raise
        return client, cluster.id

    async def deliver(self, attempt: Attempt, settings: KafkaSettings, topic: str) -> RecordMetadata:
        """See `DeliveryPolicy.deliver`; the time to connect counts too."""
        try:
            async with asyncio.timeout(self.timeout_s):
                return await attempt()
        except (MessageSizeTooLargeError, BrokerRecordTooLargeError):
            raise
        except (KafkaError, TimeoutError, OSError) as error:
            log.warning("publish.given_up", topic=topic, error=type(error).__name__, reason=str(error))
            raise unavailable(settings, error) from error


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
        except (MessageSizeTooLargeError, BrokerRecordTooLargeError) as error:
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


@dataclass(frozen=True, slots=True)
class RolePublisher:
    """A `Publisher` that acts in a role: a topic that the role does not declare is a fault of ours."""

    publisher: Publisher
    role: Role

    async def publish(self, topic: Topic, message: Message) -> RecordPosition:
        """See `Publisher.publish`; raises ValueError for an undeclared topic."""
        self._check(topic)
        return await self.publisher.publish(topic, message)

    async def send(self, topic: Topic, key: bytes | None, value: bytes | None) -> RecordPosition:
        """See `Publisher.send`; raises ValueError for an undeclared topic."""
        self._check(topic)
        return await self.publisher.send(topic, key, value)

    def _check(self, topic: Topic) -> None:
        if topic not in self.role.produces:
            raise ValueError(f"the {self.role.name} does not declare that it produces {topic.name!r}")


def message_key(topic: Topic, message: Message) -> bytes | None:
    """The key of this message on this topic; fields of the request that it carries count as its own."""
    if not topic.key:
        return None
    request = getattr(message, "request", None)
    return record_key(*(str(getattr(message, name, None) or getattr(request, name)) for name in topic.key))
