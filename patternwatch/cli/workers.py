"""`patternwatch worker --processes N`: N workers, each a process of its own, kept running until a signal.

A supervisor of one machine, for where none is at hand; an orchestrator's own does as well with N containers.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog

from patternwatch.cli.kept_process import BAD_INPUT, KeptProcess, Process, end_all
from patternwatch.cli.parent_watch import ends_with_us
from patternwatch.cli.stop_signals import STOP_SIGNALS
from patternwatch.contracts.errors import InputError
from patternwatch.contracts.renamed_settings import PREFIX
from patternwatch.usable_memory import MIB, watch_memory_bytes

log = structlog.get_logger()

GRACE_S = 2.0
"""Beyond `stop_timeout_s`, after which a worker ends by itself."""
_TURN_S = 0.1


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
    children: list[KeptProcess] = field(init=False)

    def __post_init__(self) -> None:
        self.children = [
            KeptProcess(partial(self._start, number, own), {"worker": number})
            for number, own in enumerate(self.environments)
        ]

    def stop(self, *_: object) -> None:
        """Let `run` end the workers and return; fit to handle a signal."""
        self.stopping = True

    def run(self) -> int:
        """Keep them running until `stop` is called; the exit code.

        It is 2 as soon as one ends with 2: a mistake in the settings is one in all of them. It is 1 where one
        had to be killed.
        """
        is_bad = False
        while not self.stopping and not is_bad:
            is_bad = BAD_INPUT in [child.look(self.clock()) for child in self.children]
            self.sleep(_TURN_S)
        if is_bad:
            log.error("workers.bad_settings", code=BAD_INPUT)
        running = [child.process for child in self.children if child.process is not None]
        killed = end_all(running, self.stop_s, self.clock, self.sleep)
        log.info("workers.stopped", workers=len(running))
        return BAD_INPUT if is_bad else int(bool(killed))

    def _start(self, number: int, environment: dict[str, str]) -> Process:
        process = subprocess.Popen(
            self.command,
            env=environment | ends_with_us(),
            start_new_session=True,  # Ctrl-C is for this process, which then ends them
        )
        port = environment.get(f"{PREFIX}METRICS_PORT", "")
        log.info("workers.started", worker=number, pid=process.pid, metrics_port=port)
        return process


def supervise(command: Sequence[str], environments: Sequence[dict[str, str]], stop_timeout_s: float) -> int:
    """Run these workers until SIGTERM, SIGINT or SIGHUP; the exit code."""
    supervisor = Supervisor(command, environments, stop_timeout_s + GRACE_S)
    for number in STOP_SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # as it is by nohup
            signal.signal(number, supervisor.stop)
    return supervisor.run()


def worker_command() -> list[str]:
    """The command line of one worker."""
    return [sys.executable, "-m", "patternwatch.cli", "worker"]
