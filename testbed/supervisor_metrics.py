"""What the supervisor's processes use, as Prometheus metrics."""

from __future__ import annotations

import time
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from testbed.process_usage import tree_usage
from testbed.supervisor import Supervisor


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
