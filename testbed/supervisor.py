"""Starts processes and restarts those that die."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from testbed.errors import StartError
from testbed.ports import HOST

RESTART_DELAY_S = 1.0
START_DEADLINE_S = 20.0
STOP_DEADLINE_S = 8.0


@dataclass(frozen=True)
class ProcessSpec:
    """What to run, and the TCP port that is open once it is ready."""

    name: str
    argv: Sequence[str]
    port: int
    service: str | None = None
    """Logical service under which its usage is exported; None for exporters and Prometheus."""
    stop_signal: signal.Signals = signal.SIGTERM


@dataclass
class Managed:
    """A spec with its running process."""

    spec: ProcessSpec
    process: asyncio.subprocess.Process | None = None
    restarts: int = 0
    started_at: float = 0.0
    keeper: asyncio.Task[None] | None = None


def raise_autogroup(pid: int) -> None:
    """Give the session of a new process our niceness too (see sched(7), "The autogroup feature").

    Where autogroups are on, the niceness of a process counts within its session only.
    """
    niceness = os.getpriority(os.PRIO_PROCESS, 0)
    group = Path(f"/proc/{pid}/autogroup")
    if niceness < 0 and group.exists():
        group.write_text(str(niceness))


async def port_open(port: int) -> bool:
    """Whether something accepts connections on the loopback port."""
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True


@dataclass
class Supervisor:
    """Owns every process of a stack; ends them all in :meth:`stop`."""

    logs: Path
    managed: dict[str, Managed] = field(default_factory=dict)
    stopping: bool = False

    async def start(self, spec: ProcessSpec) -> None:
        """Run a process, wait until its port is open and keep it running from then on.

        Raises:
            StartError: It ended, or its port was closed until the deadline; the message names its log file.
        """
        entry = self.managed[spec.name] = Managed(spec)
        await self._spawn(entry)
        deadline = time.monotonic() + START_DEADLINE_S
        while not await port_open(spec.port):
            assert entry.process is not None
            if entry.process.returncode is not None or time.monotonic() > deadline:
                raise StartError(f"{spec.name} did not start; see {self._log(spec)}")
            await asyncio.sleep(0.05)
        entry.keeper = asyncio.create_task(self._keep(entry))

    async def spawn(self, spec: ProcessSpec) -> None:
        """Run a process and keep it running, without waiting for a port."""
        entry = self.managed[spec.name] = Managed(spec)
        await self._spawn(entry)
        entry.keeper = asyncio.create_task(self._keep(entry))

    async def stop(self) -> None:
        """End all processes, the youngest first; those that stay are killed."""
        self.stopping = True
        for entry in reversed(self.managed.values()):
            if entry.keeper:
                entry.keeper.cancel()
            process = entry.process
            if process is None or process.returncode is not None:
                continue
            process.send_signal(entry.spec.stop_signal)
            try:
                await asyncio.wait_for(process.wait(), STOP_DEADLINE_S)
            except TimeoutError:
                process.kill()
                await process.wait()

    def kill(self, name: str) -> None:
        """Kill -9 of a process; it comes back after the restart delay."""
        process = self.managed[name].process
        if process is not None and process.returncode is None:
            process.kill()

    def _log(self, spec: ProcessSpec) -> Path:
        return self.logs / f"{spec.name}.log"

    async def _spawn(self, entry: Managed) -> None:
        with self._log(entry.spec).open("ab") as log:
            entry.process = await asyncio.create_subprocess_exec(
                *entry.spec.argv,
                stdout=log,
                stderr=log,
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
            )
        raise_autogroup(entry.process.pid)
        entry.started_at = time.time()

    async def _keep(self, entry: Managed) -> None:
        while not self.stopping:
            assert entry.process is not None
            await entry.process.wait()
            await asyncio.sleep(RESTART_DELAY_S)
            if not self.stopping:
                entry.restarts += 1
                await self._spawn(entry)
