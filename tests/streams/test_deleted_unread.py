"""Records that Kafka deletes before the group has read them, on a real Kafka."""

from collections.abc import Iterable

from structlog.testing import capture_logs

from patternwatch.contracts.report import Report
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import REPORTS, REQUESTS
from patternwatch.kafka.topics import topic_name
from patternwatch.streams.worker import Worker
from tests.fakes.messages import a_request
from tests.streams.kafka_test_client import KafkaTestClient, delete_before, running, worker_settings


def unread(worker: Worker) -> float:
    value = worker.metrics.registry.get_sample_value(
        "patternwatch_records_unread_total", {"topic": "requests"}
    )
    return value or 0.0


async def reported(client: KafkaTestClient, wanted: Iterable[str]) -> None:
    await client.until("reports", lambda: {r.request_id for r in client.on(REPORTS, Report)} == set(wanted))


async def test_a_worker_that_starts_says_what_is_gone_and_goes_on_behind_it(
    kafka_settings: KafkaSettings,
) -> None:
    kafka_settings = kafka_settings.model_copy(update={"partitions": 1})
    settings = worker_settings(kafka_settings)
    async with KafkaTestClient(kafka_settings) as client:
        async with running(settings) as first:
            await client.send(REQUESTS, a_request("before"))
            await reported(client, {"before"})
            assert unread(first) == 0
        for number in range(6):
            await client.send(REQUESTS, a_request(f"while-away-{number}"))
        await delete_before(kafka_settings, REQUESTS, 5)
        with capture_logs() as logs:
            async with running(settings) as second:
                await reported(client, {"before", "while-away-4", "while-away-5"})
                assert unread(second) == 4
            (told,) = [line for line in logs if line["event"] == "records.unread"]
            assert (told["records"], told["first_offset"], told["goes_on_at"]) == (4, 1, 5)
            assert (told["log_level"], told["topic"]) == ("warning", topic_name(kafka_settings, REQUESTS))
            async with running(settings) as third:
                await client.send(REQUESTS, a_request("after"))
                await reported(client, {"before", "while-away-4", "while-away-5", "after"})
                assert unread(third) == 0, "it is told once in a group"
