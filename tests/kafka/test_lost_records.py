"""What became of records that were sent, on a real Kafka."""

from dataclasses import replace

from aiokafka import AIOKafkaConsumer, TopicPartition

from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import REQUESTS
from patternwatch.kafka.delivery import GiveUpAfter
from patternwatch.kafka.lost_records import Sought, fates
from patternwatch.kafka.producer import KafkaPublisher
from patternwatch.kafka.topics import ensure_topics, topic_name
from tests.streams.kafka_test_client import delete_before, delete_topic

GROUP = "g-lost"


async def sent(settings: KafkaSettings, *keys: bytes) -> list[Sought]:
    """Records of these keys, in one partition."""
    publisher = KafkaPublisher(settings, "test", GiveUpAfter(10, (REQUESTS,)))
    try:
        return [Sought(key, await publisher.send(REQUESTS, key, b"{}")) for key in keys]
    finally:
        await publisher.close()


async def commit(settings: KafkaSettings, group: str, offset: int) -> None:
    client = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap, group_id=group, enable_auto_commit=False)
    await client.start()
    tp = TopicPartition(topic_name(settings, REQUESTS), 0)
    client.assign([tp])
    await client.commit({tp: offset})
    await client.stop()


async def test_a_record_that_waits_its_turn_is_not_lost(kafka_settings: KafkaSettings) -> None:
    settings = kafka_settings.model_copy(update={"partitions": 1})
    await ensure_topics(settings)
    records = await sent(settings, b"a/1", b"a/2", b"a/3")
    group = GROUP + settings.topic_prefix
    assert set((await fates(settings, REQUESTS, group, records)).values()) == {"waiting"}
    await commit(settings, group, 1)
    found = await fates(settings, REQUESTS, group, records)
    assert [found[record] for record in records] == ["passed", "waiting", "waiting"]


async def test_what_retention_took_is_lost_once_the_group_has_come_by(kafka_settings: KafkaSettings) -> None:
    """Until then a worker that is far behind may hold it in memory."""
    settings = kafka_settings.model_copy(update={"partitions": 1})
    await ensure_topics(settings)
    records = await sent(settings, b"a/1", b"a/2", b"a/3")
    group = GROUP + settings.topic_prefix
    await commit(settings, group, 1)
    await delete_before(settings, REQUESTS, 2)
    found = await fates(settings, REQUESTS, group, records)
    assert [found[record] for record in records] == ["gone", "waiting", "waiting"]
    await commit(settings, group, 3)
    found = await fates(settings, REQUESTS, group, records)
    assert [found[record] for record in records] == ["gone", "gone", "passed"]
    unknown = await fates(settings, REQUESTS, "nobody", records)
    assert [unknown[record] for record in records] == ["gone", "gone", "waiting"]


async def test_of_a_topic_that_was_made_again_other_records_lie_at_the_old_places(
    kafka_settings: KafkaSettings,
) -> None:
    settings = kafka_settings.model_copy(update={"partitions": 1})
    await ensure_topics(settings)
    old = await sent(settings, b"a/1", b"a/2")
    await delete_topic(settings, REQUESTS)
    await ensure_topics(settings)
    (new,) = await sent(settings, b"a/3")
    assert new.at == old[0].at
    found = await fates(settings, REQUESTS, GROUP, [*old, new])
    assert [found[record] for record in (*old, new)] == ["gone", "gone", "waiting"]


async def test_a_record_of_another_cluster_is_told_as_that(kafka_settings: KafkaSettings) -> None:
    await ensure_topics(kafka_settings)
    (record,) = await sent(kafka_settings, b"a/1")
    other = replace(record, at=replace(record.at, cluster="restored"))
    assert await fates(kafka_settings, REQUESTS, GROUP, [other]) == {other: "elsewhere"}
