"""A watched cluster on a real Kafka: its owner is killed in the middle of a trouble, which has one report."""

import signal
import sys
import time
from pathlib import Path

import pytest

from patternwatch.contracts.dead_letters import DeadLetter
from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import DEAD_LETTERS, REPORTS, REQUESTS, WATCHES
from tests.fakes.live_source import STEP_MS
from tests.fakes.messages import TENANT
from tests.streams.kafka_test_client import KafkaTestClient
from tests.support import running

COMMAND = [sys.executable, "-m", "tests.streams.worker_process", "watching"]
INTERVAL_S = 2


def settings_of_processes(patch: pytest.MonkeyPatch, kafka: KafkaSettings, folder: Path) -> None:
    for name, value in {
        "KAFKA__BOOTSTRAP": kafka.bootstrap,
        "KAFKA__TOPIC_PREFIX": kafka.topic_prefix,
        "KAFKA__PARTITIONS": "2",
        "GROUP": "watching",
        "METRICS_PORT": "0",
        "TENANTS": f'[{{"id":"{TENANT}"}}]',
        "SESSION_TIMEOUT_S": "2",
        "ANALYSIS__STEP_MS": str(STEP_MS),
        "WATCH_STATE": str(folder / "state"),
        "WATCHES": (
            f'[{{"name":"shop","tenant":"{TENANT}","selector":"{{cluster=\\"shop\\"}}",'
            f'"interval_s":{INTERVAL_S},"history_days":0.03}}]'
        ),
    }.items():
        patch.setenv(f"PATTERNWATCH_{name}", value)
    patch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    patch.setenv("FAULT", str(folder / "fault"))


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def has_logged(folder: Path, event: str) -> bool:
    return event in (folder / "output.log").read_text(errors="replace")


def is_over(report: Report) -> bool:
    return report.episode is not None and report.episode.ended_ms is not None


async def test_an_owner_that_is_killed_in_the_middle_of_a_trouble_leaves_one_report(
    kafka_settings: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings_of_processes(monkeypatch, kafka_settings, tmp_path)
    fault = tmp_path / "fault"
    async with KafkaTestClient(kafka_settings) as client:
        with running(COMMAND, tmp_path / "first") as first:
            await client.until("it to have learned", lambda: has_logged(tmp_path / "first", "watch.begun"))
            begun_ms = now_ms()
            fault.write_text(str(begun_ms))
            await client.until("an analysis", lambda: client.on(REQUESTS, AnalysisRequest))
            first.send_signal(signal.SIGKILL)
        with running(COMMAND, tmp_path / "second") as second:
            await client.until("it to take over", lambda: has_logged(tmp_path / "second", "watch.begun"))
            await client.until("a report", lambda: client.on(REPORTS, Report))
            fault.write_text(f"{begun_ms} {now_ms()}")
            await client.until("its end", lambda: is_over(client.on(REPORTS, Report)[-1]))
            await client.until("the episode's", lambda: not client.on(WATCHES, Episode)[-1].open)
            assert second.poll() is None
        reports = client.on(REPORTS, Report)
        assert len({report.report_id for report in reports}) == 1
        assert [r.revision for r in reports] == sorted({r.revision for r in reports})
        assert {report.entities[0].entity for report in reports} == {"cart"}
        last = reports[-1]
        assert last.episode is not None
        assert last.episode.ended_ms is not None
        assert last.notes[0].startswith("It is over: it lasted")
        episodes = client.on(WATCHES, Episode)
        assert len({episode.report_id for episode in episodes}) == 1
        assert [episodes[0].open, episodes[-1].open] == [True, False]
        assert client.on(DEAD_LETTERS, DeadLetter) == []
