"""Child processes of this program: started together, ended together, by their ids."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from patternwatch.contracts.errors import PatternwatchError

_STOP_S = 15
_LOG_CHARS = 1500
LOW_PRIORITY = 10
"""Niceness of work that must not take the CPU from what somebody waits for."""


def inherited_environment() -> dict[str, str]:
    """What a process that we start inherits: our environment without PATTERNWATCH_* settings."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PATTERNWATCH_")}


class ProcessEndedError(PatternwatchError):
    """A process that was meant to stay has ended by itself."""


class ProcessGroup:
    """A context manager that ends every process started in it; each writes a log of its own in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._passing: set[str] = set()

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
        self._start(name, [sys.executable, "-m", "patternwatch.cli", command], settings)

    def start_passing(self, name: str, command: str) -> None:
        """Start `patternwatch COMMAND` at low priority; it may end by itself, well or not."""
        self._passing.add(name)
        nice = ["nice", "-n", str(LOW_PRIORITY)]
        self._start(name, [*nice, sys.executable, "-m", "patternwatch.cli", command], {})

    def _start(self, name: str, command: list[str], settings: dict[str, str]) -> None:
        with self.log(name).open("wb") as sink:
            self._running[name] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env=inherited_environment() | {"TMPDIR": str(self._folder)} | settings,
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
        for name, process in self._running.items():
            if name not in self._passing and (code := process.poll()) is not None:
                said = self._end_of_log(name)
                raise ProcessEndedError(
                    f"The {name} process ended with code {code}:\n{said}", f"Its log is {self.log(name)}"
                )
