"""The demo, as `make demo CHECK=1` runs it: real Kafka, worker, API, and nothing left behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from patternwatch.cli.demo import INCIDENT
from patternwatch.cli.replay import Replay
from patternwatch.contracts.errors import BundleError
from patternwatch.cortex.bundle import Incident, write_bundle
from patternwatch.cortex.bundle_source import BundleSource
from tests.support import require_program


def test_the_demo_finds_the_injected_service_and_leaves_nothing_behind(tmp_path: Path) -> None:
    require_program("java")
    require_program("mvn")
    command = [sys.executable, "-m", "patternwatch.cli", "demo", "--check"]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "check passed" in done.stdout
    assert "likely cause" in done.stdout
    assert not list(tmp_path.iterdir()), "its files are gone"
    left = subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, text=True, check=False)
    assert not left.stdout, "its processes are gone"


def test_a_replay_puts_the_trouble_sixty_steps_back_and_says_nothing_of_the_cause() -> None:
    now_ms = 1_800_000_000_123
    replay = Replay.of(INCIDENT, now_ms)
    assert 60 * replay.incident.step_ms <= now_ms - replay.at_ms < 61 * replay.incident.step_ms
    source = BundleSource(replay.path, replay.end_ms)
    assert abs(source.incident.at_ms - replay.at_ms) < replay.incident.step_ms
    assert replay.incident.truth is not None
    alert = replay.webhook()["alerts"][0]
    assert not set(replay.incident.truth.services) & {*alert["labels"].values()}
    assert alert == replay.webhook()["alerts"][0]


def test_a_recording_without_enough_after_its_alert_cannot_be_replayed(tmp_path: Path) -> None:
    path = tmp_path / "short.parquet"
    incident = Incident(name="short", step_ms=1000, start_ms=0, end_ms=100_000, at_ms=90_000)
    write_bundle(path, incident, BundleSource(INCIDENT)._series)
    with pytest.raises(BundleError, match="10 points after its alert"):
        Replay.of(path, 10**12)
