"""Label sets as a Prometheus of a Kubernetes cluster has them."""

import hashlib

from benchmarks.watch.metrics import NODE_METRICS, POD_METRICS, Metric
from benchmarks.watch.topology import Topology

Labels = dict[str, str]
CLUSTER, NAMESPACE = "generated", "shop"
LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""What Kubernetes makes names of (`k8s.io/apimachinery/pkg/util/rand`)."""


def service_name(service: int) -> str:
    """The workload's name."""
    return f"svc{service:03d}"


def node_name(node: int) -> str:
    """The machine's name."""
    return f"node{node:03d}"


class PodNames:
    """The labels of each place's pod, and of the next one that comes there."""

    def __init__(self, topology: Topology, seed: int) -> None:
        self._of, self._seed = topology, seed
        self._lives = [0] * topology.pods
        self._labels = [self._named(pod) for pod in range(topology.pods)]

    def of(self, pod: int) -> list[Labels]:
        """Label sets of its sixteen series."""
        return self._labels[pod]

    def renew(self, pod: int) -> list[Labels]:
        """Another pod of the same workload lives there now; its labels."""
        self._lives[pod] += 1
        self._labels[pod] = self._named(pod)
        return self._labels[pod]

    def _named(self, pod: int) -> list[Labels]:
        service = service_name(int(self._of.service_of[pod]))
        digest = hashlib.sha256(f"{self._seed} {pod} {self._lives[pod]}".encode()).digest()
        suffix = "".join(LETTERS[byte % len(LETTERS)] for byte in digest[:5])
        name, node = f"{service}-7d9f8c6b5-{suffix}", node_name(int(self._of.node_of[pod]))
        callee = int(self._of.callee[int(self._of.service_of[pod])])
        return [_pod_labels(metric, service, name, node, callee) for metric in POD_METRICS]


def _pod_labels(metric: Metric, service: str, pod: str, node: str, callee: int) -> Labels:
    """As cAdvisor, the pod's own endpoint and kube-state-metrics give them."""
    labels = {"__name__": metric.name, "cluster": CLUSTER, "namespace": NAMESPACE, "pod": pod}
    match metric.exporter:
        case "kubelet":
            return labels | {"container": service, "node": node, "job": "kubelet"}
        case "state":
            return labels | {"container": service, "resource": "cpu", "job": "kube-state-metrics"}
    labels |= {"service": service, "job": service}
    if metric.name.startswith("client_") and callee >= 0:
        labels["peer"] = service_name(callee)
    return labels


def node_labels(topology: Topology) -> list[Labels]:
    """Label sets of all nodes' series."""
    return [
        {"__name__": metric.name, "cluster": CLUSTER, "job": "node-exporter", "instance": node_name(node)}
        for node in range(topology.nodes)
        for metric in NODE_METRICS
    ]
