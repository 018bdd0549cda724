"""Workers outlive their broker."""

import asyncio

from patternwatch.contracts.messages import DeadLetter
from patternwatch.contracts.report import Report
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import DEAD_LETTERS, REPORTS, REQUESTS
from patternwatch.streams.kafka_dev import DevKafka
from tests.streams.fakes import a_request
from tests.streams.wire import Hands, running, worker_settings


async def test_a_broker_that_crashes_and_comes_back_costs_no_request(
    kafka: DevKafka, kafka_settings: KafkaSettings
) -> None:
    async with Hands(kafka_settings) as hands, running(worker_settings(kafka_settings)) as worker:
        await hands.send(REQUESTS, a_request("before"))
        await hands.until("a report", lambda: hands.on(REPORTS, Report))
        await hands.send(REQUESTS, a_request("during"))
        await asyncio.to_thread(kafka.kill)
        await asyncio.to_thread(kafka.start)
        await hands.send(REQUESTS, a_request("after"))
        await hands.until(
            "the rest", lambda: {"during", "after"} <= {r.request_id for r in hands.on(REPORTS, Report)}
        )
        assert hands.on(DEAD_LETTERS, DeadLetter) == []
        assert worker.partitions
