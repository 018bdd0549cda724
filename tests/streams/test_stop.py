"""SIGTERM: whatever a worker is at, its process ends, at the latest after its deadline. Real processes."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from patternwatch.contracts.report import Report
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import REPORTS, REQUESTS
from patternwatch.kafka.dev.commands import DevKafka
from patternwatch.streams import main
from patternwatch.streams.main import FAILED, OK
from patternwatch.streams.settings import WorkerSettings
from tests.fakes.messages import a_request
from tests.streams.kafka_test_client import KafkaTestClient, running, worker_settings
from tests.streams.test_worker_on_kafka import process_settings
from tests.support import free_port
from tests.support import running as process

DOCKER_KILLS_AFTER_S = 10.0


@asynccontextmanager
async def stopped(
    how: str, folder: Path, until: str, by: signal.Signals = signal.SIGTERM
) -> AsyncIterator[list[int]]:
    """A worker process that is told to end when its log says this; gives its exit code."""
    codes: list[int] = []
    with process([sys.executable, "-m", "tests.streams.worker_process", how], folder) as worker:
        log = folder / "output.log"
        async with asyncio.timeout(120):
            while until not in log.read_text():
                assert worker.poll() is None, log.read_text()
                await asyncio.sleep(0.05)
        yield codes
        worker.send_signal(by)
        codes.append(await asyncio.to_thread(worker.wait, 60))


def test_the_deadline_lets_what_is_held_up_end_before_it_is_killed() -> None:
    assert WorkerSettings().stop_timeout_s + main._LAST_THREADS_S < DOCKER_KILLS_AFTER_S


async def test_in_a_fetch_that_hangs_and_another_worker_takes_over(
    kafka_settings: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = worker_settings(kafka_settings)
    process_settings(monkeypatch, settings)
    async with KafkaTestClient(kafka_settings) as client:
        await client.send(REQUESTS, a_request())
        async with stopped("hanging", tmp_path, "source.asked") as codes:
            pass
        assert codes == [OK]
        async with running(settings):
            await client.until("its report", lambda: client.on(REPORTS, Report))


@pytest.fixture
def terminal() -> Iterator[None]:
    """Processes that a test starts hear of its end, also where nohup started the tests."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP])
async def test_in_the_warm_up(
    kafka_settings: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: signal.Signals
) -> None:
    """SIGHUP is what a terminal that is closed sends, and some a log's rotation."""
    process_settings(monkeypatch, worker_settings(kafka_settings))
    async with stopped("warming", tmp_path, "warming", by) as codes:
        pass
    assert codes == [OK]


@pytest.mark.parametrize("how", ["slow", "warming"])
async def test_while_kafka_is_away(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    away = KafkaSettings(bootstrap=f"127.0.0.1:{free_port()}")
    process_settings(monkeypatch, worker_settings(away))
    async with stopped(how, tmp_path, "worker.starting") as codes:
        pass
    assert codes[0] in (OK, FAILED)


@pytest.mark.parametrize("frozen", [False, True], ids=["gone", "frozen"])
async def test_while_kafka_disappears_with_work_in_hand(
    frozen: bool,
    kafka: DevKafka,
    kafka_settings: KafkaSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A broker that is frozen answers nothing and refuses nothing: whatever is sent to it waits."""
    process_settings(monkeypatch, worker_settings(kafka_settings))
    async with KafkaTestClient(kafka_settings) as client:
        for n in range(20):
            await client.send(REQUESTS, a_request(f"r{n}"))
    broker = kafka.running()
    assert broker is not None
    try:
        async with stopped("slow", tmp_path, "shard.scanned") as codes:
            if frozen:
                os.kill(broker.pid, signal.SIGSTOP)
            else:
                await asyncio.to_thread(kafka.kill)
        assert codes[0] in (OK, FAILED)
    finally:
        if frozen:
            os.kill(broker.pid, signal.SIGCONT)
        else:
            await asyncio.to_thread(kafka.start)
