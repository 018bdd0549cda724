"""Faults of pods and releases: killed, leaking, released badly, a bad canary."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from testbed.kube.cluster import Cluster
from testbed.kube.faults.model import Plan
from testbed.kube.hazards import write_hazard
from testbed.kube.workloads import ContainerSpec, Workload


def key_of(plan: Plan) -> str:
    """Key of the subject's workload."""
    return f"{plan.subject.name}.{plan.subject.namespace}"


@asynccontextmanager
async def pods_killed(cluster: Cluster, plan: Plan) -> AsyncIterator[None]:
    """All pods vanish, and none can be made: the namespace's quota is used up."""
    key = key_of(plan)
    cluster.controller.creation_held.add(key)
    for pod in cluster.controller.pods_of(key):
        cluster.controller.delete(pod, grace=False)
    yield
    cluster.controller.creation_held.discard(key)


@asynccontextmanager
async def containers_gone(cluster: Cluster, plan: Plan) -> AsyncIterator[None]:
    """Its containers die, and cannot be created again; the pods stay."""
    key = key_of(plan)
    cluster.controller.restarts_held.add(key)
    for pod in cluster.controller.pods_of(key):
        cluster.controller.lifecycle.kill(pod.containers[0])
    yield
    cluster.controller.restarts_held.discard(key)


@asynccontextmanager
async def switched(cluster: Cluster, plan: Plan) -> AsyncIterator[None]:
    """The plan's strengths as hazards of all pods of the subject."""
    write_hazard(cluster.state, plan.subject.name, plan.strength)
    yield
    write_hazard(cluster.state, plan.subject.name, {})


@asynccontextmanager
async def released(cluster: Cluster, plan: Plan) -> AsyncIterator[None]:
    """A rollout of v2, which has the plan's hazards (none: a healthy release)."""
    old = cluster.controller.workloads[key_of(plan)]
    if plan.strength:
        write_hazard(cluster.state, f"{plan.subject.name}@v2", plan.strength)
    cluster.controller.apply(old.changed(version="v2"))
    yield
    cluster.controller.apply(old)


@asynccontextmanager
async def canary(cluster: Cluster, plan: Plan) -> AsyncIterator[None]:
    """One pod of a second Deployment takes its share of the Service's calls, and is bad."""
    of = plan.others[0].name
    stable = cluster.controller.workloads[f"{of}.{plan.subject.namespace}"]
    write_hazard(cluster.state, plan.subject.name, plan.strength)
    own = stable.changed(name=plan.subject.name, replicas=1, version="v2", serves=of)
    cluster.controller.apply(own)
    yield
    cluster.controller.remove(own.key)


@asynccontextmanager
async def limited(cluster: Cluster, plan: Plan) -> AsyncIterator[None]:
    """A change of configuration that gives far too little CPU, rolled out at once."""
    old = cluster.controller.workloads[key_of(plan)]
    millis = int(plan.strength["cpu_millis"])
    first: ContainerSpec = old.containers[0]
    for pod in cluster.controller.pods_of(old.key):
        pod.containers[0].cgroup.limit_cpu(millis)  # resized in place, as Kubernetes can since 1.27
    yield
    for pod in cluster.controller.pods_of(old.key):
        pod.containers[0].cgroup.limit_cpu(first.cpu_millis)


@asynccontextmanager
async def neighbour(cluster: Cluster, plan: Plan) -> AsyncIterator[None]:
    """A batch workload without limits that starts beside the others."""
    write_hazard(cluster.state, plan.subject.name, {"busy_ms": 200.0, "pause_s": 0.0, "seconds": 3600.0})
    container = ContainerSpec(plan.subject.name, "batch", 0, 0, 0)
    replicas = int(plan.strength["pods"])
    own = Workload(
        "Deployment", plan.subject.namespace, plan.subject.name, replicas, (container,), serves="-"
    )
    cluster.controller.apply(own)
    yield
    cluster.controller.remove(own.key)


@asynccontextmanager
async def scaled(cluster: Cluster, plan: Plan) -> AsyncIterator[None]:
    """More or fewer replicas."""
    old = cluster.controller.workloads[key_of(plan)]
    cluster.controller.apply(old.changed(replicas=int(plan.strength["replicas"])))
    yield
    cluster.controller.apply(old)
