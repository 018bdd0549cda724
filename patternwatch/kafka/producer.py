"""Sending: a record counts as sent when every in-sync replica has it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata

from patternwatch.contracts.base import Message
from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import BrokerUnavailableError, RecordTooLargeError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import Topic, record_key
from patternwatch.kafka.delivery import TOO_LARGE, DeliveryPolicy
from patternwatch.kafka.diagnosis import explained
from patternwatch.kafka.refusals import unavailable
from patternwatch.kafka.throttle import PatientProducer
from patternwatch.kafka.topics import topic_name
from patternwatch.kafka.unsent import Unsent

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

    async def publish(
        self, topic: Topic, message: Message, encoded: bytes | None = None, partition: int | None = None
    ) -> RecordPosition:
        """Send this message under its own key and return when it is confirmed.

        encoded    the message as bytes, where the caller has them already
        partition  where it goes; by default where its key does

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
        self._connection: tuple[PatientProducer, str] | None = None
        self._connecting = asyncio.Lock()
        self._retiring: set[asyncio.Task[None]] = set()
        self._unsent = Unsent()

    async def start(self) -> None:
        """Connect; raises BrokerUnavailableError."""
        await self._connected()

    async def close(self) -> None:
        """Send what is still waiting, for a second at most, and disconnect."""
        connection, self._connection = self._connection, None
        stops = [*self._retiring, *([] if connection is None else [connection[0].stop()])]
        if stops:
            try:
                async with asyncio.timeout(_FLUSH_S):
                    await asyncio.gather(*stops, return_exceptions=True)
            except TimeoutError:
                log.warning("publisher.unsent", reason="Kafka did not take the last records in time")

    async def publish(
        self, topic: Topic, message: Message, encoded: bytes | None = None, partition: int | None = None
    ) -> RecordPosition:
        """See `Publisher.publish`."""
        return await self._send(topic, message_key(topic, message), encoded or encode(message), partition)

    async def send(self, topic: Topic, key: bytes | None, value: bytes | None) -> RecordPosition:
        """See `Publisher.send`."""
        return await self._send(topic, key, value, None)

    async def _send(
        self, topic: Topic, key: bytes | None, value: bytes | None, partition: int | None
    ) -> RecordPosition:
        name = topic_name(self._settings, topic)
        cluster = ""

        connection = None

        async def attempt() -> RecordMetadata:
            nonlocal cluster, connection
            connection = await self._connected()
            client, cluster = connection
            with self._unsent.sending(name):
                confirmed = await client.send(name, value, key=key, partition=partition)
                try:
                    return await confirmed
                except KafkaError as error:
                    # An idempotent producer has counted this record, the broker has not: to the broker every
                    # later one of its partition is out of sequence, for ever. A new producer counts anew.
                    self._retire(connection)
                    if not isinstance(error, TOO_LARGE):
                        self._unsent.refused(name, str(unavailable(self._settings, error)))
                    raise

        try:
            sent = await self._policy.deliver(attempt, self._settings, name)
        except BrokerUnavailableError:
            # The brokers may have come back elsewhere, and only a new producer asks the bootstrap address.
            self._retire(connection)
            raise
        except TOO_LARGE as error:
            raise RecordTooLargeError(
                f"A record of {len(value or b'')} bytes for {name} is larger than Kafka takes: {error}",
                "Raise max.message.bytes of the topic (`patternwatch doctor` says how far), or shorten "
                "labels and annotations",
            ) from error
        self._on_sent(topic)
        return RecordPosition(cluster, sent.partition, sent.offset)

    async def ping(self) -> None:
        """Ask the broker for its metadata; raises BrokerUnavailableError that says why there is none."""
        client, _ = await self._connected()
        if client.throttle.holds:
            return  # it has answered, and reads nothing from us until that is over
        try:
            answered = await client.client.force_metadata_update()
        except (KafkaError, OSError) as error:
            raise await explained(self._settings, error) from error
        if not answered:
            raise await explained(self._settings, ConnectionError("no broker gave its metadata"))

    def why_unsent(self) -> str:
        """Why Kafka does not take what is sent now, though it may answer; empty where it does."""
        held_back = "" if self._connection is None else self._connection[0].throttle.why()
        return self._unsent.why(held_back)

    def _retire(self, connection: tuple[PatientProducer, str] | None) -> None:
        """Connect anew for the next record; what is on its way stays on its way."""
        if connection is None or self._connection is not connection:
            return
        self._connection = None
        stopping = asyncio.create_task(connection[0].stop())
        self._retiring.add(stopping)
        stopping.add_done_callback(self._retired)

    def _retired(self, task: asyncio.Task[None]) -> None:
        self._retiring.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("publisher.not_stopped", error=type(error).__name__, reason=str(error))

    async def _connected(self) -> tuple[PatientProducer, str]:
        if self._connection is None:
            async with self._connecting:
                if self._connection is None:
                    self._connection = await self._policy.open(self._settings, self._client_id)
        return self._connection


def message_key(topic: Topic, message: Message) -> bytes | None:
    """The key of this message on this topic; fields of the request that it carries count as its own."""
    return record_key(*(str(_field(message, name)) for name in topic.key)) if topic.key else None


def _field(message: Message, name: str) -> object:
    own = getattr(message, name, None)
    return own if own is not None else getattr(getattr(message, "request", None), name)
