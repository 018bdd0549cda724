"""Ways to name the entity of a series: by one of its labels, or by its pod."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from patternwatch.analysis.identity import label_names
from patternwatch.analysis.identity.exporters import is_exporter_name
from patternwatch.analysis.identity.knowledge import Knowledge
from patternwatch.analysis.identity.pod_names import Owner, owner_of_maker, owner_of_pod, owner_of_run
from patternwatch.contracts.series import Labels


@dataclass(frozen=True, slots=True)
class Named:
    """One way to name the entity of a series."""

    kind: str
    label: str
    name: str
    told: bool = False
    """Whether somebody else tells of it, so that `instance` is not its own."""
    namespace: str = ""
    """Where it lies, if that is told by a label of its own."""


def named_by(kind: str, label: str, labels: Labels, known: Knowledge) -> Named | None:
    """The entity that this label names; a Job or ReplicaSet that something made is that.

    >>> named_by("deployment", "deployment", {"deployment": "cart"}, Knowledge()).name
    'cart'
    """
    name = labels.get(label, "")
    if not name or name == "<none>":
        return None
    if kind == "node":
        name = known.node_of(name)
    if kind in ("replicaset", "job", "workflow"):
        owner = known.owner_of_maker(namespace_of(labels), name) or owner_of_maker(name)
        if owner is None and kind == "workflow":
            owner = owner_of_run(name)
        if owner:
            return Named(owner.kind, label, owner.name, told=True)
    return Named(kind, label, name, told=True)


def workload_of_pod(labels: Labels, known: Knowledge, told: bool) -> Named | None:
    """The workload of the series' pod, by owner series or by the pod's name; else the pod itself.

    >>> workload_of_pod({"pod": "cart-5d4f8c7b9-x2x9k"}, Knowledge(), told=False).name
    'cart'
    """
    label, pod = pod_of(labels, known)
    if not pod:
        return None
    owner = known.owner_of_pod(namespace_of(labels), pod) or _guessed(labels, pod, known)
    return Named(owner.kind, label, owner.name, told) if owner else Named("pod", label, pod, told)


def _guessed(labels: Labels, pod: str, known: Knowledge) -> Owner | None:
    hints = (
        first_of(labels, label_names.CONTAINER)[1],
        *(labels.get(label, "") for label in label_names.SERVICE),
    )
    owner = owner_of_pod(pod, first_of(labels, label_names.NODE)[1], hints)
    return (owner and known.owner_of_maker(namespace_of(labels), owner.maker)) or owner


def pod_of(labels: Labels, known: Knowledge) -> tuple[str, str]:
    """The pod that a series tells of; one that tells of others is none.

    >>> pod_of({"pod": "cart-0"}, Knowledge()), pod_of({}, Knowledge())
    (('pod', 'cart-0'), ('', ''))
    """
    label, pod = first_of(labels, label_names.POD)
    return (label, pod) if pod and not known.tells(label, pod) else ("", "")


def namespace_of(labels: Labels) -> str:
    """The namespace of what a series tells of; empty without one.

    >>> namespace_of({"namespace": "shop"})
    'shop'
    """
    return first_of(labels, label_names.NAMESPACE)[1]


def is_teller(labels: Labels, known: Knowledge) -> bool:
    """Whether all that names the one who was scraped (pod, service, job) names one who tells of others.

    >>> is_teller({"job": "kube-state-metrics"}, Knowledge()), is_teller({"job": "cart"}, Knowledge())
    (True, False)
    """
    of_pod = workload_of_pod(labels, known, told=False)
    if of_pod and not is_exporter_name(of_pod.name):
        return False
    own = [(label, value) for label in (*label_names.SERVICE, "job") if (value := labels.get(label))]
    return bool(own) and all(is_exporter_name(value) or known.tells(label, value) for label, value in own)


def first_of(labels: Labels, names: Iterable[str]) -> tuple[str, str]:
    """The first of these labels that a series carries, with its value; both empty without any.

    >>> first_of({"job": "node", "app": ""}, ("app", "job"))
    ('job', 'node')
    """
    for name in names:
        if value := labels.get(name):
            return name, value
    return "", ""


def without_scheme(address: str) -> str:
    """An address without its scheme.

    >>> without_scheme("https://shop.example/health")
    'shop.example/health'
    """
    return re.sub(r"^[a-z+]+://", "", address)
