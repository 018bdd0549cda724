"""Topics that somebody has made by hand for smaller records than ours may be."""

from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import AnalysisSettings, KafkaSettings
from patternwatch.contracts.topics import DEAD_LETTERS, REPORTS, REQUESTS, SHARD_RESULTS, TOPICS, Topic
from patternwatch.cortex.bundle import read_bundle
from patternwatch.cortex.bundle_source import BundleSource
from patternwatch.kafka.topics import topic_config, topic_name
from tests.fakes.messages import a_request
from tests.streams.kafka_test_client import KafkaTestClient, running, worker_settings

INCIDENT = Path(__file__).resolve().parents[2] / "examples" / "incidents" / "orders-pool-leak.parquet"
LIMIT = 20_000
"""Bytes of a record, compressed as they are: about a third of what this recording's report takes."""


async def make_topics(settings: KafkaSettings, limited: Topic) -> None:
    """All of them, and this one for records of `LIMIT` bytes only."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        small = {"max.message.bytes": str(LIMIT)}
        await admin.create_topics(
            [
                NewTopic(
                    topic_name(settings, topic),
                    settings.partitions,
                    1,
                    topic_configs=topic_config(topic) | (small if topic is limited else {}),
                )
                for topic in TOPICS
            ]
        )
    finally:
        await admin.close()


@pytest.mark.parametrize("limited", [REPORTS, SHARD_RESULTS], ids=lambda topic: topic.name)
async def test_what_is_larger_than_its_topic_takes_is_cut_to_it(
    kafka_settings: KafkaSettings, limited: Topic
) -> None:
    """By rank, as what is larger than any topic of ours; it was a failed report and dead letters."""
    await make_topics(kafka_settings, limited)
    settings = worker_settings(kafka_settings, analysis=AnalysisSettings(shard_series=100))
    incident, _ = read_bundle(INCIDENT)
    window = Window.ending(incident.end_ms, incident.at_ms, incident.step_ms)
    request = a_request(matchers=parse_selector('{__name__=~".+"}'), window=window)
    async with KafkaTestClient(kafka_settings) as client, running(settings, BundleSource(INCIDENT)):
        await client.send(REQUESTS, request)
        await client.until("the report", lambda: client.on(REPORTS, Report))
        report = client.on(REPORTS, Report)[0]
        assert (report.status, report.reason) == ("complete", "")
        assert "orders" in [entity.entity for entity in report.entities][:3]
        assert (report.omitted > 0) == (limited is REPORTS)
        assert [name for name, _ in client.read if name == topic_name(kafka_settings, DEAD_LETTERS)] == []
