"""What a broker that goes away and comes back does to a running API."""

import asyncio
from pathlib import Path

from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.codec import encode
from patternwatch.contracts.settings import KafkaSettings, TenantSettings
from patternwatch.contracts.topics import REPORTS
from patternwatch.streams.kafka_dev import DevKafka
from patternwatch.streams.topics import ensure_topics
from tests.api.examples import a_report
from tests.api.test_feed_on_kafka import REPORT, answers, api, until, worker
from tests.support import require_program


async def test_the_api_serves_on_without_the_broker_and_goes_on_with_it(tmp_path: Path) -> None:
    require_program("java")
    require_program("mvn")
    broker = DevKafka(tmp_path / "kafka")
    await asyncio.to_thread(broker.start)
    try:
        settings = ApiSettings(
            kafka=KafkaSettings(bootstrap=broker.bootstrap, partitions=2),
            tenants=(TenantSettings(id="a"),),
            database_url=f"sqlite+aiosqlite:///{tmp_path}/read_model.db",
            publish_timeout_s=2,
            feed_retry_s=0.1,
        )
        await ensure_topics(settings.kafka)
        async with api(settings) as (_, client):
            async with worker(settings) as send:
                await send(REPORTS, "r1", encode(a_report()))
            await until("the first report", answers(client, REPORT, 200))
            await until("readiness", answers(client, "/health/ready", 200))

            await asyncio.to_thread(broker.stop)
            await until("the loss of readiness", answers(client, "/health/ready", 503))
            assert (await client.get(REPORT)).status_code == 200
            assert (await client.delete(REPORT)).status_code == 503
            assert (await client.get(REPORT)).status_code == 200

            await asyncio.to_thread(broker.start)
            async with worker(settings) as send:
                await send(REPORTS, "r2", encode(a_report(report_id="r2")))
            await until("the second report", answers(client, REPORT.replace("r1", "r2"), 200))
            await until("readiness again", answers(client, "/health/ready", 200))
            assert (await client.delete(REPORT)).status_code == 204
    finally:
        await asyncio.to_thread(broker.stop)
