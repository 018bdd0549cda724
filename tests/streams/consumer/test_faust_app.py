"""Settings of Faust that proved to matter."""

import logging
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.types import TP

from patternwatch.streams.consumer.faust_app import build_app
from patternwatch.streams.settings import WorkerSettings


class _Thread(AIOKafkaConsumerThread):
    """The consumer of a process that began a day ago, to which a partition was assigned a moment ago."""

    time_started = time.monotonic() - 86_400

    def _ensure_consumer(self) -> Any:
        state = SimpleNamespace(timestamp=None)
        assignment = SimpleNamespace(active=True, state_value=lambda _: state)
        subscriptions = SimpleNamespace(subscription=SimpleNamespace(assignment=assignment))
        return SimpleNamespace(_fetcher=SimpleNamespace(_subscriptions=subscriptions))


async def test_a_partition_that_was_just_assigned_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    app = build_app(WorkerSettings())
    thread = _Thread(cast("Any", app.consumer))
    with caplog.at_level(logging.ERROR):
        thread.verify_event_path(time.monotonic(), TP("patternwatch.alerts", 0))
    assert not caplog.records


async def test_a_worker_makes_no_folder_that_others_have_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who started one first with umask 077 kept all others of the machine from starting theirs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    await build_app(WorkerSettings()).on_first_start()
    assert not list(tmp_path.iterdir())
