"""Name servers: what everybody in a cluster asks before a call, though no label says so.

In Kubernetes each name that a pod connects to is looked up at the cluster's name server (kubernetes.io, "DNS
for Services and Pods"): where that answers late or not at all, who makes new connections is slow or fails.
"""

from collections.abc import Sequence

from patternwatch.analysis.entities.entities import Entity

_PREFIXES = (
    "coredns_",  # CoreDNS and NodeLocal DNSCache: plugin "prometheus" and others
    "kubedns_",  # kube-dns
    "skydns_",
    "unbound_",  # unbound_exporter
    "dnsmasq_",  # dnsmasq_exporter, and the sidecar of kube-dns
)
"""How the metrics of name servers that resolve for others begin."""
_NO_CALLER = "node"
"""A node's latency is its disk's or its clock's."""


def name_servers(names: Sequence[str], entities: Sequence[Entity]) -> dict[str, tuple[str, ...]]:
    """By entity, the name servers of its cluster: those that metrics tell of, in alphabetical order.

    names     the metric of each of N series
    entities  the entity of each

    >>> web, dns = Entity("web", "pod"), Entity("coredns", "pod")
    >>> name_servers(["http_errors", "coredns_dns_request_duration_seconds"], [web, dns])
    {'web': ('coredns',)}
    """
    told: dict[tuple[str, str], set[str]] = {}
    for name, entity in zip(names, entities, strict=True):
        if name.startswith(_PREFIXES):
            told.setdefault((entity.tenant, entity.cluster), set()).add(entity.name)
    if not told:
        return {}
    servers = {name for own in told.values() for name in own}
    return {
        entity.name: tuple(sorted(told[entity.tenant, entity.cluster]))
        for entity in entities
        if (entity.tenant, entity.cluster) in told
        and entity.kind != _NO_CALLER
        and entity.name not in servers
    }
