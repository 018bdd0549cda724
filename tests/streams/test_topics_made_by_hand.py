"""Topics that somebody made by hand, otherwise than they are meant: a worker says so as it starts."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from structlog.testing import capture_logs

from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import (
    ALERTS,
    LABELLED_EXAMPLES,
    REPORTS,
    REQUESTS,
    SHARD_RESULTS,
    SHARDS,
    SHARED_TOPICS,
    TOPICS,
)
from patternwatch.kafka.topics import topic_config, topic_name
from patternwatch.streams.agents.declarations import DECLARATIONS
from tests.streams.kafka_test_client import running, worker_settings

OTHERWISE: dict[str, dict[str, str]] = {
    ALERTS.name: {"retention.ms": "30000"},
    REPORTS.name: {"cleanup.policy": "delete"},
    REQUESTS.name: {"cleanup.policy": "compact"},
    SHARD_RESULTS.name: {"max.message.bytes": "20000"},
}


async def make_topics(settings: KafkaSettings, otherwise: dict[str, dict[str, str]], few: str = "") -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        await admin.create_topics(
            [
                NewTopic(
                    topic_name(settings, topic),
                    1 if topic.name == few else settings.partitions,
                    1,
                    topic_configs=topic_config(topic) | otherwise.get(topic.name, {}),
                )
                for topic in TOPICS
            ]
        )
    finally:
        await admin.close()


async def told_at_the_start(settings: KafkaSettings) -> dict[str, tuple[str, str]]:
    """What a worker warns of, by check, each with the remedy; once."""
    with capture_logs() as logs:
        async with running(worker_settings(settings)):
            pass
    told = [line for line in logs if line["event"] == "topics.not_as_meant"]
    assert {line["log_level"] for line in told} <= {"warning"}
    assert len({line["check"] for line in told}) == len(told)
    return {line["check"]: (line["finding"], line["remedy"]) for line in told}


async def test_a_worker_tells_topics_that_are_not_as_meant(kafka_settings: KafkaSettings) -> None:
    await make_topics(kafka_settings, OTHERWISE, few=SHARDS.name)
    told = await told_at_the_start(kafka_settings)
    prefix = kafka_settings.topic_prefix
    assert set(told) == {"clean-up", "record size", "retention", "partitions"}
    assert f"{prefix}reports (delete)" in told["clean-up"][0]
    assert f"{prefix}requests (compact)" in told["clean-up"][0]
    assert "kafka-configs --alter" in told["clean-up"][1]
    assert f"{prefix}shard-results (20000 of 1200000)" in told["record size"][0]
    assert f"{prefix}alerts (30 s of 72 h)" in told["retention"][0]
    assert f"{prefix}shards (1 of 2)" in told["partitions"][0]


async def test_a_worker_says_nothing_of_topics_as_it_makes_them(kafka_settings: KafkaSettings) -> None:
    assert await told_at_the_start(kafka_settings) == {}
    # What each worker reads whole is not shared out: one partition of it does as well.
    other = kafka_settings.model_copy(update={"topic_prefix": f"x{kafka_settings.topic_prefix}"})
    await make_topics(other, {}, few=LABELLED_EXAMPLES.name)
    assert await told_at_the_start(other) == {}


def test_topics_that_are_shared_out_are_those_that_agents_subscribe_to() -> None:
    subscribed = {s.topic for declaration in DECLARATIONS for s in declaration.subscriptions}
    assert set(SHARED_TOPICS) == subscribed
