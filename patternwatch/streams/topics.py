"""Our topics at the broker: made before a worker subscribes, since Kafka ignores what is missing."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import DEAD_LETTERS, TOPICS, Topic

log = structlog.get_logger()
T = TypeVar("T")

MOST_RECORD_BYTES = 1_200_000
"""What Kafka takes for one record of ours (max.message.bytes)."""
MOST_DEAD_LETTER_BYTES = 2 * MOST_RECORD_BYTES
"""A dead letter holds another record whole, as base64."""


def topic_name(settings: KafkaSettings, topic: Topic) -> str:
    """The topic's name at the broker."""
    return settings.topic_prefix + topic.name


def topic_config(topic: Topic) -> dict[str, str]:
    """How Kafka keeps this topic."""
    most = MOST_DEAD_LETTER_BYTES if topic is DEAD_LETTERS else MOST_RECORD_BYTES
    config = {"cleanup.policy": topic.cleanup, "max.message.bytes": str(most)}
    if topic.cleanup == "delete":
        config["retention.ms"] = str(topic.retention_hours * 3_600_000)
    return config


async def ensure_topics(settings: KafkaSettings) -> None:
    """Make every topic that is not there yet; those that are there stay as they are.

    Raises BrokerUnavailableError where the broker cannot be reached within `connect_timeout_s`, or
    where it refuses a topic.
    """
    admin: AIOKafkaAdminClient = await connected(
        settings, lambda: AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap, request_timeout_ms=5000)
    )
    try:
        there = set(await admin.list_topics())
        missing = [t for t in TOPICS if topic_name(settings, t) not in there]
        if missing:
            await _create(admin, settings, missing)
    except (KafkaError, OSError) as error:
        raise BrokerUnavailableError(
            f"Kafka at {settings.bootstrap} did not make the topics: {error!r}",
            "Check that the broker is up and that it allows this client to create topics",
        ) from error
    finally:
        await admin.close()


async def connected(settings: KafkaSettings, make: Callable[[], Any]) -> Any:
    """A started client made by `make`, tried again until the broker answers.

    Raises BrokerUnavailableError naming the address after `connect_timeout_s`.
    """
    until = time.monotonic() + settings.connect_timeout_s
    pause = 0.1
    waited = False
    while True:
        client = make()
        try:
            async with asyncio.timeout(max(until - time.monotonic(), 0.1)):
                await client.start()
            return client
        except (KafkaError, OSError, TimeoutError) as error:
            await _closed(client)
            if time.monotonic() + pause > until:
                raise BrokerUnavailableError(
                    f"Kafka at {settings.bootstrap} did not answer within {settings.connect_timeout_s:g} s",
                    "Start it (`patternwatch kafka start`) or set PATTERNWATCH_KAFKA__BOOTSTRAP",
                ) from error
            if not waited:
                log.warning("kafka.away", bootstrap=settings.bootstrap, error=type(error).__name__)
            waited = True
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.5)


async def _closed(client: Any) -> None:
    close: Callable[[], Awaitable[None]] = client.close if hasattr(client, "close") else client.stop
    await close()


async def _create(admin: AIOKafkaAdminClient, settings: KafkaSettings, topics: list[Topic]) -> None:
    answer = await admin.create_topics(
        [
            NewTopic(
                name=topic_name(settings, topic),
                num_partitions=settings.partitions,
                replication_factor=settings.replication,
                topic_configs=topic_config(topic),
            )
            for topic in topics
        ]
    )
    for name, code, *message in answer.topic_errors:
        if code == 0:
            log.info("topic.created", topic=name, partitions=settings.partitions)
        elif code != TopicAlreadyExistsError.errno:
            reason = " ".join([for_code(code).__name__, *map(str, message)])
            raise BrokerUnavailableError(
                f"Kafka refused to make the topic {name}: {reason}",
                "Check kafka.partitions and kafka.replication against the number of brokers",
            )
