"""From the API to Kafka: a record counts as sent when every in-sync replica has it."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from patternwatch.api.broker import find_cluster, topic_name, unavailable
from patternwatch.contracts.errors import InputError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import Topic

_LAST_RECORDS_S = 1.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record lies: which Kafka cluster, partition and offset."""

    cluster: str
    partition: int
    offset: int


class Publisher(Protocol):
    """What the routes need of Kafka."""

    async def send(self, topic: Topic, key: bytes, value: bytes | None) -> Place:
        """Send one record and wait for it; raises BrokerUnavailableError."""
        ...

    async def ping(self) -> None:
        """One round trip to the broker; raises BrokerUnavailableError."""
        ...

    async def close(self) -> None:
        """Send what is still waiting, and disconnect."""
        ...


class KafkaPublisher:
    """An aiokafka producer that connects on first use.

    Not an idempotent one: that never gives a record up, so that what was answered 503 would still happen
    once Kafka is back. Without it a record may be sent twice instead, which changes nothing: every record
    of ours is known by its id.
    """

    def __init__(self, settings: KafkaSettings, timeout_s: float) -> None:
        self._settings = settings
        self._timeout_s = timeout_s
        self._connection: tuple[AIOKafkaProducer, str] | None = None
        self._connecting = asyncio.Lock()

    async def send(self, topic: Topic, key: bytes, value: bytes | None) -> Place:
        """Send one record and wait for it.

        Raises BrokerUnavailableError where Kafka did not say in time that it has it, InputError where it is
        larger than Kafka takes.
        """
        name = topic_name(self._settings, topic)
        try:
            async with asyncio.timeout(self._timeout_s):
                producer, cluster = await self._connected()
                met = await producer.send_and_wait(name, value, key=key)
        except MessageSizeTooLargeError as error:
            raise InputError(
                f"The record is larger than Kafka takes: {error}", "Shorten labels and annotations"
            ) from error
        except (KafkaError, TimeoutError, OSError) as error:
            log.warning("publisher.failed", topic=name, error=type(error).__name__, reason=str(error))
            raise unavailable(self._settings, error) from error
        return Place(cluster, met.partition, met.offset)

    async def ping(self) -> None:
        """Ask the broker for its metadata; raises BrokerUnavailableError."""
        producer, _cluster = await self._connected()
        try:
            answered = await producer.client.force_metadata_update()
        except (KafkaError, OSError) as error:
            raise unavailable(self._settings, error) from error
        if not answered:
            raise unavailable(self._settings, ConnectionError("no broker gave its metadata"))

    async def _connected(self) -> tuple[AIOKafkaProducer, str]:
        async with self._connecting:
            if self._connection is None:
                cluster = await find_cluster(self._settings)
                self._connection = (await self._started(), cluster.id)
            return self._connection

    async def _started(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.bootstrap,
            client_id="patternwatch-api",
            acks="all",
            compression_type="lz4",
            # Less than the whole, so that a record is given up before its request is answered.
            request_timeout_ms=int(self._timeout_s * 800),
        )
        try:
            await producer.start()
        except (KafkaError, OSError) as error:
            await producer.stop()
            raise unavailable(self._settings, error) from error
        except BaseException:
            await producer.stop()
            raise
        return producer

    async def close(self) -> None:
        """Send what is still waiting, for a second at most, and disconnect."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                async with asyncio.timeout(_LAST_RECORDS_S):
                    await connection[0].stop()
            except TimeoutError:
                log.warning("publisher.unsent", reason="Kafka did not take the last records in time")
