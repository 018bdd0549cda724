"""A Kafka that answers and takes no record: whoever sends is not ready, says why, and goes on by itself."""

import asyncio
from collections.abc import Callable

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from patternwatch.contracts.report import Report
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import REPORTS, REQUESTS
from patternwatch.kafka.topics import topic_config, topic_name
from patternwatch.kafka.unsent import HELD_S, SLOW_S, Unsent
from patternwatch.streams import worker as worker_module
from patternwatch.streams.worker import Worker
from tests.fakes.clock import FakeClock
from tests.fakes.messages import a_request
from tests.streams.kafka_test_client import DEADLINE_S, KafkaTestClient, running, worker_settings


async def configure(settings: KafkaSettings, **changes: str) -> None:
    """Alter the topic of reports: `message_timestamp_before_max_ms` for that name with dots."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    config = topic_config(REPORTS) | {name.replace("_", "."): value for name, value in changes.items()}
    name = topic_name(settings, REPORTS)
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs=config)])
    await admin.close()


async def sending(worker: Worker, is_meant: Callable[[str], bool]) -> None:
    """Wait until this is true of what its health says of what it sends."""
    async with asyncio.timeout(DEADLINE_S):
        while not is_meant(worker.health.reasons()["sending"]):
            await asyncio.sleep(0.05)


def is_well(reason: str) -> bool:
    return not reason


async def test_a_worker_is_not_ready_while_its_records_are_refused(
    kafka_settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "WATCHDOG_S", 0.5)
    async with (
        KafkaTestClient(kafka_settings) as client,
        running(worker_settings(kafka_settings)) as worker,
    ):
        await sending(worker, is_well)
        await configure(kafka_settings, message_timestamp_before_max_ms="0")
        await client.send(REQUESTS, a_request())
        await sending(worker, lambda reason: "does not take the time that our records bear" in reason)
        assert client.on(REPORTS, Report) == []
        await configure(kafka_settings)
        await client.until("the report", lambda: client.on(REPORTS, Report))
        await sending(worker, is_well)


def test_a_record_that_is_never_confirmed_is_told() -> None:
    """As by too few copies in sync: an idempotent client tries again for ever, and says nothing."""
    clock = FakeClock()
    state = Unsent(clock)
    with state.sending("reports"):
        clock.now += SLOW_S
        assert state.why() == ""
        clock.now += 5
        assert "has not confirmed a record for reports for 20 s" in state.why()
    assert state.why() == ""


def test_a_refusal_is_told_until_a_record_is_taken_or_for_a_minute() -> None:
    clock = FakeClock()
    state = Unsent(clock)
    state.refused("a", "no right")
    with state.sending("b"):
        assert state.why() == "no right"
    assert state.why() == "no right", "another topic's record says nothing of it"
    with state.sending("a"):
        pass
    assert state.why() == ""
    state.refused("a", "no right")
    clock.now += HELD_S
    assert state.why() == "", "only another try can tell"
