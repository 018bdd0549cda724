"""What a broker that goes away and comes back does to a running API."""

import asyncio

from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.codec import encode
from patternwatch.contracts.topics import REPORTS
from patternwatch.kafka.dev.commands import DevKafka
from tests.api.test_feed_on_kafka import REPORT, answers, api, on_kafka, until, worker
from tests.fakes.messages import a_report

__all__ = ["on_kafka"]


async def test_the_api_serves_on_without_the_broker_and_goes_on_with_it(
    on_kafka: ApiSettings, kafka: DevKafka
) -> None:
    settings = on_kafka.model_copy(update={"publish_timeout_s": 2.0})
    async with api(settings) as (_, client):
        async with worker(settings) as send:
            await send(REPORTS, "r1", encode(a_report()))
        await until("the first report", answers(client, REPORT, 200))
        await until("readiness", answers(client, "/health/ready", 200))

        await asyncio.to_thread(kafka.stop)
        try:
            await until("the loss of readiness", answers(client, "/health/ready", 503))
            assert (await client.get(REPORT)).status_code == 200
            assert (await client.delete(REPORT)).status_code == 503
        finally:
            await asyncio.to_thread(kafka.start)

        async with worker(settings) as send:
            await send(REPORTS, "r2", encode(a_report(report_id="r2")))
        await until("the second report", answers(client, REPORT.replace("r1", "r2"), 200))
        await until("readiness again", answers(client, "/health/ready", 200))
        # What was answered 503 did not happen after all.
        assert (await client.get(REPORT)).status_code == 200
        assert (await client.delete(REPORT)).status_code == 204
