"""Child processes of this program: started together, ended together, by their ids; they end with it, too."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from patternwatch.cli.kept_process import BAD_INPUT, KeptProcess, Process, end_all
from patternwatch.cli.parent_watch import ends_with_us
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

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._kept: dict[str, KeptProcess] = {}
        self._passing: dict[str, Process] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End them all, and wait until they are gone."""
        end_all(list(self._running.values()), _STOP_S)

    @property
    def _running(self) -> dict[str, Process]:
        kept = {name: one.process for name, one in self._kept.items() if one.process is not None}
        return kept | self._passing

    @property
    def pids(self) -> dict[str, int]:
        """The processes that run, by name."""
        return {name: p.pid for name, p in self._running.items() if p.poll() is None}

    def start(self, name: str, command: str, settings: dict[str, str]) -> None:
        """Start `patternwatch COMMAND` with these PATTERNWATCH_* settings (and none inherited)."""
        self.log(name).write_bytes(b"")
        start = partial(self._start, name, [sys.executable, "-m", "patternwatch.cli", command], settings)
        kept = self._kept[name] = KeptProcess(start, {"name": name, "log": str(self.log(name))})
        kept.look(self._clock())

    def start_passing(self, name: str, command: str) -> None:
        """Start `patternwatch COMMAND` at low priority; it may end by itself, well or not."""
        self.log(name).write_bytes(b"")
        nice = ["nice", "-n", str(LOW_PRIORITY)]
        self._passing[name] = self._start(
            name, [*nice, sys.executable, "-m", "patternwatch.cli", command], {}
        )

    def _start(self, name: str, command: list[str], settings: dict[str, str]) -> Process:
        with self.log(name).open("ab") as sink:
            return subprocess.Popen(
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
        return "\n".join(f"{name}:\n{self._end_of_log(name)}" for name in (*self._kept, *self._passing))

    def _end_of_log(self, name: str) -> str:
        return self.log(name).read_text(errors="replace").strip()[-_LOG_CHARS:]

    def check(self) -> None:
        """Raise ProcessEndedError, with the end of its log, where one has ended by itself."""
        for name, kept in self._kept.items():
            if (code := kept.exit_code) is not None:
                raise self._ended(name, code)

    def keep_running(self) -> None:
        """Start again what has ended by itself, after a pause; call it every second or so.

        Raises ProcessEndedError where one ended for its settings: it would do so again.
        """
        for name, kept in self._kept.items():
            if kept.look(self._clock()) == BAD_INPUT:
                raise self._ended(name, BAD_INPUT)

    def _ended(self, name: str, code: int) -> ProcessEndedError:
        return ProcessEndedError(
            f"The {name} process ended with code {code}:\n{self._end_of_log(name)}",
            f"Its log is {self.log(name)}",
        )
