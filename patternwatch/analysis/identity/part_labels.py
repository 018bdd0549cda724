"""Which labels name a part of an entity, and which say nothing of why a series differs from its like."""

import re

from patternwatch.analysis.identity import label_names
from patternwatch.contracts.pod_labels import POD_IDS
from patternwatch.contracts.promql_names import both_forms
from patternwatch.contracts.series import Labels
from patternwatch.contracts.subject import Subject

PART_LABELS: tuple[tuple[str, tuple[str, ...]], ...] = (
    # what is told apart on purpose: the recommended label of Kubernetes, OpenTelemetry, Istio's standard
    # metrics (the callee's), Argo Rollouts and Flagger (the template's hash), GitLab (`track`)
    ("version", ("version", "app_kubernetes_io_version", *both_forms("service.version"))),
    (
        "version",
        ("destination_version", "destination_canonical_revision", "release", "revision", "image_tag"),
    ),
    ("track", ("canary", "track")),
    ("pod", label_names.POD),
    ("instance", (*label_names.INSTANCE, *both_forms("service.instance.id"))),
    ("node", label_names.NODE),
    # Kubernetes, "Well-Known Labels", as kube-state-metrics and cloud vendors' agents write them
    ("zone", ("topology_kubernetes_io_zone", "failure_domain_beta_kubernetes_io_zone")),
    ("zone", (*both_forms("cloud.availability_zone"), "availability_zone", "zone", "az")),
    ("region", ("topology_kubernetes_io_region", *both_forms("cloud.region"), "region")),
    ("data center", ("datacenter", "data_center", "dc")),
    ("rack", ("rack",)),
    ("shard", ("shard", "shard_id")),
)
"""(what it is, labels): parts of an entity, of several that fit equally the one that says most first."""
PLACES = frozenset(("zone", "region", "data center", "rack"))
"""Kinds of parts that many entities have in common."""
KIND_OF_PART = {label: kind for kind, labels in PART_LABELS for label in labels}
_ORDER = {label: place for place, label in enumerate(KIND_OF_PART)}
ASKERS = frozenset(
    (
        *("tenant", "tenant_id", "user", "org", "org_id", "organization", "account", "account_id"),
        *("customer", "customer_id", "client_id", "workspace"),
    )
)
"""Labels of who asks (Cortex and Mimir: `user`): few metrics bear them, no latency that all feel."""
UNEXPLAINING = frozenset(
    (
        *("__name__", "le", "quantile"),  # of one histogram or summary
        "reporter",  # Istio: which end of a call tells of it
        *(*POD_IDS, "pod_ip", "host_ip", "internal_ip", "image_id", "image_spec"),
        *("pod_template_hash", "controller_revision_hash"),  # the pod or the version says the same
    )
)
"""Labels that only repeat which series it is."""
_OF_THE_TELLER = frozenset(
    (*label_names.POD, *label_names.INSTANCE, *label_names.NODE, *label_names.CONTAINER)
)
"""Labels that are of the one who tells where a series tells of another one."""
_UNIT = re.compile(r"/system\.slice/[^/]+\.service")
"""A control group that names a service of systemd; of containers it only repeats which they are."""
_NO_PART = frozenset(("unknown", "none", "null", "undefined", "n/a"))
"""A part that is called so is not known (Istio, "Standard Metrics", of what is outside the mesh)."""
_NAME = re.compile(r"(^|_)name$|Name$|^interface$")
_WHAT = re.compile(r"(^|_)(error|exception|reason|cause|code|type|method)(_|$)")
"""Labels that tell what happened, where others tell where it did."""
_ALWAYS_OF_THE_TELLER = frozenset(("job", "endpoint", "metrics_path", "prometheus", "prometheus_replica"))


def explaining(labels: Labels, subject: Subject) -> list[tuple[str, str]]:
    """The labels that may say why a series differs from others of its entity.

    subject  what the series tells of: labels of the one who tells are left out

    >>> from patternwatch.analysis.identity.subject import subject_of
    >>> kubelet = {"job": "kubelet", "instance": "10.0.1.4:10250", "node": "n4", "id": "/kubepods/x"}
    >>> cpu = {"__name__": "container_cpu_usage_seconds_total", "namespace": "shop", "cpu": "total"}
    >>> labels = {**kubelet, **cpu, "pod": "cart-5f6585d649-fnmft"}
    >>> [label for label, _ in explaining(labels, subject_of(labels))]
    ['node', 'namespace', 'cpu', 'pod']
    """
    own = own_values(labels, subject)
    return [
        (label, value)
        for label, value in labels.items()
        if value and explains(label, labels) and (label not in _OF_THE_TELLER or value in own)
    ]


def explains(label: str, labels: Labels) -> bool:
    """Whether a label may say why a series differs from others; one that often is the teller's may.

    labels  of the series

    >>> [explains(label, {}) for label in ("pod", "name", "le", "job")]
    [True, True, False, False]
    >>> explains("name", {"id": "/docker/5f0c", "name": "shop_cart_1"})
    False
    >>> explains("id", {"id": "/docker/5f0c"}), explains("id", {"id": "/system.slice/redis.service"})
    (False, True)
    >>> [explains("destination_version", {"destination_version": version}) for version in ("v2", "unknown")]
    [True, False]
    """
    if label in KIND_OF_PART and labels.get(label, "").lower() in _NO_PART:
        return False
    if label == label_names.RUNTIME_NAME and label_names.CONTROL_GROUP in labels:
        return False
    if label == label_names.CONTROL_GROUP and _UNIT.fullmatch(labels.get(label, "")):
        return True
    return label not in UNEXPLAINING and label not in _ALWAYS_OF_THE_TELLER


def may_be_of_the_teller(label: str) -> bool:
    """Whether a label says something of the one who tells where a series tells of another one.

    >>> may_be_of_the_teller("pod"), may_be_of_the_teller("code")
    (True, False)
    """
    return label in _OF_THE_TELLER


def own_values(labels: Labels, subject: Subject) -> set[str]:
    """The values of labels of that kind that are what the series tells of.

    >>> sorted(own_values({"pod": "cart-0", "node": "n4"}, Subject(pod="cart-0")))
    ['cart-0', 'n4']
    """
    own = {subject.pod, subject.instance, subject.container} - {""}
    if subject.pod and (node := labels.get("node")):
        own.add(node)
    return own


def order_of_label(label: str) -> tuple[int, str]:
    """Parts first, as in the table, then what lives for itself, what is called a name, where, and what.

    >>> sorted(["error", "pod", "ifName", "realm", "datname", "version"], key=order_of_label)
    ['version', 'pod', 'datname', 'ifName', 'realm', 'error']
    """
    if label in _ORDER:
        return _ORDER[label], label
    is_what = _WHAT.search(label) is not None
    others = (label in label_names.COVERED, _NAME.search(label) is not None, not is_what, True)
    return len(_ORDER) + others.index(True), label
