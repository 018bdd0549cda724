"""A SCRAM password that is changed under running processes."""

import asyncio
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from patternwatch.contracts.report import Report
from patternwatch.contracts.topics import ALERTS, REPORTS, REQUESTS
from patternwatch.kafka.dev.jars import kafka_jars
from patternwatch.kafka.topics import ensure_topics
from tests.fakes.messages import a_request
from tests.secure_kafka import (
    DESCRIBE,
    DESCRIBE_CONFIGS,
    GROUP,
    PASSWORD,
    READ,
    TOPIC,
    USER,
    WRITE,
    SecureKafka,
    grant,
    secure_kafka,
    until_lacking,
)
from tests.streams.kafka_test_client import KafkaTestClient, running, worker_settings


@pytest.fixture
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    with secure_kafka(tmp_path_factory.mktemp("secure")) as broker:
        yield broker


def change_password(secure: SecureKafka, password: str) -> None:
    """As `kafka-configs --alter` does."""
    config = f"SCRAM-SHA-512=[password={password}]"
    options = ["--alter", "--add-config", config, "--entity-type", "users", "--entity-name", USER]
    command = ["java", "-cp", f"{kafka_jars()}/*", "kafka.admin.ConfigCommand"]
    server = ["--bootstrap-server", secure.broker.bootstrap]
    subprocess.run([*command, *server, *options], check=True, capture_output=True)


async def test_a_worker_goes_on_with_a_password_that_was_changed_in_its_file(
    secure: SecureKafka, tmp_path: Path
) -> None:
    prefix = f"t{uuid.uuid4().hex[:8]}."
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    plain = secure.plain(prefix)
    settings = secure.settings(prefix, password=None, password_file=file)
    await ensure_topics(plain)
    await grant(secure, TOPIC, prefix, READ, WRITE, DESCRIBE, DESCRIBE_CONFIGS)
    await grant(secure, GROUP, "g", READ, DESCRIBE)
    await until_lacking(settings, ALERTS)
    async with KafkaTestClient(plain) as client, running(worker_settings(settings)):
        await client.send(REQUESTS, a_request("before"))
        await client.until("a report", lambda: client.on(REPORTS, Report))
        await asyncio.to_thread(change_password, secure, "another-secret")
        file.write_text("another-secret\n")
        # Every connection logs in anew.
        await asyncio.to_thread(secure.broker.stop)
        await asyncio.to_thread(secure.broker.start)
        await client.send(REQUESTS, a_request("after"))
        await client.until(
            "the report of what was asked for after it",
            lambda: {report.request_id for report in client.on(REPORTS, Report)} == {"before", "after"},
        )
