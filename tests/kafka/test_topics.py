"""Our topics at a real broker, and clear errors where there is none."""

import asyncio
import random

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.errors import BrokerUnavailableError, RecordTooLargeError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.shard_results import Candidate
from patternwatch.contracts.topics import PROGRESS, REPORTS, SHARD_RESULTS, SHARDS, TOPICS, WATCHES
from patternwatch.kafka import topic_reader
from patternwatch.kafka.delivery import GiveUpAfter, WaitForBroker
from patternwatch.kafka.offsets import BrokerOffsets, Partition, RecreatedTopicError
from patternwatch.kafka.producer import KafkaPublisher, message_key
from patternwatch.kafka.topic_reader import TopicReader
from patternwatch.kafka.topics import MAX_RECORD_BYTES, ensure_topics, partition_of, topic_config, topic_name
from patternwatch.streams.state.episodes import KafkaEpisodeStore
from tests.fakes.messages import TENANT, a_progress, a_request, a_result, a_shard
from tests.streams.kafka_test_client import KafkaTestClient, delete_topic
from tests.support import free_port


async def test_topics_are_made_once_as_the_contracts_say(kafka_settings: KafkaSettings) -> None:
    await ensure_topics(kafka_settings)
    await asyncio.gather(ensure_topics(kafka_settings), ensure_topics(kafka_settings))
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_settings.bootstrap)
    await admin.start()
    try:
        names = [topic_name(kafka_settings, topic) for topic in TOPICS]
        described = await admin.describe_topics(names)
        assert {len(topic["partitions"]) for topic in described} == {kafka_settings.partitions}
        resource = ConfigResource(ConfigResourceType.TOPIC, topic_name(kafka_settings, REPORTS))
        (answer,) = await admin.describe_configs([resource])
        kept = {entry[0]: entry[1] for entry in answer.resources[0][4]}
        assert kept["cleanup.policy"] == "compact"
        assert kept["max.message.bytes"] == "1200000"
    finally:
        await admin.close()


def test_what_is_not_compacted_is_kept_for_a_while() -> None:
    assert topic_config(SHARDS)["retention.ms"] == str(72 * 3_600_000)
    assert "retention.ms" not in topic_config(REPORTS)


async def test_a_broker_that_refuses_a_topic_is_an_error(kafka_settings: KafkaSettings) -> None:
    greedy = kafka_settings.model_copy(update={"replication": 3})
    with pytest.raises(BrokerUnavailableError, match=r"refused.*InvalidReplicationFactor"):
        await ensure_topics(greedy)


async def test_a_broker_that_is_away_is_named_after_the_timeout() -> None:
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(BrokerUnavailableError, match=rf"{address} did not answer within 0\.3 s"):
        await ensure_topics(KafkaSettings(bootstrap=address, connect_timeout_s=0.3))


def test_all_shards_of_a_request_meet_in_one_partition_and_spread_as_shards() -> None:
    request = a_request("r9")
    keys = {message_key(SHARD_RESULTS, a_result(request, n, 3)) for n in range(3)}
    assert keys == {f"{TENANT}/r9".encode()}
    assert message_key(SHARDS, a_shard(request, 2, 3)) == b"r9-2"


def test_an_empty_id_is_a_key_too() -> None:
    """A mutated message may have one: what is told of it must not end in an error of ours."""
    progress = a_progress("accepted").model_copy(update={"request_id": ""})
    assert message_key(PROGRESS, progress) == f"{progress.tenant}/".encode()


async def test_what_kafka_would_never_take_is_an_error(kafka_settings: KafkaSettings) -> None:
    await ensure_topics(kafka_settings)
    publisher = KafkaPublisher(kafka_settings, "test", WaitForBroker())
    await publisher.start()
    try:
        labels = {f"label{n}": "x" * 1000 for n in range(3000)}
        candidate = Candidate(labels=labels, derivation="", category="", screening_score=1.0, values="")
        noise = random.Random(1).randbytes(MAX_RECORD_BYTES + 100_000)
        for _ in range(2):
            with pytest.raises(RecordTooLargeError, match="shard-results"):
                await publisher.publish(SHARD_RESULTS, a_result(candidates=[candidate]))
            # Refused by the broker alone, since a dead letter may be twice as large.
            with pytest.raises(RecordTooLargeError, match="shard-results"):
                await publisher.send(SHARD_RESULTS, b"k", noise)
            async with asyncio.timeout(60):
                await publisher.send(SHARD_RESULTS, b"k", b"the next one")
    finally:
        await publisher.close()


