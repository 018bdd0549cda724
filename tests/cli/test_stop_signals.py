"""SIGTERM: to the first process of a container, and to the API."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import free_port, require_program, running, wait_until

STARTS = """
import sys, threading, types
from patternwatch.cli import __main__
commands = types.ModuleType("patternwatch.cli.main")
commands.app = lambda: (print("starts", flush=True), threading.Event().wait(3600))
sys.modules["patternwatch.cli.main"] = commands
__main__.main()
"""


def has_said(folder: Path, word: str) -> Callable[[], bool]:
    return lambda: word in (folder / "output.log").read_text()


def first_process(command: list[str]) -> list[str]:
    """The same in a PID namespace of its own; skips where this user may make none."""
    inside = [require_program("unshare"), "--pid", "--fork", "--mount-proc", "--kill-child"]
    if os.geteuid() != 0:
        inside.append("--map-root-user")
    if subprocess.run([*inside, "true"], check=False, capture_output=True).returncode:
        pytest.skip("no PID namespaces here")
    return [*inside, *command]


def test_what_starts_as_the_first_process_of_a_container_ends_when_told(tmp_path: Path) -> None:
    with running(first_process([sys.executable, "-c", STARTS]), tmp_path) as outside:
        wait_until("the start", has_said(tmp_path, "starts"))
        children = Path(f"/proc/{outside.pid}/task/{outside.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGTERM)
        assert outside.wait(30) == 128 + signal.SIGTERM


def test_an_api_that_is_told_to_end_ends_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PORT": str(free_port()),
        "DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/read_model.db",
        "KAFKA__BOOTSTRAP": f"127.0.0.1:{free_port()}",
    }.items():
        monkeypatch.setenv(f"PATTERNWATCH_{name}", value)
    with running([sys.executable, "-m", "patternwatch.cli", "api"], tmp_path) as api:
        wait_until("the API", has_said(tmp_path, "api.listening"))
        api.terminate()
        assert api.wait(30) == 0
