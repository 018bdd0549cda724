"""Who calls whom, as the labels of one series tell it: service meshes, service graphs, peers.

Sources: Istio, "Istio Standard Metrics"; Grafana Tempo, "Service graphs"; Envoy, "Cluster manager:
Statistics"; Linkerd, "Proxy Metrics"; Cilium, "Monitoring & Metrics"; Kuma, "Multi-zone and service tags".
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from patternwatch.analysis.entities.call_graph import Pair
from patternwatch.contracts.series import Labels

MAX_CALLS = 2000
"""Calls that a shard's result names, and a report is made from: the first by name, some 80 kB."""


@dataclass(frozen=True, slots=True)
class Call:
    """One calls the other.

    caller, callee  their names
    label           the label that names the callee, where a third party tells of both, a proxy or a tracer:
                    such a series is about the callee. Empty where the series has an entity of its own
    caller_namespace, callee_namespace
                    where a mesh tells them
    by_callee       whether the callee's side tells of it, its proxy or its own span: nothing of the way to
                    it is in such a series
    peer            the label by which a caller's own series name the callee; empty where a third party tells
    """

    caller: str
    callee: str
    label: str = ""
    caller_namespace: str = ""
    callee_namespace: str = ""
    by_callee: bool = False
    peer: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class _Rule:
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
        return bool(self.callers) and (not self.own or bool(_named(labels, self.callers)[0]))

    def by_callee(self, labels: Labels) -> bool:
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
_RULES = (
    _Rule(
        "istio_", ("source_workload", "source_canonical_service", "source_app"), _DESTINATION, "destination"
    ),
    _Rule("hubble_", ("source_workload", "source_app"), _DESTINATION, "server"),
    _Rule("traces_service_graph_request_server_", ("client",), ("server",), ""),
    _Rule("traces_service_graph_", ("client",), ("server",)),
    _Rule(
        "envoy_cluster_",
        ("consul_source_service",),
        ("consul_destination_service", "envoy_cluster_name"),
        own=True,
    ),
    # Linkerd: of the calls that the proxy of a workload makes for it
    *(_Rule(prefix, _PROXIED, _DST, own=True) for prefix in ("request_total", "response_")),
    _Rule("outbound_http_", _PROXIED, ("backend_name", "parent_name"), own=True),
)
"""What meshes and tracers tell; the `peer_labels` of the settings hold for every metric."""
_PREFIXES = tuple(rule.prefix for rule in _RULES)
_CALLER_NAMESPACE = ("source_workload_namespace", "source_namespace", "consul_source_namespace")
_OWN_NAMESPACE = ("namespace",)
"""The namespace of a proxy is the caller's, whose calls it makes."""
_CALLEE_NAMESPACE = (
    "destination_workload_namespace",
    "destination_service_namespace",
    "destination_namespace",
    "dst_namespace",
    "backend_namespace",
)
CALL_LABELS = frozenset(
    (
        *_CALLER_NAMESPACE,
        *_OWN_NAMESPACE,
        *_CALLEE_NAMESPACE,
        *(label for rule in _RULES for label in (*rule.callers, *rule.callees)),
    )
)
"""Labels by which meshes and tracers tell of calls."""
_NOBODY = frozenset(("", "unknown", "user", "virtual_node", "local_app", "local_cluster", "localhost"))
"""Names that meshes and tracers give to whom they do not know, or to the proxy's own side."""
_ARROW = re.compile(r"(?:\w+:)?(.+?)\s*(?:->|→)\s*(.+)")
"""An edge written out in one label: `edge:web->cart`."""
_KUMA = re.compile(r"(.+)_[^_]+_svc(?:_\d+)?")
"""Kuma's service tag: name, namespace, `svc` and port."""
_ADDRESS = re.compile(r"[\d.]+|.*:.*:.*")
"""An IP address is nobody's name."""


def call_of(labels: Labels, own: str, peer_labels: Iterable[str]) -> Call | None:
    """The call that a series is about, None where it is about none.

    own          name of the series' own entity, empty for none
    peer_labels  labels by which a service's own series name the service that it calls

    >>> call_of({"__name__": "http_errors_total", "app": "cart", "peer": "redis:6379"}, "cart", ["peer"])
    Call(caller='cart', callee='redis', label='', caller_namespace='', callee_namespace='', by_callee=False)
    >>> call_of({"__name__": "up", "app": "cart"}, "cart", ["peer"]) is None
    True
    """
    rule, callee, label = _rule(labels)
    if rule:
        is_told = rule.told_by_third(labels)
        return _told(labels, rule, callee, label) if is_told else _own(own, callee, label)
    callee, label = _named(labels, peer_labels)
    return _own(own, callee, label) if callee else _arrow(labels, own)


