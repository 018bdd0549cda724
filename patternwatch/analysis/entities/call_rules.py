"""By which labels service meshes and tracers name who calls and who is called.

Sources: Istio, "Istio Standard Metrics"; Grafana Tempo, "Service graphs"; Envoy, "Cluster manager:
Statistics"; Linkerd, "Proxy Metrics"; Cilium, "Monitoring & Metrics"; Kuma, "Multi-zone and service tags";
node_exporter, collector `mountstats`; percona/mongodb_exporter, collector `replicasetstatus`.
"""

from dataclasses import dataclass

from patternwatch.analysis.entities.service_names import first_service
from patternwatch.contracts.series import Labels


@dataclass(frozen=True, slots=True)
class CallRule:
    """Metrics whose names begin with `prefix` name the caller and the callee by the first of these labels.

    Without `callers` the series' own entity calls, and with `own` where none of them is there. The callee's
    side tells of it where `reporter` has the value `server`, or always where that is empty; by `None` nothing
    says so.
    """

    prefix: str
    callers: tuple[str, ...]
    callees: tuple[str, ...]
    server: str | None = None
    own: bool = False

    def told_by_third(self, labels: Labels) -> bool:
        """Whether a proxy or a tracer tells of both ends."""
        return bool(self.callers) and (not self.own or bool(first_service(labels, self.callers)[0]))

    def by_callee(self, labels: Labels) -> bool:
        """Whether the callee's side tells of it."""
        return self.server is not None and self.server in ("", labels.get(_REPORTER))


_DESTINATION = (
    "destination_workload",
    "destination_canonical_service",
    "destination_app",
    "destination_service_name",
)
_PROXIED = ("deployment", "statefulset", "daemonset", "k8s_job")
"""Whose proxy it is, as Linkerd's scrape configuration says (`linkerd.io/proxy-...`)."""
_DST = ("dst_deployment", "dst_statefulset", "dst_daemonset", "dst_service")
_REPORTER = "reporter"
RULES = (
    CallRule(
        "istio_", ("source_workload", "source_canonical_service", "source_app"), _DESTINATION, "destination"
    ),
    CallRule("hubble_", ("source_workload", "source_app"), _DESTINATION, "server"),
    CallRule("traces_service_graph_request_server_", ("client",), ("server",), ""),
    CallRule("traces_service_graph_", ("client",), ("server",)),
    CallRule(
        "envoy_cluster_",
        ("consul_source_service",),
        ("consul_destination_service", "envoy_cluster_name"),
        own=True,
    ),
    # node_exporter: of what a machine reads and writes on a server's disks
    CallRule("node_mountstats_nfs_", (), ("export",)),
    # mongodb_exporter: of how one member of a replica set sees the others
    CallRule("mongodb_rs_members_", (), ("member_idx",)),
    CallRule("mongodb_mongod_replset_member_", (), ("member", "name")),
    # Linkerd: of the calls that the proxy of a workload makes for it
    *(CallRule(prefix, _PROXIED, _DST, own=True) for prefix in ("request_total", "response_")),
    *(
        CallRule(prefix, _PROXIED, ("backend_name", "parent_name"), own=True)
        for prefix in ("outbound_http_", "outbound_grpc_")
    ),
)
"""What meshes and tracers tell; the `peer_labels` of the settings hold for every metric."""
_PREFIXES = tuple(rule.prefix for rule in RULES)
CALLER_NAMESPACE = ("source_workload_namespace", "source_namespace", "consul_source_namespace")
OWN_NAMESPACE = ("namespace",)
"""The namespace of a proxy is the caller's, whose calls it makes."""
CALLEE_NAMESPACE = (
    "destination_workload_namespace",
    "destination_service_namespace",
    "destination_namespace",
    "dst_namespace",
    "backend_namespace",
)
CALL_LABELS = frozenset(
    (
        *CALLER_NAMESPACE,
        *OWN_NAMESPACE,
        *CALLEE_NAMESPACE,
        *(label for rule in RULES for label in (*rule.callers, *rule.callees)),
    )
)
"""Labels by which meshes and tracers tell of calls."""


def rule_prefix(metric: str) -> str:
    """How names of metrics begin that tell of calls as this one does; empty for one that tells of none.

    >>> rule_prefix("istio_requests_total"), rule_prefix("http_requests_total")
    ('istio_', '')
    """
    return next((prefix for prefix in _PREFIXES if metric.startswith(prefix)), "")


def rule_of(labels: Labels) -> tuple[CallRule | None, str, str]:
    """The first rule that names the callee of this series, with the callee and the label that names it.

    >>> rule, callee, label = rule_of({"__name__": "traces_service_graph_request_total", "server": "cart"})
    >>> rule.prefix, callee, label
    ('traces_service_graph_', 'cart', 'server')
    """
    name = labels.get("__name__", "")
    if name.startswith(_PREFIXES):
        for rule in RULES:
            if name.startswith(rule.prefix):
                callee, label = first_service(labels, rule.callees)
                if callee:
                    return rule, callee, label
    return None, "", ""
