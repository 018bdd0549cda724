"""A worker whose temporary folder is full: what it must know is read again, into memory."""

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest
import structlog

from patternwatch.contracts.looks import Look
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import JOINED_ALERTS, LOOKS
from patternwatch.kafka.delivery import WaitForBroker
from patternwatch.kafka.producer import KafkaPublisher
from patternwatch.kafka.topics import ensure_topics
from patternwatch.streams.state.private_database import PrivateDatabase, StateLostError
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import a_joined_alert, a_request

NUMBER = 2500
"""Of each, some 2 MB: more than a database keeps in its cache."""


def long_name(n: int) -> str:
    return random.Random(n).randbytes(350).hex()


async def send_states(settings: KafkaSettings) -> None:
    publisher = KafkaPublisher(settings, "test", WaitForBroker())
    await publisher.start()
    alerts = [a_joined_alert(fingerprint=f"f{n}", name=long_name(n)) for n in range(NUMBER)]
    looks = [
        Look(request=a_request(f"r{n}", title=long_name(n)), look=1, is_over=True, changed_ms=NOW_MS)
        for n in range(NUMBER)
    ]
    await asyncio.gather(
        *(publisher.publish(JOINED_ALERTS, alert) for alert in alerts),
        *(publisher.publish(LOOKS, look) for look in looks),
    )
    await publisher.close()


async def test_a_worker_knows_all_where_no_file_can_be_written(kafka_settings: KafkaSettings) -> None:
    await ensure_topics(kafka_settings)
    await send_states(kafka_settings)
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "tests.streams.state.full_disk_process", str(NUMBER)],
        input=kafka_settings.model_dump_json() + "\n",
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.split() == [str(NUMBER)] * 3, done.stderr
    assert done.stderr.count("private_database.lost") == 2, "one for each of the two"
    assert "Make room under TMPDIR" in done.stderr


def test_what_is_lost_is_told_once_and_the_next_database_lies_in_memory() -> None:
    database = PrivateDatabase("CREATE TABLE seen (name TEXT); PRAGMA max_page_count = 40")
    lost: list[int] = []
    database.on_lost = lambda: lost.append(1)

    def fill() -> None:
        for n in range(1000):
            database.execute("INSERT INTO seen VALUES (?)", (long_name(n),))

    with structlog.testing.capture_logs() as logs, pytest.raises(StateLostError):
        fill()
    assert lost == [1]
    assert [line["event"] for line in logs] == ["private_database.lost"]
    assert database.execute("SELECT COUNT(*) FROM seen").fetchone() == (0,)
