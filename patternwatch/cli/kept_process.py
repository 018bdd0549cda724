"""A process that is started again, after a pause, when it has ended by itself."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog

from patternwatch.cli.restart_pace import RestartPace

log = structlog.get_logger()

BAD_INPUT = 2
"""The exit code of a process that cannot work with its settings: started again, it would end again."""
_TURN_S = 0.1

Process: TypeAlias = subprocess.Popen[bytes]


@dataclass(slots=True)
class KeptProcess:
    """One process, and when it is to be started again.

    start  starts it
    about  what log lines tell of it

    >>> kept = KeptProcess(lambda: subprocess.Popen(["sleep", "60"]), {"name": "API"})
    >>> kept.look(now_s=0.0), kept.process.poll()
    (None, None)
    >>> end_all([kept.process], stop_s=10)
    []
    """

    start: Callable[[], Process]
    about: Mapping[str, object]
    process: Process | None = None
    pace: RestartPace = field(default_factory=RestartPace)

    @property
    def exit_code(self) -> int | None:
        """Of the process where it has ended and that was not seen yet, else None."""
        return None if self.process is None else self.process.poll()

    def look(self, now_s: float) -> int | None:
        """Start it if it is time to; the exit code once where it has ended, else None."""
        if self.process is None:
            if self.pace.is_due(now_s):
                self.process = self.start()
                self.pace.started(now_s)
            return None
        if (code := self.exit_code) is None:
            return None
        self.process = None
        if code != BAD_INPUT:
            log.warning("process.ended", **self.about, code=code, again_in_s=self.pace.ended(now_s))
        return code


def end_all(
    processes: Sequence[Process],
    stop_s: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> list[Process]:
    """Tell all of them at once to end, and wait; those that had to be killed.

    stop_s  how long they have, in seconds

    >>> end_all([subprocess.Popen(["sleep", "60"])], stop_s=10)
    []
    """
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    until = clock() + stop_s
    while any(process.poll() is None for process in processes) and clock() < until:
        sleep(_TURN_S)
    late = [process for process in processes if process.poll() is None]
    for process in late:
        log.error("process.killed", pid=process.pid, waited_s=stop_s)
        process.kill()
        process.wait()
    return late