async def test_episodes_are_what_the_last_of_all_workers_left(kafka_settings: KafkaSettings) -> None:
    episode = Episode(
        tenant="default",
        watch="shop",
        cause="cart",
        report_id="e1",
        opened_ms=1,
        last_seen_ms=1,
        open=True,
    )
    async with KafkaTestClient(kafka_settings) as client:
        publisher = KafkaPublisher(kafka_settings, "test", WaitForBroker())
        await publisher.start()
        one, two = KafkaEpisodeStore(kafka_settings, publisher), KafkaEpisodeStore(kafka_settings, publisher)
        await one.start()
        try:
            await client.send_raw(WATCHES, b"no episode")
            await one.put(episode)
            await two.start()
            assert await two.of("default", "shop") == [episode]
            later = episode.model_copy(update={"last_seen_ms": 120_000})
            await two.put(later)
            assert await one.of("default", "shop") == [later]
            assert await one.of("default", "other") == []
        finally:
            await asyncio.gather(one.stop(), two.stop(), publisher.close())


async def test_what_remains_is_counted_from_what_was_taken_or_committed(
    kafka_settings: KafkaSettings,
) -> None:
    offsets = BrokerOffsets(kafka_settings, "nobody")
    async with KafkaTestClient(kafka_settings) as client:
        await offsets.start()
        try:
            for _ in range(3):
                await client.send(SHARDS, a_shard())
            name = topic_name(kafka_settings, SHARDS)
            both = await _remaining(offsets, {(name, 0): None, (name, 1): None})
            assert sorted(both.values()) == [0, 3]
            (busy,) = [partition for partition, n in both.items() if n]
            assert await offsets.remaining({busy: 1}) == {busy: 1}
            assert await offsets.remaining({}) == {}
        finally:
            await offsets.stop()


async def test_a_topic_that_was_made_again_is_not_one_without_lag(kafka_settings: KafkaSettings) -> None:
    offsets = BrokerOffsets(kafka_settings, "nobody")
    name = topic_name(kafka_settings, REPORTS)
    await ensure_topics(kafka_settings)
    publisher = KafkaPublisher(kafka_settings, "test", WaitForBroker())
    for _ in range(3):
        await publisher.send(REPORTS, b"k", b"v")
    partition = (name, partition_of(b"k", kafka_settings.partitions))
    await offsets.start()
    try:
        assert (await _remaining(offsets, {partition: 1}))[partition] == 1
        await delete_topic(kafka_settings, REPORTS)
        await ensure_topics(kafka_settings)
        async with asyncio.timeout(60):
            await publisher.send(REPORTS, b"k", b"new")
        with pytest.raises(RecreatedTopicError, match=f"{name} .* ends at 1, but 2 was taken"):
            await _remaining(offsets, {partition: 2})
        assert await _remaining(offsets, {partition: None}) == {partition: 1}
    finally:
        await asyncio.gather(offsets.stop(), publisher.close())


async def test_a_reader_of_a_topic_that_was_made_again_starts_anew(
    kafka_settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topic_reader, "_CHECK_S", 0.1)
    await ensure_topics(kafka_settings)
    publisher = KafkaPublisher(kafka_settings, "test", WaitForBroker())
    for _ in range(3):
        await publisher.send(REPORTS, b"k", b"v")
    reader = await TopicReader.connect(kafka_settings, "test", (REPORTS,))
    await reader.seek({})
    async with asyncio.timeout(60):
        read = 0
        while read < 3:
            read += len(await reader.read())
    try:
        await delete_topic(kafka_settings, REPORTS)
        await ensure_topics(kafka_settings)
        with pytest.raises(BrokerUnavailableError, match="made again"):
            await _read_for_ever(reader)
    finally:
        await asyncio.gather(reader.close(), publisher.close())


async def _read_for_ever(reader: TopicReader) -> None:
    async with asyncio.timeout(60):
        while True:
            await reader.read()


async def _remaining(offsets: BrokerOffsets, taken: dict[Partition, int | None]) -> dict[Partition, int]:
    """The answer, as soon as the broker has a coordinator for groups."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await offsets.remaining(taken)
            except BrokerUnavailableError:
                await asyncio.sleep(0.05)


async def test_a_record_that_is_refused_for_its_time_says_to_look_at_the_clock(
    kafka_settings: KafkaSettings,
) -> None:
    """A clock that is an hour ahead is refused by default; here one that is any time behind."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_settings.bootstrap)
    await admin.start()
    name, no_past = topic_name(kafka_settings, PROGRESS), {"message.timestamp.before.max.ms": "0"}
    await admin.create_topics([NewTopic(name, 1, 1, topic_configs=no_past)])
    await admin.close()
    await ensure_topics(kafka_settings)
    publisher = KafkaPublisher(kafka_settings, "test", GiveUpAfter(30, (PROGRESS,)))

    async def send_some() -> None:
        for _ in range(100):  # one may arrive in the millisecond in which it was made
            await publisher.send(PROGRESS, b"k", b"v" * 1000)

    try:
        with pytest.raises(BrokerUnavailableError, match="does not take the time .*this machine's clock"):
            await send_some()
    finally:
        await publisher.close()
