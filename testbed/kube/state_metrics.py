"""What kube-state-metrics tells: the control plane's objects, in its names and labels.

Names: https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from testbed.kube.exposition import Exposition
from testbed.kube.names import template_hash
from testbed.kube.pod import WAITING, ContainerState, Pod
from testbed.kube.workloads import DEPLOYMENT, JOB, STATEFULSET, Workload

if TYPE_CHECKING:
    from testbed.kube.controller import Controller, Node

PHASES = ("Pending", "Running", "Succeeded", "Failed")


def state_page(controller: Controller) -> Exposition:
    """All objects as they are now."""
    page = Exposition()
    for node in controller.nodes.values():
        _node(page, node)
    for key, workload in controller.workloads.items():
        pods = controller.pods_of(key)
        generation = controller.generations.get(key, 1)
        if workload.kind == DEPLOYMENT:
            _deployment(page, workload, pods, generation)
        elif workload.kind == STATEFULSET:
            _statefulset(page, workload, pods)
        elif workload.kind == JOB:
            _job(page, workload, pods)
    for pod in controller.pods.values():
        _pod(page, pod)
    return page


def _node(page: Exposition, node: Node) -> None:
    page.gauge("kube_node_info", 1, node=node.name, internal_ip=node.ip, kubelet_version="v1.29.4")
    page.gauge("kube_node_spec_unschedulable", float(node.unschedulable), node=node.name)
    conditions = {"Ready": node.ready, "MemoryPressure": node.memory_pressure}
    for condition, holds in conditions.items():
        known = node.ready or condition != "Ready"
        states = {"true": holds and known, "false": not holds and known, "unknown": not known}
        for status, value in states.items():
            labels = {"node": node.name, "condition": condition, "status": status}
            page.gauge("kube_node_status_condition", float(value), **labels)


def _deployment(page: Exposition, load: Workload, pods: list[Pod], generation: int) -> None:
    labels = {"namespace": load.namespace, "deployment": load.name}
    ready = sum(pod.ready for pod in pods)
    values = {
        "spec_replicas": load.replicas,
        "status_replicas": len(pods),
        "status_replicas_available": ready,
        "status_replicas_unavailable": max(0, load.replicas - ready),
        "status_replicas_updated": sum(pod.workload.version == load.version for pod in pods),
        "metadata_generation": generation,
    }
    for name, value in values.items():
        page.gauge(f"kube_deployment_{name}", value, **labels)
    versions = {load.version, *(pod.workload.version for pod in pods)}
    for version in versions:
        own = [pod for pod in pods if pod.workload.version == version]
        _replicaset(page, load, version, own)


def _replicaset(page: Exposition, load: Workload, version: str, pods: list[Pod]) -> None:
    labels = {
        "namespace": load.namespace,
        "replicaset": f"{load.name}-{template_hash(load.name, version)}",
    }
    wanted = load.replicas if version == load.version else len(pods)
    page.gauge("kube_replicaset_spec_replicas", wanted, **labels)
    page.gauge("kube_replicaset_status_ready_replicas", sum(pod.ready for pod in pods), **labels)
    owner = {"owner_kind": DEPLOYMENT, "owner_name": load.name, "owner_is_controller": "true"}
    page.gauge("kube_replicaset_owner", 1, **labels, **owner)


def _statefulset(page: Exposition, load: Workload, pods: list[Pod]) -> None:
    labels = {"namespace": load.namespace, "statefulset": load.name}
    page.gauge("kube_statefulset_replicas", load.replicas, **labels)
    page.gauge("kube_statefulset_status_replicas", len(pods), **labels)
    page.gauge("kube_statefulset_status_replicas_ready", sum(pod.ready for pod in pods), **labels)


def _job(page: Exposition, load: Workload, pods: list[Pod]) -> None:
    labels = {"namespace": load.namespace, "job_name": load.name}
    done = sum(pod.finished for pod in pods)
    page.gauge("kube_job_status_active", len(pods) - done, **labels)
    page.gauge("kube_job_status_succeeded", done, **labels)
    owner = {
        "owner_kind": "CronJob",
        "owner_name": load.name.rpartition("-")[0],
        "owner_is_controller": "true",
    }
    page.gauge("kube_job_owner", 1, **labels, **owner)


def _pod(page: Exposition, pod: Pod) -> None:
    labels = {"namespace": pod.workload.namespace, "pod": pod.name, "uid": pod.uid}
    page.gauge(
        "kube_pod_info",
        1,
        **labels,
        node=pod.node,
        pod_ip=pod.ip,
        created_by_kind=pod.owner_kind,
        created_by_name=pod.owner,
    )
    owner = {"owner_kind": pod.owner_kind, "owner_name": pod.owner, "owner_is_controller": "true"}
    page.gauge("kube_pod_owner", 1, **labels, **owner)
    for phase in PHASES[:3] if pod.workload.kind == JOB else PHASES[:2]:
        page.gauge("kube_pod_status_phase", float(pod.phase == phase), **labels, phase=phase)
    page.gauge("kube_pod_status_ready", float(pod.ready), **labels, condition="true")
    for one in pod.containers:
        _container(page, one, {**labels, "container": one.spec.name})


def _container(page: Exposition, one: ContainerState, labels: Mapping[str, str]) -> None:
    page.counter("kube_pod_container_status_restarts_total", one.restarts, **labels)
    if one.state == WAITING:
        page.gauge("kube_pod_container_status_waiting_reason", 1, **labels, reason=one.reason)
    if one.last_reason:
        page.gauge("kube_pod_container_status_last_terminated_reason", 1, **labels, reason=one.last_reason)
