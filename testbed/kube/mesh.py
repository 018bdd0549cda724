"""What a sidecar of Istio counts, counted by the middleware of callers and servers.

Names and labels are those of https://istio.io/latest/docs/reference/config/metrics/ (Istio standard
metrics): each call is told twice, by the source's proxy and by the destination's.
"""

from __future__ import annotations

from testbed.kube.exposition import Exposition
from testbed.kube.identity import Identity

BOUNDS_MS = (25.0, 250.0, 2500.0)
"""Three of Istio's bounds: operators drop the others to save series."""
PEER = "x-peer"
"""Header with workload, namespace and version of the sender, as proxies exchange their metadata."""


class Mesh:
    """The proxy's metrics of one pod."""

    def __init__(self, identity: Identity) -> None:
        self.page = Exposition()
        self._own = identity

    def header(self) -> dict[str, str]:
        """What a message says of its sender."""
        own = self._own
        return {PEER: f"{own.workload}/{own.namespace}/{own.version}"}

    def served(self, peer: str, code: int, seconds: float) -> None:
        """A request that this pod answered."""
        source, namespace, _ = _split(peer)
        own = self._own
        labels = _labels("destination", source, namespace, own.workload, own.namespace, own.version)
        self._count(labels, str(code), "-", seconds)

    def called(self, service: str, peer: str, code: int, flags: str, seconds: float) -> None:
        """A call of this pod; code 0 and a response flag where no answer came."""
        workload, namespace, version = _split(peer)
        own = self._own
        workload = service.split(".", maxsplit=1)[0] if workload == "unknown" else workload
        namespace = own.namespace if namespace == "unknown" else namespace
        labels = _labels("source", own.workload, own.namespace, workload, namespace, version)
        self._count(labels, str(code), flags, seconds)

    def _count(self, labels: dict[str, str], code: str, flags: str, seconds: float) -> None:
        page = self.page
        page.count("istio_requests_total", 1, **labels, response_code=code, response_flags=flags)
        page.observe("istio_request_duration_milliseconds", seconds * 1000, BOUNDS_MS, **labels)


def _split(peer: str) -> tuple[str, str, str]:
    workload, _, rest = peer.partition("/")
    namespace, _, version = rest.partition("/")
    return workload or "unknown", namespace or "unknown", version or "unknown"


def _labels(
    reporter: str, source: str, source_namespace: str, workload: str, namespace: str, version: str
) -> dict[str, str]:
    return {
        "reporter": reporter,
        "source_workload": source,
        "source_workload_namespace": source_namespace,
        "destination_workload": workload,
        "destination_workload_namespace": namespace,
        "destination_service_name": workload,
        "destination_service": f"{workload}.{namespace}.svc.cluster.local",
        "destination_version": version,
        "request_protocol": "http",
    }
