"""Our topics at the broker: created before a worker subscribes, since Kafka ignores what is missing."""

from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from aiokafka.partitioner import DefaultPartitioner

from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import DEAD_LETTERS, TOPICS, Topic
from patternwatch.kafka.clients import admin_client, connect, unavailable

log = structlog.get_logger()

MAX_RECORD_BYTES = 1_200_000
"""What Kafka takes for one record of ours (max.message.bytes)."""
MAX_DEAD_LETTER_BYTES = 2 * MAX_RECORD_BYTES
"""A dead letter holds another record whole, as base64."""


def topic_name(settings: KafkaSettings, topic: Topic) -> str:
    """The topic's name at the broker."""
    return settings.topic_prefix + topic.name


def topic_config(topic: Topic) -> dict[str, str]:
    """How Kafka keeps this topic."""
    max_bytes = MAX_DEAD_LETTER_BYTES if topic is DEAD_LETTERS else MAX_RECORD_BYTES
    config = {"cleanup.policy": topic.cleanup, "max.message.bytes": str(max_bytes)}
    if "delete" in topic.cleanup:
        config["retention.ms"] = str(topic.retention_hours * 3_600_000)
    return config


def partition_of(key: bytes, partitions: int) -> int:
    """The partition that Kafka's default partitioner gives a record with this key."""
    numbers = range(partitions)
    return int(DefaultPartitioner()(key, numbers, numbers))


async def ensure_topics(settings: KafkaSettings) -> None:
    """Create every topic that does not exist yet; existing ones stay as they are.

    Raises BrokerUnavailableError where the broker cannot be reached within `connect_timeout_s`, or
    where it refuses a topic.
    """
    admin: AIOKafkaAdminClient = await connect(settings, lambda: admin_client(settings))
    try:
        existing = set(await admin.list_topics())
        missing = [t for t in TOPICS if topic_name(settings, t) not in existing]
        if missing:
            await _create(admin, settings, missing)
    except (KafkaError, OSError) as error:
        raise BrokerUnavailableError(
            f"Kafka at {settings.bootstrap} did not create the topics: {error!r}",
            "Check that the broker is up and that it allows this client to create topics",
        ) from error
    finally:
        await admin.close()


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
        raise unavailable(settings, error) from error
    finally:
        await admin.close()
    partitions = {name: found.get(name, 0) for name in (topic_name(settings, t) for t in topics)}
    missing = [name for name, number in partitions.items() if not number]
    if missing:
        raise BrokerUnavailableError(
            f"Kafka at {settings.bootstrap} lacks the topics {', '.join(missing)}",
            "Start a worker (`patternwatch worker`): it creates them",
        )
    return Cluster(cluster, partitions)


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
                f"Kafka refused to create the topic {name}: {reason}",
                "Check kafka.partitions and kafka.replication against the number of brokers",
            )
