"""prometheus.yml with the jobs and labels of kube-prometheus-stack.

The chart's monitors: https://github.com/prometheus-community/helm-charts (kube-prometheus-stack). The
kubelet and kube-state-metrics tell of other objects, so their own labels win (honor_labels).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from testbed.kube.kubelet import KUBELET_PORT, NODE_PORT
from testbed.kube.network import GATEWAY
from testbed.kube.publisher import DEFAULT_TARGETS
from testbed.kube.visitors import PORT as VISITORS_PORT
from testbed.kube.workloads import Scrape, Workload

RELEASE = "kube-prometheus-stack"
SCRAPE_SECONDS = 1
STATE_METRICS_PORT = 8081
PROMETHEUS_PORT = 9090


def prometheus_config(state: Path, nodes: Mapping[str, str], workloads: list[Workload]) -> str:
    """The configuration, as JSON, which is YAML; ``nodes`` are addresses by name."""
    keeps = {
        scrape.job: scrape
        for load in workloads
        for one in load.containers
        for scrape in one.scrapes
        if scrape.keep
    }
    jobs = [_pods(state, None), *(_pods(state, scrape) for scrape in keeps.values())]
    jobs += [_kubelets(nodes), _node_exporters(nodes), _state_metrics(), _visitors()]
    interval = f"{SCRAPE_SECONDS}s"
    return json.dumps(
        {"global": {"scrape_interval": interval, "scrape_timeout": interval}, "scrape_configs": jobs},
        indent=1,
    )


def _pods(state: Path, scrape: Scrape | None) -> dict[str, Any]:
    name = scrape.job if scrape else DEFAULT_TARGETS
    job: dict[str, Any] = {
        "job_name": f"pods-{name}",
        "file_sd_configs": [{"files": [str(state / "targets" / f"{name}.json")], "refresh_interval": "5s"}],
    }
    if scrape:
        job["metric_relabel_configs"] = [
            {"source_labels": ["__name__"], "regex": scrape.keep, "action": "keep"},
            {"source_labels": ["datname"], "regex": "|shop", "action": "keep"},
        ]
    return job


def _kubelets(nodes: Mapping[str, str]) -> dict[str, Any]:
    path = "/metrics/cadvisor"
    groups = [
        {
            "targets": [f"{ip}:{KUBELET_PORT}"],
            "labels": {
                "job": "kubelet",
                "service": f"{RELEASE}-kubelet",
                "namespace": "kube-system",
                "endpoint": "https-metrics",
                "metrics_path": path,
                "node": name,
            },
        }
        for name, ip in nodes.items()
    ]
    return {"job_name": "kubelet", "metrics_path": path, "honor_labels": True, "static_configs": groups}


def _node_exporters(nodes: Mapping[str, str]) -> dict[str, Any]:
    groups = [
        {
            "targets": [f"{ip}:{NODE_PORT}"],
            "labels": {
                "job": "node-exporter",
                "service": f"{RELEASE}-prometheus-node-exporter",
                "namespace": "monitoring",
                "pod": f"{RELEASE}-prometheus-node-exporter-{name[-6:].replace('-', 'x')}",
                "container": "node-exporter",
                "endpoint": "http-metrics",
                "node": name,
            },
        }
        for name, ip in nodes.items()
    ]
    return {"job_name": "node-exporter", "static_configs": groups}


def _state_metrics() -> dict[str, Any]:
    labels = {
        "job": "kube-state-metrics",
        "service": f"{RELEASE}-kube-state-metrics",
        "namespace": "monitoring",
        "pod": f"{RELEASE}-kube-state-metrics-6f5d78c9b4-x2x7k",
        "container": "kube-state-metrics",
        "endpoint": "http",
    }
    group = {"targets": [f"{GATEWAY}:{STATE_METRICS_PORT}"], "labels": labels}
    return {"job_name": "kube-state-metrics", "honor_labels": True, "static_configs": [group]}


def _visitors() -> dict[str, Any]:
    labels = {"job": "visitors", "service": "visitors", "namespace": "outside"}
    return {
        "job_name": "visitors",
        "static_configs": [{"targets": [f"{GATEWAY}:{VISITORS_PORT}"], "labels": labels}],
    }
