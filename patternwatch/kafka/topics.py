"""Our topics at the broker: created before a worker subscribes, since Kafka ignores what is missing."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from aiokafka.partitioner import DefaultPartitioner

from patternwatch.contracts.errors import BrokerElsewhereError, BrokerRefusedError, BrokerUnavailableError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import DEAD_LETTERS, TOPICS, Topic
from patternwatch.kafka.clients import admin_client, close_client, connect
from patternwatch.kafka.diagnosis import explained
from patternwatch.kafka.refusals import is_refusal

log = structlog.get_logger()

MAX_RECORD_BYTES = 1_200_000
"""What Kafka takes for one record of ours (max.message.bytes)."""
MAX_DEAD_LETTER_BYTES = 2 * MAX_RECORD_BYTES
"""A dead letter holds another record whole, as base64."""
_SHOWN_S = 5.0
_SEGMENT_HOURS = 24
"""Topics that are kept for less get shorter segments: Kafka deletes and compacts whole segments only, never
the one that is written, and begins a new one after a week (`segment.ms`): an hour would become a week."""


def topic_name(settings: KafkaSettings, topic: Topic) -> str:
    """The topic's name at the broker."""
    return settings.topic_prefix + topic.name


def topic_config(topic: Topic) -> dict[str, str]:
    """How Kafka keeps this topic."""
    max_bytes = MAX_DEAD_LETTER_BYTES if topic is DEAD_LETTERS else MAX_RECORD_BYTES
    config = {"cleanup.policy": topic.cleanup, "max.message.bytes": str(max_bytes)}
    if "delete" in topic.cleanup:
        config["retention.ms"] = str(topic.retention_hours * 3_600_000)
        if topic.retention_hours < _SEGMENT_HOURS:
            config["segment.ms"] = str(topic.retention_hours * 3_600_000 // 4)
    return config


def partition_of(key: bytes, partitions: int) -> int:
    """The partition that Kafka's default partitioner gives a record with this key."""
    numbers = range(partitions)
    return int(DefaultPartitioner()(key, numbers, numbers))


async def ensure_topics(settings: KafkaSettings) -> None:
    """Create every topic that does not exist yet; existing ones stay as they are.

    The right to describe them is enough where all exist. Raises BrokerUnavailableError where the broker
    cannot be reached within `connect_timeout_s`, or where it refuses a topic.
    """
    admin: AIOKafkaAdminClient = await connect(settings, lambda: admin_client(settings))
    try:
        existing = set(await admin.list_topics())
        missing = [t for t in TOPICS if topic_name(settings, t) not in existing]
        if missing:
            await _create(admin, settings, missing)
            await _shown(admin, {topic_name(settings, topic) for topic in missing})
    except (KafkaError, OSError) as error:
        found = await explained(settings, error)
        if isinstance(found, BrokerRefusedError | BrokerElsewhereError):
            raise found from error
        raise BrokerUnavailableError(
            f"Kafka at {settings.bootstrap} did not create the topics: {error!r}",
            "Check that the broker is up and that it allows this client to create topics",
        ) from error
    finally:
        await close_client(admin)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Kafka cluster that holds our topics; `partitions` counts them by the topic's name at the broker."""

    id: str
    partitions: dict[str, int]


async def find_cluster(settings: KafkaSettings, topics: Iterable[Topic]) -> Cluster:
    """The cluster that holds these topics.

    Raises BrokerUnavailableError where it cannot be reached or lacks a topic: the workers create them,
    and one that the broker would create on first use would have the wrong partitions and clean-up.
    """
    admin = admin_client(settings)
    try:
        await admin.start()
        cluster = str((await admin.describe_cluster())["cluster_id"])
        found = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
    except (KafkaError, OSError, TimeoutError) as error:
        raise await explained(settings, error) from error
    finally:
        await close_client(admin)
    partitions = {name: found.get(name, 0) for name in (topic_name(settings, t) for t in topics)}
    missing = [name for name, number in partitions.items() if not number]
    if missing:
        raise BrokerUnavailableError(
            f"Kafka at {settings.bootstrap} lacks the topics {', '.join(missing)}",
            "Start a worker (`patternwatch worker`): it creates them",
        )
    return Cluster(cluster, partitions)


def _new_topic(settings: KafkaSettings, topic: Topic) -> NewTopic:
    new = NewTopic(
        name=topic_name(settings, topic),
        num_partitions=settings.partitions,
        replication_factor=max(settings.replication, 1),
        topic_configs=topic_config(topic),
    )
    # -1 is the brokers' own number (KIP-464), which aiokafka refuses beside a number of partitions.
    new.replication_factor = settings.replication
    return new


async def _create(admin: AIOKafkaAdminClient, settings: KafkaSettings, topics: list[Topic]) -> None:
    answer = await admin.create_topics([_new_topic(settings, topic) for topic in topics])
    for name, code, *message in answer.topic_errors:
        if code == 0:
            log.info("topic.created", topic=name, partitions=settings.partitions)
        elif code != TopicAlreadyExistsError.errno:
            raise _not_created(settings, name, for_code(code), " ".join(str(m) for m in message if m))


async def _shown(admin: AIOKafkaAdminClient, names: set[str]) -> None:
    """Wait until the broker shows what its controller has made, for a moment."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_SHOWN_S):
            while True:
                if names <= set(await admin.list_topics()):
                    return
                await asyncio.sleep(0.02)


def _not_created(
    settings: KafkaSettings, name: str, kind: type[KafkaError], said: str
) -> BrokerUnavailableError:
    reason = f"{kind.__name__} {said}".strip()
    if is_refusal(kind()):
        return BrokerRefusedError(
            f"Kafka at {settings.bootstrap} does not show this client the topic {name}, nor lets it create "
            f"it: {reason}",
            "Where it exists, give this client DESCRIBE on it (and READ, WRITE); else CREATE, or make it by "
            "hand as docs/kafka.md lists it",
        )
    return BrokerUnavailableError(
        f"Kafka refused to create the topic {name}: {reason}",
        "Check kafka.partitions and kafka.replication against the number of brokers",
    )
