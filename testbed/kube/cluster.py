"""One whole cluster on this machine: nodes, control plane, applications, Prometheus, visitors.

It must run inside of a network, mount and process namespace of its own (:mod:`testbed.kube.commands`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg

from testbed.database import connect_when_up
from testbed.errors import StartError
from testbed.kube.cgroups import Cgroup, check_machine, remove_stale
from testbed.kube.controller import Controller, Node
from testbed.kube.exposition import CONTENT_TYPE
from testbed.kube.images import SCHEMA, environment
from testbed.kube.monitoring import PROMETHEUS_PORT, STATE_METRICS_PORT, prometheus_config
from testbed.kube.network import GATEWAY, make_bridge
from testbed.kube.state_metrics import state_page
from testbed.kube.tls import make_certificates
from testbed.kube.wire import Answer, Request, serve
from testbed.kube.workloads import workloads
from testbed.programs import find_program
from testbed.supervisor import ProcessSpec, Supervisor

NODES = 3
NODE_CPU_MILLIS = 650
NODE_MEMORY_MIB = 1024
CPU_WEIGHT = 4096
"""Of the whole cluster beside other work of the machine: small, but it should not wait for its turn."""
PREFIX = "testbed-"


@dataclass(frozen=True)
class ClusterOptions:
    """What differs between clusters."""

    work: Path
    seed: int = 1


class Cluster:
    """A running cluster. Use :meth:`start`, then :meth:`stop` whatever happens."""

    def __init__(self, options: ClusterOptions) -> None:
        self.options = options
        work = self.work = options.work.resolve()
        self.state = work / "state"
        for folder in (self.state, work / "logs", work / "volumes"):
            folder.mkdir(parents=True, exist_ok=True)
        # A process namespace starts at 1, so its number does not tell clusters apart: the folder does.
        self.group = Cgroup(f"{PREFIX}{work.name}")
        self.controller = Controller(self.group.path, self.state, NODES, options.seed)
        self.supervisor = Supervisor(work / "logs")
        self._tasks: list[asyncio.Task[None]] = []
        self.kubelets: dict[str, asyncio.subprocess.Process] = {}

    @property
    def prometheus_url(self) -> str:
        """Address of Prometheus, inside of the cluster's network."""
        return f"http://{GATEWAY}:{PROMETHEUS_PORT}"

    async def start(self) -> None:
        """Start everything; returns when all pods are ready and visitors arrive.

        Raises:
            UnsupportedMachineError: The machine lacks root, control groups or namespaces.
            MissingProgramError: A server or exporter is not installed.
            StartError: Something did not become ready; the message names it.
        """
        check_machine()
        remove_stale(PREFIX)
        await make_bridge([node.ip for node in self.controller.nodes.values()])
        self.group.make()
        self.group.share(CPU_WEIGHT)
        control_plane = Cgroup(f"{self.group.path}/control-plane")
        control_plane.make()
        control_plane.enter(os.getpid())  # with Prometheus and the visitors, which are started from here
        make_certificates(self.state / "tls")
        for node in self.controller.nodes.values():
            await self.start_node(node)
        self._tasks.append(asyncio.create_task(self.controller.run()))
        await self._start_workloads()
        server = await serve(self._export_state, GATEWAY, STATE_METRICS_PORT)
        self._tasks.append(asyncio.create_task(server.serve_forever()))
        await self._start_monitoring()

    async def _start_workloads(self) -> None:
        every = workloads()
        for load in every[:4]:
            self.controller.apply(load)
        await self._all_ready()
        await asyncio.to_thread(self._create_schema)
        for load in every[4:]:
            self.controller.apply(load)
            await asyncio.sleep(0.3)
        await self._all_ready()

    async def _all_ready(self) -> None:
        for key in list(self.controller.workloads):
            self.check()
            await self.controller.wait_ready(key)

    async def _start_monitoring(self) -> None:
        nodes = {node.name: node.ip for node in self.controller.nodes.values()}
        (self.work / "prometheus.yml").write_text(prometheus_config(self.state, nodes, workloads()))
        seed = str(self.options.seed)
        visitors = [sys.executable, "-m", "testbed.kube.visitors", "--state", str(self.state), "--seed", seed]
        prometheus = [
            find_program("prometheus"),
            f"--config.file={self.work / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.work / 'tsdb'}",
            f"--web.listen-address=0.0.0.0:{PROMETHEUS_PORT}",
            "--log.level=warn",
        ]
        await self.supervisor.start(ProcessSpec("prometheus", prometheus, PROMETHEUS_PORT))
        await self.supervisor.spawn(ProcessSpec("visitors", visitors, 0))

    async def start_node(self, node: Node) -> None:
        """Make a node's control group and start its agent in the system's part of it."""
        group = Cgroup(f"{self.group.path}/{node.name}")
        group.make(NODE_CPU_MILLIS)
        system = self.system_group(node.name)
        system.make()
        argv = [
            *(sys.executable, "-m", "testbed.kube.kubelet", "--name", node.name, "--ip", node.ip),
            *("--state", str(self.state), "--group", group.path),
            *("--cpu-millis", str(NODE_CPU_MILLIS), "--memory-mib", str(NODE_MEMORY_MIB)),
        ]
        self.kubelets[node.name] = await self.run_in(system, argv, f"kubelet-{node.name}")

    def system_group(self, node: str) -> Cgroup:
        """The group of what runs on a node outside of pods."""
        return Cgroup(f"{self.group.path}/{node}/system.slice")

    async def run_in(self, group: Cgroup, argv: list[str], log: str) -> asyncio.subprocess.Process:
        """Run a process in a control group, in the cluster's own network."""
        with (self.work / "logs" / f"{log}.log").open("ab") as out:
            return await asyncio.create_subprocess_exec(
                *("sh", "-c", f'{group.entry()} && exec "$@"', "sh", *argv),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=environment(),
            )

    def database(self) -> str:
        """Connection string of the shop's database, at the pod where it is now."""
        pods = self.controller.pods_of("postgres.shop")
        if not pods:
            raise StartError("postgres.shop has no pod")
        return f"postgresql://postgres@{pods[0].ip}:5432/shop"

    def _create_schema(self) -> None:
        url = self.database()
        with connect_when_up(url.replace("/shop", "/postgres")) as connection:
            connection.execute(b"CREATE DATABASE shop")
        with psycopg.connect(url) as connection:
            connection.execute(SCHEMA.encode())

    async def _export_state(self, _: Request) -> Answer:
        text = state_page(self.controller).text()
        return Answer(200, text.encode(), content_type=CONTENT_TYPE)

    def check(self) -> None:
        """Raise what ended the control plane, where something did."""
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()):
                raise StartError(f"the control plane ended: {error}") from error

    async def stop(self) -> None:
        """End every process and remove every group of this cluster."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.supervisor.stop()
        await self.controller.stop()
        for process in self.kubelets.values():
            if process.returncode is None:
                process.kill()
                await process.wait()
        for pid in self.system_pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        Cgroup("").enter(os.getpid())
        await asyncio.sleep(0.2)
        self.group.remove()

    def system_pids(self) -> list[int]:
        """Processes on nodes outside of pods."""
        return [pid for name in self.controller.nodes for pid in self.system_group(name).pids()]
