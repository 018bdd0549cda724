"""The subject of a series: what it tells of, with its place, whoever tells it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from patternwatch.analysis.identity import label_names
from patternwatch.analysis.identity.exporter_table import ExporterTable
from patternwatch.analysis.identity.exporters import is_exporter_name
from patternwatch.analysis.identity.knowledge import NOTHING_KNOWN, Knowledge
from patternwatch.analysis.identity.named import Named, first_of, pod_of
from patternwatch.analysis.identity.naming import named_by_labels, told_by_exporter, told_by_mesh
from patternwatch.contracts.series import Labels
from patternwatch.contracts.subject import Subject

WITHOUT_NAMESPACE = frozenset(
    {"node", "target", "device", "resource", "persistentvolume", "namespace", "server"}
)
"""Kinds that lie in no namespace: the label is then of the one who tells of them."""
EXPORTERS = ExporterTable()


@dataclass(frozen=True)
class Identity:
    """How labels are read.

    entity_labels  labels that name the entity whatever else there is, the first that a series carries
    exporters      the table of exporters
    known          what other series say: owners, who tells of many
    """

    entity_labels: tuple[str, ...] = ()
    exporters: ExporterTable = EXPORTERS
    known: Knowledge = field(default_factory=lambda: NOTHING_KNOWN)


PLAIN = Identity()


def subject_of(labels: Labels, identity: Identity = PLAIN) -> Subject:
    """What a series tells of.

    labels  with `__name__`

    >>> kubelet = {"job": "kubelet", "service": "kubelet", "instance": "10.0.1.4:10250", "node": "n4"}
    >>> cpu = {"__name__": "container_cpu_usage_seconds_total", "namespace": "shop", "container": "cart"}
    >>> subject = subject_of({**kubelet, **cpu, "pod": "cart-5f6585d649-fnmft"})
    >>> subject.kind, subject.name, subject.namespace, subject.replica, subject.node
    ('deployment', 'cart', 'shop', 'cart-5f6585d649-fnmft', 'n4')
    >>> subject_of({"__name__": "node_load1", "job": "node", "instance": "10.0.1.4:9100"}).entity.name
    '10.0.1.4'
    >>> subject_of({"__name__": "up", "job": "cart", "instance": "a:80"}).instance
    'a:80'
    >>> subject_of({"__name__": "up", "job": "node-exporter", "instance": "10.0.1.4:9100"}).name
    '10.0.1.4'
    """
    named = (
        _given(labels, identity.entity_labels)
        or told_by_mesh(labels)
        or told_by_exporter(labels, identity.exporters.exporter_by(labels), identity.known)
        or named_by_labels(labels, identity.known)
    )
    return _placed(named, labels, identity)


def _placed(named: Named, labels: Labels, identity: Identity) -> Subject:
    given = named.label in identity.entity_labels
    place = () if given or named.kind in WITHOUT_NAMESPACE else label_names.NAMESPACE
    cluster = () if named.label in label_names.CLUSTER else label_names.CLUSTER
    own = not named.told or named.label in label_names.POD  # the pod is what the series tells of
    node = first_of(labels, label_names.NODE)[1]
    return Subject(
        kind=named.kind,
        label=named.label,
        name=named.name,
        tenant=first_of(labels, label_names.TENANT)[1],
        cluster=first_of(labels, cluster)[1],
        namespace=named.namespace or first_of(labels, place)[1],
        pod=pod_of(labels, identity.known)[1] if own else "",
        container=_container_of(labels) if own else "",
        node=named.name if named.kind == "node" else identity.known.node_of(node) if node else "",
        instance="" if named.told else first_of(labels, label_names.INSTANCE)[1],
    )


def _container_of(labels: Labels) -> str:
    """Its container, unless that is the one of who tells of it."""
    container = first_of(labels, label_names.CONTAINER)[1]
    return "" if is_exporter_name(container) else container


def _given(labels: Labels, entity_labels: Iterable[str]) -> Named | None:
    label, name = first_of(labels, entity_labels)
    return Named(label, label, name) if name else None
