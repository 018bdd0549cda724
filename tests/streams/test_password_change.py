"""A SCRAM password that is changed under running processes."""

import asyncio
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from patternwatch.contracts.report import Report
from patternwatch.contracts.topics import REPORTS, REQUESTS
from patternwatch.kafka.dev.jars import kafka_jars
from tests.fakes.messages import a_request
from tests.secure_kafka import PASSWORD, USER, SecureKafka, allowed, secure_kafka
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


async def change(secure: SecureKafka, password: str) -> None:
    """Change it at the brokers, and have every connection log in anew."""
    await asyncio.to_thread(change_password, secure, password)
    await asyncio.to_thread(secure.broker.stop)
    await asyncio.to_thread(secure.broker.start)


async def test_a_worker_goes_on_with_a_password_that_was_changed_in_its_file(
    secure: SecureKafka, tmp_path: Path
) -> None:
    prefix, file = f"t{uuid.uuid4().hex[:8]}.", tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    settings = secure.settings(prefix, password=None, password_file=file)
    await allowed(secure, settings)
    async with KafkaTestClient(secure.plain(prefix)) as client, running(worker_settings(settings)):
        await client.send(REQUESTS, a_request("before"))
        await client.until("a report", lambda: client.on(REPORTS, Report))
        file.write_text("another-secret\n")
        await change(secure, "another-secret")
        await client.send(REQUESTS, a_request("after"))
        await client.until(
            "the report of what was asked for after it",
            lambda: {report.request_id for report in client.on(REPORTS, Report)} == {"before", "after"},
        )


async def test_one_whose_password_is_in_no_file_says_why_and_its_next_start_goes_on(
    secure: SecureKafka,
) -> None:
    prefix = f"t{uuid.uuid4().hex[:8]}."
    settings = worker_settings(secure.settings(prefix))
    await allowed(secure, settings.kafka)
    async with KafkaTestClient(secure.plain(prefix)) as client:
        with capture_logs() as logs:

            def told() -> str:
                """By the watchdog, once the brokers are back."""
                blind = [str(line["reason"]) for line in logs if line["event"] == "watchdog.blind"]
                return next((reason for reason in blind if "does not accept this login" in reason), "")

            async with running(settings), asyncio.timeout(120):
                await change(secure, "another-secret")
                await client.send(REQUESTS, a_request())
                while not told():
                    await asyncio.sleep(0.1)
        assert "PASSWORD_FILE" in told()
        assert client.on(REPORTS, Report) == []
        changed = secure.settings(prefix, password="another-secret")
        async with running(settings.model_copy(update={"kafka": changed})):
            await client.until("the report", lambda: client.on(REPORTS, Report))
