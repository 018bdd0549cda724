"""What the control plane tells others, in files: endpoints, pods of each node, scrape targets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed.kube.pod import Pod
from testbed.kube.workloads import Scrape, Workload

if TYPE_CHECKING:
    from testbed.kube.controller import Node

DEFAULT_TARGETS = "default"


def endpoints(workloads: Mapping[str, Workload], pods: Mapping[str, Pod]) -> dict[str, list[str]]:
    """Addresses of the ready pods of each Service."""
    found: dict[str, list[str]] = {load.service: [] for load in workloads.values() if load.service}
    for pod in pods.values():
        if pod.ready and not pod.finished and pod.workload.service in found:
            found[pod.workload.service].append(pod.ip)
    return found


def target_labels(pod: Pod, container: str, scrape: Scrape) -> dict[str, str]:
    """Labels of a target as the operator's ServiceMonitor (or PodMonitor, for proxies) makes them."""
    labels = {
        "job": scrape.job,
        "namespace": pod.workload.namespace,
        "pod": pod.name,
        "container": scrape.container or container,
        "endpoint": scrape.endpoint,
        "instance": f"{pod.ip}:{scrape.port}",
        "__metrics_path__": scrape.path,
    }
    if not scrape.job.startswith("istio"):
        labels["service"] = scrape.job
    return labels


def targets(pods: Mapping[str, Pod]) -> dict[str, list[dict[str, Any]]]:
    """Groups for file_sd, by the file that they go into: one for each list of names to keep."""
    found: dict[str, list[dict[str, Any]]] = {}
    for pod in pods.values():
        for one in pod.containers:
            for scrape in one.spec.scrapes:
                if not one.started or pod.finished:
                    continue
                labels = target_labels(pod, one.spec.name, scrape)
                group = {"targets": [f"{pod.ip}:{scrape.port}"], "labels": labels}
                found.setdefault(scrape.job if scrape.keep else DEFAULT_TARGETS, []).append(group)
    return found


class Publisher:
    """Writes each file when what it says has changed."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._written: dict[Path, str] = {}
        for name in ("nodes", "hazards", "targets", "tls"):
            (state / name).mkdir(parents=True, exist_ok=True)

    def write(
        self, workloads: Mapping[str, Workload], pods: Mapping[str, Pod], nodes: Mapping[str, Node]
    ) -> None:
        """Tell everybody how it is now."""
        self._put(self._state / "endpoints.json", endpoints(workloads, pods))
        for node in nodes.values():
            there = [pod.for_kubelet() for pod in pods.values() if pod.node == node.name]
            self._put(self._state / "nodes" / f"{node.name}.json", there)
        found = targets(pods)
        known = {path.stem for path in self._written if path.parent.name == "targets"}
        for name in {DEFAULT_TARGETS, *known, *found}:
            self._put(self._state / "targets" / f"{name}.json", found.get(name, []))

    def _put(self, path: Path, content: Any) -> None:
        text = json.dumps(content)
        if self._written.get(path) == text:
            return
        draft = path.with_suffix(".draft")
        draft.write_text(text)
        draft.replace(path)
        self._written[path] = text
