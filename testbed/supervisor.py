"""Starts processes, restarts those that die, and exports what it sees of them."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from testbed.errors import StartError
from testbed.ports import HOST
from testbed.process_usage import tree_usage

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


class SupervisorCollector(Collector):
    """Usage, restarts and age of every service's process tree, labelled with the service."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor

    def collect(self) -> Iterable[Metric]:
        """Read /proc at scrape time."""

        def counter(name: str, text: str, *labels: str) -> CounterMetricFamily:
            return CounterMetricFamily(name, text, labels=["service", *labels])

        def gauge(name: str, text: str) -> GaugeMetricFamily:
            return GaugeMetricFamily(name, text, labels=["service"])

        cpu = counter("supervisor_cpu_seconds_total", "CPU time.", "mode")
        disk = counter("supervisor_io_bytes_total", "Bytes from and to disk.", "direction")
        faults = counter("supervisor_page_faults_total", "Page faults.")
        restarts = counter("supervisor_restarts_total", "Restarts after an exit.")
        alive = gauge("supervisor_process_up", "1 while it runs.")
        age = gauge("supervisor_process_age_seconds", "Time since its start.")
        resident = gauge("supervisor_resident_memory_bytes", "Resident memory.")
        processes = gauge("supervisor_processes", "Processes of the tree.")
        threads = gauge("supervisor_threads", "Threads of the tree.")
        files = gauge("supervisor_open_files", "Open file descriptors.")
        waiting = gauge("supervisor_disk_sleep_processes", "Processes in uninterruptible sleep.")
        for entry in self._supervisor.managed.values():
            service, process = entry.spec.service, entry.process
            if service is None or process is None:
                continue
            running = process.returncode is None
            restarts.add_metric([service], entry.restarts)
            alive.add_metric([service], float(running))
            if not running:
                continue
            usage = tree_usage(process.pid)
            cpu.add_metric([service, "user"], usage.cpu_user)
            cpu.add_metric([service, "system"], usage.cpu_system)
            disk.add_metric([service, "read"], usage.read_bytes)
            disk.add_metric([service, "write"], usage.write_bytes)
            faults.add_metric([service], usage.page_faults)
            age.add_metric([service], time.time() - entry.started_at)
            resident.add_metric([service], usage.resident)
            processes.add_metric([service], usage.processes)
            threads.add_metric([service], usage.threads)
            files.add_metric([service], usage.open_files)
            waiting.add_metric([service], usage.states.get("D", 0))
        families: list[Metric] = [cpu, disk, faults, restarts, alive, age, resident]
        return [*families, processes, threads, files, waiting]


def exporter_app(supervisor: Supervisor) -> Starlette:
    """ASGI application with the supervisor's /metrics."""
    registry = CollectorRegistry()
    registry.register(SupervisorCollector(supervisor))

    async def export(_: Request) -> Response:
        return Response(generate_latest(registry), media_type="text/plain")

    return Starlette(routes=[Route("/metrics", export)])
