"""`worker --processes N`: what ends is started again, a signal ends all, nothing is left running."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from patternwatch.cli.kept_process import BAD_INPUT
from patternwatch.cli.restart_pace import MAX_PAUSE_S, STEADY_S
from patternwatch.cli.workers import Supervisor, worker_environments
from patternwatch.usable_memory import MIB, usable_bytes
from tests.support import wait_until

REPOSITORY = Path(__file__).parents[2]


class Time:
    """A clock that moves by what is slept; `then` is called at each turn."""

    def __init__(self, then: Callable[[float], None]) -> None:
        self.now = 0.0
        self._then = then

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self._then(self.now)


def program(text: str) -> list[str]:
    return [sys.executable, "-S", "-c", text]


def test_one_that_ends_is_started_again_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[float] = []

    class Ended:
        """A worker that ends at once; from its sixth start on it runs for more than a minute."""

        pid = 1

        def __init__(self, *_: object, **__: object) -> None:
            started.append(time_.now)

        def poll(self) -> int | None:
            is_long = len(started) == 6
            return None if is_long and time_.now < started[-1] + STEADY_S + 1 else -signal.SIGKILL

    time_ = Time(lambda now: supervisor.stop() if now > 150 else None)
    supervisor = Supervisor([], [{}], 1.0, lambda: time_.now, time_.sleep)
    monkeypatch.setattr(subprocess, "Popen", Ended)
    assert supervisor.run() == 0
    pauses = [round(b - a) for a, b in pairwise(started)]
    assert pauses[:5] == [1, 2, 4, 8, 16]
    assert pauses[5] == STEADY_S + 1 + 1, "the pause is short again"
    assert max(pauses[:5]) < MAX_PAUSE_S


def test_a_mistake_in_the_settings_ends_all_of_them() -> None:
    script = f"import os, sys, time; sys.exit({BAD_INPUT}) if os.environ['N'] == '1' else time.sleep(60)"
    environments = [dict(os.environ) | {"N": str(number)} for number in range(2)]
    supervisor = Supervisor(program(script), environments, 10.0)
    assert supervisor.run() == BAD_INPUT
    assert [child.process.poll() for child in supervisor.children if child.process] == [-signal.SIGTERM]


def test_one_that_does_not_end_is_killed_and_the_code_says_so(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    script = (
        "import pathlib, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"pathlib.Path({str(ready)!r}).touch(); time.sleep(60)"
    )

    def sleep(seconds: float) -> None:
        time.sleep(seconds)
        if ready.exists():
            supervisor.stop()

    supervisor = Supervisor(program(script), [dict(os.environ)], 0.5, sleep=sleep)
    assert supervisor.run() == 1
    (child,) = supervisor.children
    assert child.process is not None
    assert child.process.poll() == -signal.SIGKILL


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_running(tmp_path: Path, how: signal.Signals) -> None:
    """After a signal, and after the supervisor itself was killed."""
    child = program(CHILD)
    script = f"""
import os, sys
from patternwatch.cli.workers import supervise
folder = {str(tmp_path)!r}
environments = [dict(os.environ) | {{"PID": os.path.join(folder, str(n))}} for n in range(2)]
sys.exit(supervise({child!r}, environments, 5))
"""
    with subprocess.Popen([sys.executable, "-c", script], cwd=REPOSITORY) as supervisor:
        pids = [
            wait_until("a worker", lambda n=n: _pid(tmp_path / str(n)), 60)  # type: ignore[misc]
            for n in range(2)
        ]
        supervisor.send_signal(how)
        assert supervisor.wait(30) == (0 if how == signal.SIGTERM else -signal.SIGKILL)
    for pid in pids:
        wait_until("its end", lambda pid=pid: not _runs(pid))  # type: ignore[misc]


CHILD = """
import os, pathlib, time
from patternwatch.cli.parent_watch import end_with_parent
end_with_parent(os.environ)
pathlib.Path(os.environ["PID"]).write_text(str(os.getpid()))
time.sleep(60)
"""


def _pid(path: Path) -> int | None:
    return int(path.read_text() or 0) or None if path.exists() else None


def _runs(pid: int) -> bool:
    """Whether it is there, and not only a zombie that nobody has waited for."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_each_has_a_port_of_its_own_and_the_rest_as_it_was() -> None:
    told = {"PATTERNWATCH_GROUP": "g", "HOME": "/", "PATTERNWATCH_WATCH_MEMORY_MIB": "100"}
    first, second = worker_environments(told, 2, 0)
    assert first == second == told | {"PATTERNWATCH_METRICS_PORT": "0"}


def test_they_share_what_watches_may_take_of_the_machine() -> None:
    alone, of_four = (worker_environments({}, n, 0)[0]["PATTERNWATCH_WATCH_MEMORY_MIB"] for n in (1, 4))
    assert int(alone) // 4 == int(of_four) == usable_bytes() // 2 // MIB // 4
