"""How long a publisher tries while the broker is away.

A worker waits for it, since its input stays unacknowledged meanwhile; an HTTP request gives up at a
deadline, since somebody waits for its answer.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import structlog
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordTooLargeError
from aiokafka.structs import RecordMetadata

from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import Topic
from patternwatch.kafka.clients import connect, producer
from patternwatch.kafka.diagnosis import explained
from patternwatch.kafka.refusals import unavailable
from patternwatch.kafka.throttle import PatientProducer
from patternwatch.kafka.topics import MAX_DEAD_LETTER_BYTES, find_cluster

log = structlog.get_logger()

TOO_LARGE = (MessageSizeTooLargeError, RecordTooLargeError)
"""What aiokafka raises for a record that the broker will never take."""
_MIN_PAUSE_S, _MAX_PAUSE_S = 0.2, 5.0

Attempt: TypeAlias = Callable[[], Awaitable[RecordMetadata]]


class DeliveryPolicy(Protocol):
    """How long to try while the broker is away."""

    async def open(self, settings: KafkaSettings, client_id: str) -> tuple[PatientProducer, str]:
        """A started producer and the cluster's id; raises BrokerUnavailableError."""
        ...

    async def deliver(self, attempt: Attempt, settings: KafkaSettings, topic: str) -> RecordMetadata:
        """Run `attempt` as often as the policy says."""
        ...


@dataclass(frozen=True, slots=True)
class WaitForBroker:
    """Try until the broker confirms, by an idempotent producer."""

    async def open(self, settings: KafkaSettings, client_id: str) -> tuple[PatientProducer, str]:
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
            except TOO_LARGE:
                raise
            except (KafkaError, BrokerUnavailableError) as error:
                # The second from connecting anew: without any right to send, it is refused.
                found = error if isinstance(error, BrokerUnavailableError) else unavailable(settings, error)
                log.warning(
                    "publish.retried", topic=topic, reason=found.problem, remedy=found.remedy, pause_s=pause
                )
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

    async def open(self, settings: KafkaSettings, client_id: str) -> tuple[PatientProducer, str]:
        """See `DeliveryPolicy.open`; tries once."""
        cluster = await find_cluster(settings, self.topics)
        # Less than the whole, so that a record is given up before its request is answered.
        client = producer(settings, client_id, request_timeout_ms=int(self.timeout_s * 800))
        try:
            await client.start()
        except (KafkaError, OSError) as error:
            await client.stop()
            raise await explained(settings, error) from error
        except BaseException:
            await client.stop()
            raise
        return client, cluster.id

    async def deliver(self, attempt: Attempt, settings: KafkaSettings, topic: str) -> RecordMetadata:
        """See `DeliveryPolicy.deliver`; the time to connect counts too."""
        try:
            async with asyncio.timeout(self.timeout_s):
                return await attempt()
        except TOO_LARGE:
            raise
        except (KafkaError, TimeoutError, OSError) as error:
            log.warning("publish.given_up", topic=topic, error=type(error).__name__, reason=str(error))
            raise unavailable(settings, error) from error