def call_told(labels: Labels) -> Call | None:
    """The call that a third party tells of, a proxy or a tracer; None where the series is no such one.

    >>> call_told({"__name__": "traces_service_graph_request_total", "client": "web", "server": "cart"}).label
    'server'
    """
    rule, callee, label = _rule(labels)
    return _told(labels, rule, callee, label) if rule and rule.told_by_third(labels) else None


def rule_prefix(metric: str) -> str:
    """How names of metrics begin that tell of calls as this one does; empty for one that tells of none.

    >>> rule_prefix("istio_requests_total"), rule_prefix("http_requests_total")
    ('istio_', '')
    """
    return next((prefix for prefix in _PREFIXES if metric.startswith(prefix)), "")


def first_calls(parts: Iterable[Iterable[Pair]]) -> list[Pair]:
    """The calls of all parts of a request's series, once, in order; the first `MAX_CALLS`.

    Each part sends its first ones: so all parts together have the first of all.

    >>> first_calls([[("web", "cart")], [("cart", "redis"), ("web", "cart")]])
    [('cart', 'redis'), ('web', 'cart')]
    """
    return sorted({(caller, callee) for pairs in parts for caller, callee in pairs})[:MAX_CALLS]


def service_name(value: str) -> str:
    """The service in what a label says: without scheme, port, namespace and domain; empty for none.

    >>> service_name("outbound|9080|v1|reviews.shop.svc.cluster.local"), service_name("http://cart:8080/x")
    ('reviews', 'cart')
    >>> service_name("payments.default.dc1.internal.11ec.consul"), service_name("backend_shop_svc_80")
    ('payments', 'backend')
    >>> service_name("unknown"), service_name("10.0.0.7:80"), service_name("inbound|80||")
    ('', '', '')
    """
    if value.startswith("inbound|"):
        return ""
    value = (
        value.rpartition("|")[2].rpartition("://")[2].partition("/")[0]
        if "|" in value or "//" in value
        else value
    )
    host, _, port = value.rpartition(":")
    value = host if port.isdigit() and ":" not in host else value
    if ".svc" in value or ".internal." in value:
        value = value.partition(".")[0]
    if kuma := _KUMA.fullmatch(value):
        value = kuma[1]
    return "" if value in _NOBODY or _ADDRESS.fullmatch(value) else value


def _named(labels: Labels, names: Iterable[str]) -> tuple[str, str]:
    for label in names:
        if (value := labels.get(label)) and (service := service_name(value)):
            return service, label
    return "", ""


def _rule(labels: Labels) -> tuple[_Rule | None, str, str]:
    """The first rule that names the callee of this series, with the callee and the label that names it."""
    name = labels.get("__name__", "")
    if name.startswith(_PREFIXES):
        for rule in _RULES:
            if name.startswith(rule.prefix):
                callee, label = _named(labels, rule.callees)
                if callee:
                    return rule, callee, label
    return None, "", ""


def _told(labels: Labels, rule: _Rule, callee: str, label: str) -> Call:
    caller, _ = _named(labels, rule.callers)
    callers = (*_CALLER_NAMESPACE, *(_OWN_NAMESPACE if rule.own else ()))
    near, far = (_named(labels, names)[0] for names in (callers, _CALLEE_NAMESPACE))
    return Call(caller, callee, label, near, far, rule.by_callee(labels))


def _own(own: str, callee: str, label: str) -> Call | None:
    return Call(own, callee, peer=label) if own and own != callee else None


def _arrow(labels: Labels, own: str) -> Call | None:
    """The edge that a label writes out, where one end of it is the series' own entity."""
    values = "\n".join(labels.values())
    if "->" not in values and "→" not in values:
        return None
    for value in labels.values():
        if edge := _ARROW.fullmatch(value):
            caller, callee = edge[1], edge[2]
            if caller != callee and own in (caller, callee):
                return Call(caller, callee)
    return None
