"""The worker process: it starts, serves its metrics, and ends when it is told to, with a clear code."""

import os
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator
from urllib.error import URLError

import pytest
import structlog

from patternwatch.classifier.few_shot import Embedder
from patternwatch.contracts.errors import BundleError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.cortex.source import SeriesSource
from patternwatch.streams.main import BAD_INPUT, FAILED, OK, run
from patternwatch.streams.settings import WorkerSettings
from tests.fakes.shapes import FakeShapes
from tests.fakes.source import FakeSource
from tests.streams.kafka_test_client import worker_settings
from tests.support import free_port


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def fake_parts(_: WorkerSettings) -> tuple[SeriesSource, Embedder]:
    return FakeSource(), FakeShapes()


def send_term_when_ready(port: int, seen: list[str]) -> None:
    """Read /metrics until the partitions are dealt out, then end this process the polite way."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
                seen[:] = [answer.read().decode()]
        except URLError:
            seen[:] = []
        if seen and "patternwatch_build_info{" in seen[0]:
            break
        threading.Event().wait(0.05)
    os.kill(os.getpid(), signal.SIGTERM)


def test_it_serves_metrics_and_ends_on_sigterm(kafka_settings: KafkaSettings) -> None:
    settings = worker_settings(kafka_settings, metrics_port=free_port())
    seen: list[str] = []
    killer = threading.Thread(target=send_term_when_ready, args=(settings.metrics_port, seen))
    killer.start()
    try:
        assert run(settings, fake_parts) == OK
    finally:
        killer.join()
    assert 'model="fake-1"' in seen[0]


def test_sigterm_ends_it_while_it_waits_for_the_broker() -> None:
    kafka = KafkaSettings(bootstrap=f"127.0.0.1:{free_port()}", connect_timeout_s=300)
    settings = worker_settings(kafka, metrics_port=free_port())
    killer = threading.Thread(target=send_term_when_ready, args=(settings.metrics_port, []))
    killer.start()
    try:
        assert run(settings, fake_parts) == OK
    finally:
        killer.join()


def test_a_broker_that_stays_away_is_a_clear_failure() -> None:
    kafka = KafkaSettings(bootstrap=f"127.0.0.1:{free_port()}", connect_timeout_s=0.3)
    assert run(worker_settings(kafka), fake_parts) == FAILED


def test_bad_input_and_faults_have_codes_of_their_own() -> None:
    def bundle(_: WorkerSettings) -> tuple[SeriesSource, Embedder]:
        raise BundleError("no bundle", "give one")

    def fault(_: WorkerSettings) -> tuple[SeriesSource, Embedder]:
        raise ZeroDivisionError

    assert run(WorkerSettings(), bundle) == BAD_INPUT
    assert run(WorkerSettings(), fault) == FAILED
