"""A small control plane: keeps what workloads want, on nodes that are alive."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import StartError
from testbed.kube.lifecycle import Lifecycle
from testbed.kube.names import node_ip, node_name, suffix, template_hash
from testbed.kube.pod import ContainerState, Pod
from testbed.kube.publisher import Publisher
from testbed.kube.rules import choose_node, decide
from testbed.kube.workloads import DEPLOYMENT, STATEFULSET, ContainerSpec, Workload

STEP_S = 0.5
PROBE_TIMEOUT_S = 1.0
NOT_READY_AFTER_S = 8.0
EVICT_AFTER_S = 25.0
"""Kubernetes waits 40 s and 300 s; a window of some minutes wants it shorter."""
START_DEADLINE_S = 90.0
KEEP_FINISHED_S = 25.0


@dataclass
class Node:
    """A virtual node as the control plane sees it."""

    name: str
    ip: str
    heartbeat: Path
    ready: bool = True
    unready_since: float = 0.0
    memory_pressure: bool = False
    unschedulable: bool = False


class Controller:
    """All workloads, pods and nodes of one cluster. :meth:`run` until cancelled."""

    def __init__(self, prefix: str, state: Path, nodes: int, seed: int) -> None:
        self.state = state
        self.random = random.Random(seed)
        self.workloads: dict[str, Workload] = {}
        self.generations: dict[str, int] = {}
        self.pods: dict[str, Pod] = {}
        self.nodes = {
            node_name(n): Node(node_name(n), node_ip(n), state / "nodes" / f"{node_name(n)}.beat")
            for n in range(nodes)
        }
        self.creation_held: set[str] = set()
        """Workloads for which no pod may be made: a quota, or an admission that fails."""
        self.restarts_held: set[str] = set()
        """Workloads whose containers cannot be created again."""
        self.lifecycle = Lifecycle(prefix, state, self.restarts_held.__contains__)
        self.publisher = Publisher(state)
        self._ends: set[asyncio.Task[None]] = set()
        self._addresses: dict[str, int] = {}

    def apply(self, workload: Workload) -> None:
        """Take over a manifest, new or changed."""
        if self.workloads.get(workload.key) != workload:
            self.generations[workload.key] = self.generations.get(workload.key, 0) + 1
        self.workloads[workload.key] = workload

    def remove(self, key: str) -> None:
        """Forget a workload and delete its pods."""
        self.workloads.pop(key, None)
        for pod in self.pods_of(key):
            self.delete(pod)

    def pods_of(self, key: str, deleting: bool = False) -> list[Pod]:
        """Pods of a workload, by age."""
        return [
            pod for pod in self.pods.values() if pod.workload.key == key and (deleting or not pod.deleting)
        ]

    async def run(self) -> None:
        """Reconcile for ever."""
        while True:
            started = time.monotonic()
            await self.step()
            await asyncio.sleep(max(0.05, STEP_S - (time.monotonic() - started)))

    async def step(self) -> None:
        """Look at nodes and pods, then make the next step of each workload."""
        self._watch_nodes()
        await asyncio.gather(*(self._probe(pod) for pod in self.pods.values()))
        self.raise_failures()
        for workload in list(self.workloads.values()):
            self._reconcile(workload)
        self.publisher.write(self.workloads, self.pods, self.nodes)

    def raise_failures(self) -> None:
        """Raise what ended the task of a pod, other than its deletion."""
        for pod in self.pods.values():
            task = pod.task
            if task and task.done() and not task.cancelled() and (error := task.exception()):
                raise StartError(f"{pod.name}: {type(error).__name__}: {error}") from error

    async def wait_ready(self, key: str) -> None:
        """Until all replicas of a workload are ready; raises StartError after the deadline."""
        deadline = time.monotonic() + START_DEADLINE_S
        while sum(pod.ready for pod in self.pods_of(key)) < self.workloads[key].replicas:
            if time.monotonic() > deadline:
                raise StartError(f"{key} did not become ready; see the logs under {self.state.parent}")
            await asyncio.sleep(0.1)

    def delete(self, pod: Pod, grace: bool = True) -> None:
        """Take a pod out of its Service at once, end it, and forget it then."""
        if pod.deleting:
            return
        pod.deleting = True
        task = asyncio.create_task(self._end(pod, grace))
        self._ends.add(task)
        task.add_done_callback(self._ends.discard)

    async def stop(self) -> None:
        """End every pod without grace."""
        for pod in list(self.pods.values()):
            self.delete(pod, grace=False)
        await asyncio.gather(*self._ends, return_exceptions=True)

    def make_pod(self, workload: Workload) -> Pod | None:
        """Schedule and start one pod; None where no node can take it."""
        places = [node.name for node in self.nodes.values() if node.ready and not node.unschedulable]
        if not places:
            return None
        same = [pod.node for pod in self.pods_of(workload.key)]
        node = choose_node(places, same, [pod.node for pod in self.pods.values()])
        owner_kind, owner = workload.kind, workload.name
        if workload.kind == DEPLOYMENT:
            owner_kind = "ReplicaSet"
            owner = f"{workload.name}-{template_hash(workload.name, workload.version)}"
        containers = [ContainerState(spec) for spec in workload.containers]
        uid = f"{self.random.getrandbits(128):032x}"
        name = self._pod_name(workload, owner)
        pod = Pod(name, workload, owner_kind, owner, node, self._address(node), uid, containers)
        self.pods[pod.name] = pod
        pod.task = asyncio.create_task(self.lifecycle.live(pod))
        return pod

    def _pod_name(self, workload: Workload, owner: str) -> str:
        if workload.kind == STATEFULSET:
            taken = {pod.name for pod in self.pods_of(workload.key)}
            return next(n for n in (f"{workload.name}-{k}" for k in range(99)) if n not in taken)
        return f"{owner}-{suffix(self.random)}"

    def _address(self, node: str) -> str:
        self._addresses[node] = self._addresses.get(node, 9) + 1
        prefix = self.nodes[node].ip.rpartition(".")[0]
        return f"{prefix}.{10 + (self._addresses[node] - 10) % 240}"

    def _reconcile(self, workload: Workload) -> None:
        pods = self.pods_of(workload.key)
        running = [pod for pod in pods if not pod.finished]
        if workload.kind == STATEFULSET and any(pod.deleting for pod in self.pods_of(workload.key, True)):
            return  # a replica's name, volume and address are free only when it is gone
        decision = decide(workload, [pod.view() for pod in running])
        if workload.kind in (DEPLOYMENT, STATEFULSET):
            if workload.key not in self.creation_held:
                for _ in range(decision.create):
                    self.make_pod(workload)
            for name in decision.delete:
                self.delete(self.pods[name])
        for pod in pods:
            if pod.finished and time.time() - pod.born > KEEP_FINISHED_S:
                self.remove(workload.key)

    def _watch_nodes(self) -> None:
        now = time.time()
        for node in self.nodes.values():
            beat = node.heartbeat.stat().st_mtime if node.heartbeat.exists() else now
            ready = now - beat < NOT_READY_AFTER_S
            if ready != node.ready:
                node.ready, node.unready_since = ready, now
            for pod in self.pods.values():
                if pod.node == node.name:
                    pod.lost = not ready
                    if not ready and now - node.unready_since > EVICT_AFTER_S:
                        self.delete(pod, grace=False)

    async def _probe(self, pod: Pod) -> None:
        if pod.lost or pod.deleting:
            return
        await asyncio.gather(*(self._probe_one(pod.ip, one) for one in pod.containers))

    @staticmethod
    async def _probe_one(ip: str, one: ContainerState) -> None:
        spec: ContainerSpec = one.spec
        if not one.alive or spec.port == 0:
            one.ready = one.alive
            return
        try:
            opened = asyncio.open_connection(ip, spec.port)
            _, writer = await asyncio.wait_for(opened, PROBE_TIMEOUT_S)
        except (OSError, TimeoutError):
            one.ready = False
            return
        writer.close()
        one.ready = True

    async def _end(self, pod: Pod, grace: bool) -> None:
        await self.lifecycle.end(pod, grace)
        self.pods.pop(pod.name, None)
