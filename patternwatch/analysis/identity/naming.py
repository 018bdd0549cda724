"""Who a series tells of, by the exporter that made it or else by its labels alone."""

import re
from collections.abc import Iterator

from patternwatch.analysis.entities.call_labels import call_told
from patternwatch.analysis.identity import label_names
from patternwatch.analysis.identity.exporters import ADDRESS, HOST, POD, Exporter, is_exporter_name
from patternwatch.analysis.identity.knowledge import Knowledge, host_of
from patternwatch.analysis.identity.named import (
    Named,
    first_of,
    is_teller,
    named_by,
    without_scheme,
    workload_of_pod,
)
from patternwatch.contracts.series import Labels

_PLACES = (
    ("instance", label_names.INSTANCE),
    ("namespace", label_names.NAMESPACE),
    ("cluster", label_names.CLUSTER),
)
"""What remains to name a series that no workload or service names."""

_PROBERS = re.compile(r"(.*[-_/])?(snmp|blackbox|ipmi|icmp)")
"""Jobs of which `instance` is what they ask, by relabelling: their metrics have the names of the devices.

The READMEs of snmp_exporter, blackbox_exporter, ipmi_exporter; these themselves are jobs `..._exporter`."""


def told_by_mesh(labels: Labels) -> Named | None:
    """The callee, where a service mesh or a tracer tells of both ends of a call.

    >>> graph = {"__name__": "traces_service_graph_request_total", "client": "web", "server": "cart"}
    >>> told_by_mesh(graph).name
    'cart'
    """
    call = call_told(labels)
    if call is None:
        return None
    kind = "workload" if call.label.endswith("workload") else "service"
    return Named(kind, call.label, call.callee, told=True, namespace=call.callee_namespace)


def told_by_exporter(labels: Labels, exporter: Exporter | None, known: Knowledge) -> Named | None:
    """What an exporter of the table tells of; None where the series carries nothing of it.

    >>> told_by_exporter({"job": "cart"}, None, Knowledge()) is None
    True
    """
    if exporter is None:
        return None
    for kind, label in exporter.told:
        if exporter.own and label not in label_names.ASKED and not is_teller(labels, known):
            continue
        if label == POD:
            found = workload_of_pod(labels, known, told=True)
        elif label in (HOST, ADDRESS):
            found = _of_address(kind, label, labels, exporter, known)
        else:
            found = named_by(kind, label, labels, known)
        if found:
            return found
    return None


def _of_address(kind: str, label: str, labels: Labels, exporter: Exporter, known: Knowledge) -> Named | None:
    """The address that an exporter asks: where it was told one, or by its own `instance`.

    A host that is called something else at its cloud bears that name.
    """
    if label == HOST:
        named, name = first_of(labels, label_names.HOST_NAMES)
        if name:
            return Named(kind, named, name)
    instance = labels.get("instance", "")
    if label == ADDRESS:
        asked = "target" if labels.get("target") else "instance"
        address = without_scheme(labels.get(asked, ""))
        return Named(kind, asked, address, told=True) if address else None
    host = host_of(instance)
    if not host or (exporter.own and is_exporter_name(host)):
        return None
    return Named(kind, "instance", known.node_of(host) if kind == "node" else host, told=kind == "node")


def named_by_labels(labels: Labels, known: Knowledge) -> Named:
    """The first of all that may name it that tells of no others; else the first.

    >>> named_by_labels({"service": "cart", "job": "pods"}, Knowledge()).name
    'cart'
    """
    ways = list(_ways(labels, known))
    told = [way for way in ways if way.told]
    for way in told or ways:
        if not known.tells(way.label, labels.get(way.label, "")):
            return way
    return ways[0] if ways else Named("", "", "")


def _ways(labels: Labels, known: Knowledge) -> Iterator[Named]:
    for label in label_names.EXPORTED:
        if value := labels.get(label):
            yield Named(label.removeprefix("exported_"), label, value, told=True)
    if _PROBERS.fullmatch(labels.get("job", "")) and (asked := labels.get("instance")):
        yield Named("target", "instance", without_scheme(asked), told=True)
    label, value = first_of(labels, label_names.COVERED)
    if value and is_teller(labels, known):
        yield Named("target", label, without_scheme(value), told=True)
    for kind, label in label_names.WORKLOADS:
        if found := named_by(kind, label, labels, known):
            yield Named(found.kind, label, found.name)
    yield from _pod_and_services(labels, known)
    for kind, names in _PLACES:
        label, value = first_of(labels, names)
        if value:
            yield Named(kind, label, value)


def _pod_and_services(labels: Labels, known: Knowledge) -> Iterator[Named]:
    """The pod's workload, then the service; the pod comes last where its name tells no workload."""
    of_pod = workload_of_pod(labels, known, told=False)
    if of_pod and of_pod.kind != "pod":
        yield of_pod
    for label in (*label_names.SERVICE, "job"):
        if value := labels.get(label):
            yield Named("job" if label == "job" else "service", label, value)
    if of_pod:
        yield of_pod
