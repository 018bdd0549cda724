"""Faults of nodes and of the network between them."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from testbed.kube.cluster import Cluster
from testbed.kube.faults.model import Plan
from testbed.kube.network import PodNetwork, tc
from testbed.kube.pod import Pod

BURN = "import hashlib\nwhile True: hashlib.sha256(b'x' * 65536).digest()"


def pods_on(cluster: Cluster, node: str) -> list[Pod]:
    """Pods that run on a node."""
    return [pod for pod in cluster.controller.pods.values() if pod.node == node]


@asynccontextmanager
async def pressed(cluster: Cluster, plan: Plan) -> AsyncIterator[None]:
    """Processes of the node itself, outside of any pod, take its CPU."""
    group = cluster.system_group(plan.subject.name)
    burners = [
        await cluster.run_in(group, [sys.executable, "-c", BURN], "burner")
        for _ in range(int(plan.strength["burners"]))
    ]
    yield
    for burner in burners:
        burner.kill()
        await burner.wait()


@asynccontextmanager
async def lost(cluster: Cluster, plan: Plan) -> AsyncIterator[None]:
    """The node hangs: every process on it is stopped, and its pods' cables are out."""
    node = plan.subject.name
    there = pods_on(cluster, node)
    pids = list(cluster.system_group(node).pids())
    for pod in there:
        pids += [pid for one in pod.containers for pid in one.cgroup.pids()]
        if pod.network:
            await pod.network.switch(up=False)
    _send(pids, signal.SIGSTOP)
    yield
    _send(pids, signal.SIGCONT)


@asynccontextmanager
async def parted(cluster: Cluster, plan: Plan) -> AsyncIterator[None]:
    """Pods of two nodes no longer reach each other; both reach everybody else."""
    first, second = plan.subject.name, plan.others[0].name
    cut: set[str] = set()

    async def cut_new() -> None:
        while True:
            here, there = pods_on(cluster, first), pods_on(cluster, second)
            for pod, others in [*((pod, there) for pod in here), *((pod, here) for pod in there)]:
                if pod.name not in cut and pod.network:
                    await pod.network.lose([other.ip for other in others])
                    cut.add(pod.name)
            await asyncio.sleep(1.0)

    async with beside(cut_new()):
        yield


@asynccontextmanager
async def narrowed(cluster: Cluster, plan: Plan) -> AsyncIterator[None]:
    """The link of each of the subject's pods carries only so many kilobits a second."""
    key = f"{plan.subject.name}.{plan.subject.namespace}"
    networks: list[PodNetwork] = [pod.network for pod in cluster.controller.pods_of(key) if pod.network]
    rate = f"{int(plan.strength['kbit'])}kbit"
    for network in networks:
        await tc(
            "qdisc",
            "add",
            "dev",
            network.device,
            "root",
            "tbf",
            "rate",
            rate,
            "burst",
            "3kb",
            "latency",
            "3s",
        )
    yield
    for network in networks:
        await tc("qdisc", "del", "dev", network.device, "root")


@asynccontextmanager
async def drained(cluster: Cluster, plan: Plan) -> AsyncIterator[None]:
    """The node takes no new pods, and hands its stateless ones on one after the other."""
    node = cluster.controller.nodes[plan.subject.name]
    node.unschedulable = True

    async def hand_on() -> None:
        for pod in pods_on(cluster, node.name):
            if pod.workload.kind == "Deployment" and pod.workload.replicas > 1:
                fresh = cluster.controller.make_pod(pod.workload)
                while fresh and not fresh.ready:  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
                cluster.controller.delete(pod)
                await asyncio.sleep(4.0)

    async with beside(hand_on()):
        yield
    node.unschedulable = False


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do a work beside the block, and cancel it at the end; what it raised by itself is raised then."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        done = await asyncio.gather(task, return_exceptions=True)
    if isinstance(done[0], Exception):
        raise done[0]


def _send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
