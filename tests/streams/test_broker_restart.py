"""Workers outlive their broker."""

import asyncio

from patternwatch.contracts.dead_letters import DeadLetter
from patternwatch.contracts.report import Report
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import DEAD_LETTERS, REPORTS, REQUESTS
from patternwatch.kafka.dev.commands import DevKafka
from tests.fakes.messages import a_request
from tests.streams.kafka_test_client import KafkaTestClient, running, worker_settings


async def test_a_broker_that_crashes_and_comes_back_costs_no_request(
    kafka: DevKafka, kafka_settings: KafkaSettings
) -> None:
    async with KafkaTestClient(kafka_settings) as client, running(worker_settings(kafka_settings)) as worker:
        await client.send(REQUESTS, a_request("before"))
        await client.until("a report", lambda: client.on(REPORTS, Report))
        await client.send(REQUESTS, a_request("during"))
        await asyncio.to_thread(kafka.kill)
        await asyncio.to_thread(kafka.start)
        await client.send(REQUESTS, a_request("after"))
        await client.until(
            "the rest", lambda: {"during", "after"} <= {r.request_id for r in client.on(REPORTS, Report)}
        )
        assert client.on(DEAD_LETTERS, DeadLetter) == []
        assert worker.partitions
