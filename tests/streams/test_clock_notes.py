"""A worker whose clock is minutes off says so on its reports, all the way to Kafka."""

from patternwatch.contracts.report import Report
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import REPORTS, REQUESTS
from tests.fakes.messages import a_request
from tests.fakes.source import FakeSource
from tests.streams.kafka_test_client import KafkaTestClient, running, worker_settings


async def test_a_report_says_that_the_clock_of_its_worker_is_off(kafka_settings: KafkaSettings) -> None:
    source = FakeSource(source_ahead_s=420.0)
    async with KafkaTestClient(kafka_settings) as client, running(worker_settings(kafka_settings), source):
        await client.send(REQUESTS, a_request())
        await client.until("the report", lambda: client.on(REPORTS, Report))
        (report,) = client.on(REPORTS, Report)
        assert report.status == "complete"
        told = [note for note in report.notes if "clock" in note]
        assert len(told) == 1, "once, though its planner and its collector know it"
        assert told[0].startswith("A worker's clock is 7 min behind the source's")
