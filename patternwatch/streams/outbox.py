"""Sending: a record counts as sent when every in-sync replica has it."""

import asyncio
from typing import Protocol

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordTooLargeError

from patternwatch.contracts.codec import encode
from patternwatch.contracts.messages import Message
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import Topic, record_key
from patternwatch.streams.metrics import WorkerMetrics
from patternwatch.streams.topics import MOST_DEAD_LETTER_BYTES, connected, topic_name

log = structlog.get_logger()


class Publisher(Protocol):
    """What the agents need to send."""

    async def publish(self, topic: Topic, message: Message) -> None:
        """Send this message and return when it is confirmed; waits as long as the broker is away.

        Raises UnsendableError for a message that Kafka would never take.
        """
        ...


class UnsendableError(Exception):
    """A message that is larger than Kafka takes."""


def message_key(topic: Topic, message: Message) -> bytes | None:
    """The key of this message on this topic; fields of the request that it carries count as its own."""
    if not topic.key:
        return None
    request = getattr(message, "request", None)
    return record_key(*(str(getattr(message, name, None) or getattr(request, name)) for name in topic.key))


class Outbox:
    """The `Publisher` over an idempotent aiokafka producer."""

    def __init__(self, settings: KafkaSettings, metrics: WorkerMetrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect; raises BrokerUnavailableError after `connect_timeout_s`."""
        self._producer = await connected(
            self._settings,
            lambda: AIOKafkaProducer(
                bootstrap_servers=self._settings.bootstrap,
                client_id="patternwatch-worker",
                acks="all",
                enable_idempotence=True,
                compression_type="lz4",
                max_request_size=MOST_DEAD_LETTER_BYTES,
                request_timeout_ms=10_000,
            ),
        )

    async def stop(self) -> None:
        """Send what is still waiting, and disconnect."""
        if self._producer is not None:
            await self._producer.stop()

    async def publish(self, topic: Topic, message: Message) -> None:
        """See `Publisher.publish`."""
        assert self._producer is not None, "start the outbox first"
        name, key, value = topic_name(self._settings, topic), message_key(topic, message), encode(message)
        pause = 0.2
        while True:
            try:
                await self._producer.send_and_wait(name, value, key=key)
            except (MessageSizeTooLargeError, RecordTooLargeError) as error:
                raise UnsendableError(f"{len(value)} bytes for {name}: {error}") from error
            except KafkaError as error:
                log.warning("publish.retried", topic=name, error=type(error).__name__, pause_s=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
            else:
                self._metrics.records_out.labels(topic.name).inc()
                return
