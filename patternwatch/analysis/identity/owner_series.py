"""What series of kube-state-metrics say about whose a pod, a ReplicaSet, a Job or an address is.

Sent is only what names do not tell: most pods, ReplicaSets and Jobs have names made from their workload's.
Source: github.com/kubernetes/kube-state-metrics, docs/metrics.
"""

from collections.abc import Iterable, Sequence

from patternwatch.analysis.identity.pod_names import owner_of_maker
from patternwatch.contracts.owners import OwnerLink
from patternwatch.contracts.series import Labels
from patternwatch.contracts.subject import Key, Subject

_OWNED = {
    "kube_pod_owner": ("owner_kind", "owner_name"),
    "kube_replicaset_owner": ("owner_kind", "owner_name"),
    "kube_job_owner": ("owner_kind", "owner_name"),
    "kube_pod_info": ("created_by_kind", "created_by_name"),
}
"""Metric -> labels of the owner's kind and name."""
_NAMED = {"kube_pod_labels": ("label_app_kubernetes_io_name", "label_app", "label_k8s_app")}
"""Metric -> labels of a pod that name what it is part of, the first that is there: for pods without owner."""
_OF_NODES = frozenset(("kube_node_info", "kube_pod_info", "kube_node_status_condition"))
_ADDRESSES = ("internal_ip", "host_ip")
_NOBODY = ("", "<none>")
_NO_WORKLOAD = ("", "<none>", "Node")
"""Kinds of owners that are no workload: a static pod is owned by its node."""
MAX_LINKS = 5000


def owners_told(labels: Sequence[Labels], subjects: Iterable[Subject]) -> list[OwnerLink]:
    """What the series of a shard say about owners and nodes, beyond what names tell; in order.

    labels    N label sets
    subjects  what each tells of, by its labels alone

    >>> from patternwatch.analysis.identity.subject import subject_of
    >>> pod = {"__name__": "kube_pod_owner", "namespace": "shop", "pod": "cart-blue"}
    >>> owned = [{**pod, "owner_kind": "Rollout", "owner_name": "cart"}]
    >>> [(link.key, link.kind, link.name) for link in owners_told(owned, map(subject_of, owned))]
    [(('', '', 'shop', 'cart-blue'), 'rollout', 'cart')]
    """
    found = set()
    for own, subject in zip(labels, subjects, strict=True):
        metric = own.get("__name__", "")
        if not metric.startswith("kube_"):
            continue
        key = subject.entity
        if metric in _OWNED:
            found.add(_owned(own, key, *_OWNED[metric]))
        elif metric in _NAMED and subject.kind == "pod":
            name = next((own[label] for label in _NAMED[metric] if own.get(label)), "")
            found.add(_link(key, "workload", name))
        if metric in _OF_NODES:
            found.update(_nodes(own, subject))
    links = sorted(
        (link for link in found if link is not None), key=lambda link: (link.key, link.name, link.kind)
    )
    return links[:MAX_LINKS]


def _owned(labels: Labels, key: Key, kind_label: str, name_label: str) -> OwnerLink | None:
    kind, name = labels.get(kind_label, ""), labels.get(name_label, "")
    if kind in _NO_WORKLOAD:
        return None
    maker = owner_of_maker(name) if kind in ("ReplicaSet", "Job") else None
    return _link(key, maker.kind, maker.name) if maker else _link(key, kind.lower(), name)


def _nodes(labels: Labels, subject: Subject) -> list[OwnerLink | None]:
    """The node's own name for its address and for the address that its name is made of."""
    node = labels.get("exported_node") or labels.get("node", "")
    addresses = [labels.get(label, "") for label in _ADDRESSES]
    return [
        _link(Key(subject.tenant, subject.cluster, "", address), "node", node)
        for address in {*addresses, subject.node}
        if address
    ]


def _link(key: Key, kind: str, name: str) -> OwnerLink | None:
    if name in _NOBODY or name == key.name or not key.name:
        return None
    return OwnerLink(key=(*key.place, key.name), kind=kind, name=name)
