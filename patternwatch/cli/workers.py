"""`patternwatch worker --processes N`: N workers, each a process of its own, kept running until a signal.

A supervisor of one machine, for where none is at hand; an orchestrator's own does as well with N containers.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from patternwatch.cli.restart_pace import RestartPace
from patternwatch.contracts.errors import InputError
from patternwatch.contracts.renamed_settings import PREFIX
from patternwatch.usable_memory import MIB, watch_memory_bytes

log = structlog.get_logger()

BAD_INPUT = 2
GRACE_S = 2.0
"""Beyond `stop_timeout_s`, after which a worker ends by itself."""
_TURN_S = 0.1
_PR_SET_PDEATHSIG = 1


def worker_environments(environment: dict[str, str], processes: int, port: int) -> list[dict[str, str]]:
    """The environment of each worker: they differ in their port, and share what watches may take.

    port  of the first; the others take those after it, or any where it is 0

    >>> [e["PATTERNWATCH_METRICS_PORT"] for e in worker_environments({}, 3, 9100)]
    ['9100', '9101', '9102']
    >>> worker_environments({}, 2, 65535)
    Traceback (most recent call last):
    ...
    patternwatch.contracts.errors.InputError: 2 workers from metrics_port 65535 on need ports beyond 65535. \
Set PATTERNWATCH_METRICS_PORT lower, or to 0
    """
    if port and port + processes - 1 > 65535:
        raise InputError(
            f"{processes} workers from metrics_port {port} on need ports beyond 65535",
            "Set PATTERNWATCH_METRICS_PORT lower, or to 0",
        )
    memory = f"{PREFIX}WATCH_MEMORY_MIB"
    environment = {memory: str(max(watch_memory_bytes(None) // MIB // processes, 1))} | environment
    return [
        environment | {f"{PREFIX}METRICS_PORT": str(port + number if port else 0)}
        for number in range(processes)
    ]


@dataclass(slots=True)
class Child:
    """One of the workers, and when it is to be started again."""

    number: int
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    pace: RestartPace = field(default_factory=RestartPace)
    start_at: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Starts workers, starts again those that end, and ends all of them.

    command       of one worker
    stop_s        how long they have to end; what has not by then is killed
    """

    command: Sequence[str]
    environments: Sequence[dict[str, str]]
    stop_s: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    stopping: bool = False
    children: list[Child] = field(init=False)

    def __post_init__(self) -> None:
        self.children = [Child(number, own) for number, own in enumerate(self.environments)]

    def stop(self, *_: object) -> None:
        """Let `run` end the workers and return; fit to handle a signal."""
        self.stopping = True

    def run(self) -> int:
        """Keep them running until `stop` is called; the exit code.

        It is 2 as soon as one ends with 2: a mistake in the settings is one in all of them. It is 1 where one
        had to be killed.
        """
        code = 0
        while not self.stopping and not code:
            code = max((self._see_to(child) for child in self.children), default=0)
            self.sleep(_TURN_S)
        return max(code, self._end())

    def _see_to(self, child: Child) -> int:
        now = self.clock()
        if child.process is None:
            if now >= child.start_at:
                self._start(child, now)
            return 0
        code = child.process.poll()
        if code is None:
            return 0
        child.process = None
        if code == BAD_INPUT:
            log.error("workers.bad_settings", worker=child.number, code=code)
            return BAD_INPUT
        pause_s = child.pace.ended(now)
        child.start_at = now + pause_s
        log.warning("workers.ended", worker=child.number, code=code, again_in_s=pause_s)
        return 0

    def _start(self, child: Child, now: float) -> None:
        child.process = subprocess.Popen(
            self.command,
            env=child.environment,
            start_new_session=True,  # Ctrl-C is for this process, which then ends them
            preexec_fn=_end_with(os.getpid()),  # noqa: PLW1509 - this process has one thread
        )
        child.pace.started(now)
        port = child.environment.get(f"{PREFIX}METRICS_PORT", "")
        log.info("workers.started", worker=child.number, pid=child.process.pid, metrics_port=port)

    def _end(self) -> int:
        """Tell all of them at once, and wait; whether one had to be killed."""
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        until = self.clock() + self.stop_s
        while any(process.poll() is None for process in running) and self.clock() < until:
            self.sleep(_TURN_S)
        late = [process for process in running if process.poll() is None]
        for process in late:
            log.error("workers.killed", pid=process.pid, waited_s=self.stop_s)
            process.kill()
            process.wait()
        log.info("workers.stopped", workers=len(running))
        return 1 if late else 0


def supervise(command: Sequence[str], environments: Sequence[dict[str, str]], stop_timeout_s: float) -> int:
    """Run these workers until SIGTERM or SIGINT; the exit code."""
    supervisor = Supervisor(command, environments, stop_timeout_s + GRACE_S)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, supervisor.stop)
    return supervisor.run()


def worker_command() -> list[str]:
    """The command line of one worker."""
    return [sys.executable, "-m", "patternwatch.cli", "worker"]


def _end_with(parent: int) -> Callable[[], None] | None:
    """What a child runs before its program: on Linux it is ended with its parent, even a killed one.

    Else workers without a supervisor would go on, on the ports of those that the next one starts.
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def end_with_parent() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it has died already
            os._exit(1)

    return end_with_parent
