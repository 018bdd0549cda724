"""A pod as the controller keeps it: its containers, network and node."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testbed.kube.cgroups import Cgroup
from testbed.kube.network import PodNetwork
from testbed.kube.rules import PodView
from testbed.kube.workloads import ContainerSpec, Workload

RUNNING, WAITING, ENDED = "running", "waiting", "terminated"


@dataclass
class ContainerState:
    """One container and its process, over all of its restarts."""

    spec: ContainerSpec
    state: str = WAITING
    reason: str = "ContainerCreating"
    last_reason: str = ""
    last_exit_code: int = 0
    restarts: int = 0
    started: float = 0.0
    ready: bool = False
    process: asyncio.subprocess.Process | None = None
    cgroup: Cgroup = field(default_factory=lambda: Cgroup(""))

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self.process is not None and self.process.returncode is None


@dataclass
class Pod:
    """One pod. Its name, address and uid stay for its life; so does its node."""

    name: str
    workload: Workload
    owner_kind: str
    owner: str
    node: str
    ip: str
    uid: str
    containers: list[ContainerState]
    born: float = field(default_factory=time.time)
    network: PodNetwork | None = None
    deleting: bool = False
    lost: bool = False
    """Its node is lost: what it does is unknown, so it is not ready."""
    volume: Path | None = None
    finished: bool = False
    task: asyncio.Task[None] | None = None

    @property
    def ready(self) -> bool:
        """Whether all of its containers are ready and its node is known to live."""
        return not self.lost and not self.deleting and all(one.ready for one in self.containers)

    @property
    def phase(self) -> str:
        """As `kubectl get pods` shows it."""
        if self.finished:
            return "Succeeded"
        return "Running" if any(one.started for one in self.containers) else "Pending"

    def view(self) -> PodView:
        """What rules see."""
        return PodView(self.name, self.workload.version, self.ready, self.born)

    def for_kubelet(self) -> dict[str, Any]:
        """What its node's kubelet has to know to measure it."""
        containers = [
            {
                "name": one.spec.name,
                "cgroup": one.cgroup.path,
                "started": one.started,
                "cpu_millis": one.spec.cpu_millis,
                "memory_bytes": one.spec.memory_mib << 20,
                "image": f"registry.local/{one.spec.program}:{self.workload.version}",
                "id": f"/kubepods/burstable/pod{self.uid}/{one.spec.name}-{one.restarts}",
            }
            for one in self.containers
            if one.alive
        ]
        return {
            "pod": self.name,
            "namespace": self.workload.namespace,
            "uid": self.uid,
            "holder": self.network.holder.pid if self.network else 0,
            "containers": containers,
            "volume": str(self.volume) if self.volume else "",
        }
