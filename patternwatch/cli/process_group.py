"""Child processes of this program: started together, ended together, by their ids; they end with it, too."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from patternwatch.cli.parent_watch import ends_with_us
from patternwatch.cli.restart_pace import RestartPace
from patternwatch.cli.workers import BAD_INPUT
from patternwatch.contracts.errors import PatternwatchError

log = structlog.get_logger()

_STOP_S = 15
_LOG_CHARS = 1500
LOW_PRIORITY = 10
"""Niceness of work that must not take the CPU from what somebody waits for."""


def inherited_environment() -> dict[str, str]:
    """What a process that we start inherits: our environment without PATTERNWATCH_* settings."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PATTERNWATCH_")}


class ProcessEndedError(PatternwatchError):
    """A process that was meant to stay has ended by itself."""


@dataclass(slots=True)
class _Kept:
    """What it takes to start a process again."""

    command: list[str]
    settings: dict[str, str]
    pace: RestartPace = field(default_factory=RestartPace)
    start_at: float | None = None


class ProcessGroup:
    """A context manager that ends every process started in it; each writes a log of its own in `folder`."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._kept: dict[str, _Kept] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End them all, and wait until they are gone."""
        for process in self._running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self._running.values():
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @property
    def pids(self) -> dict[str, int]:
        """The processes that run, by name."""
        return {name: p.pid for name, p in self._running.items() if p.poll() is None}

    def start(self, name: str, command: str, settings: dict[str, str]) -> None:
        """Start `patternwatch COMMAND` with these PATTERNWATCH_* settings (and none inherited)."""
        kept = self._kept[name] = _Kept([sys.executable, "-m", "patternwatch.cli", command], settings)
        self.log(name).write_bytes(b"")
        self._start_kept(name, kept)

    def start_passing(self, name: str, command: str) -> None:
        """Start `patternwatch COMMAND` at low priority; it may end by itself, well or not."""
        self.log(name).write_bytes(b"")
        nice = ["nice", "-n", str(LOW_PRIORITY)]
        self._start(name, [*nice, sys.executable, "-m", "patternwatch.cli", command], {})

    def _start_kept(self, name: str, kept: _Kept) -> None:
        kept.start_at = None
        kept.pace.started(self._clock())
        self._start(name, kept.command, kept.settings)

    def _start(self, name: str, command: list[str], settings: dict[str, str]) -> None:
        with self.log(name).open("ab") as sink:
            self._running[name] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env=inherited_environment() | ends_with_us() | {"TMPDIR": str(self._folder)} | settings,
                start_new_session=True,  # Ctrl-C is for this process, which then ends them in order
            )

    def log(self, name: str) -> Path:
        """Where this process writes."""
        return self._folder / f"{name}.log"

    def log_tails(self) -> str:
        """The end of every log."""
        return "\n".join(f"{name}:\n{self._end_of_log(name)}" for name in self._running)

    def _end_of_log(self, name: str) -> str:
        return self.log(name).read_text(errors="replace").strip()[-_LOG_CHARS:]

    def check(self) -> None:
        """Raise ProcessEndedError, with the end of its log, where one has ended by itself."""
        for name in self._kept:
            if (code := self._running[name].poll()) is not None:
                raise self._ended(name, code)

    def keep_running(self) -> None:
        """Start again what has ended by itself, after a pause; call it every second or so.

        Raises ProcessEndedError where one ended for its settings: it would do so again.
        """
        for name, kept in self._kept.items():
            if (code := self._running[name].poll()) is None:
                continue
            now = self._clock()
            if code == BAD_INPUT:
                raise self._ended(name, code)
            if kept.start_at is None:
                pause_s = kept.pace.ended(now)
                kept.start_at = now + pause_s
                log.warning(
                    "process.ended", name=name, code=code, again_in_s=pause_s, log=str(self.log(name))
                )
            elif now >= kept.start_at:
                self._start_kept(name, kept)

    def _ended(self, name: str, code: int) -> ProcessEndedError:
        return ProcessEndedError(
            f"The {name} process ended with code {code}:\n{self._end_of_log(name)}",
            f"Its log is {self.log(name)}",
        )
