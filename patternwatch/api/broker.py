"""What the API asks of Kafka before it uses it: which cluster this is, and that our topics are there."""

from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import ALERTS, LESSONS, PROGRESS, REPORTS, REQUESTS, Topic

READ: tuple[Topic, ...] = (REPORTS, ALERTS, REQUESTS, PROGRESS, LESSONS)
"""What the read model is made of."""

_TIMEOUT_MS = 5000


def topic_name(settings: KafkaSettings, topic: Topic) -> str:
    """The topic's name at the broker."""
    return settings.topic_prefix + topic.name


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Kafka cluster that holds our topics."""

    id: str
    partitions: dict[str, int]
    """How many, by topic."""


async def find_cluster(settings: KafkaSettings) -> Cluster:
    """The cluster that holds our topics.

    Raises BrokerUnavailableError where it cannot be reached or lacks a topic: the workers make them, and
    one that the broker would make by itself on first use would have the wrong partitions and clean-up.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap, request_timeout_ms=_TIMEOUT_MS)
    try:
        await admin.start()
        cluster = str((await admin.describe_cluster())["cluster_id"])
        there = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
    except (KafkaError, OSError, TimeoutError) as error:
        raise unavailable(settings, error) from error
    finally:
        await admin.close()
    partitions = {name: there.get(name, 0) for name in (topic_name(settings, t) for t in READ)}
    missing = [name for name, number in partitions.items() if not number]
    if missing:
        raise BrokerUnavailableError(
            f"Kafka at {settings.bootstrap} lacks the topics {', '.join(missing)}",
            "Start a worker (`patternwatch worker`): it makes them",
        )
    return Cluster(cluster, partitions)


def unavailable(settings: KafkaSettings, error: Exception) -> BrokerUnavailableError:
    """What a failure of the Kafka client means to whoever asked."""
    return BrokerUnavailableError(
        f"Kafka at {settings.bootstrap} did not answer: {type(error).__name__}: {error}",
        "Try again in a few seconds; if it stays so, check the broker and PATTERNWATCH_KAFKA__BOOTSTRAP",
    )
