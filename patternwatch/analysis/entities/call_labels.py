"""Who calls whom, as the labels of one series tell it: service meshes, service graphs, peers."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from patternwatch.analysis.entities.call_graph import Pair
from patternwatch.analysis.entities.call_rules import (
    CALLEE_NAMESPACE,
    CALLER_NAMESPACE,
    OWN_NAMESPACE,
    CallRule,
    rule_of,
)
from patternwatch.analysis.entities.service_names import first_service
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


_ARROW = re.compile(r"(?:\w+:)?(.+?)\s*(?:->|→)\s*(.+)")
"""An edge written out in one label: `edge:web->cart`."""


def call_of(labels: Labels, own: str, peer_labels: Iterable[str]) -> Call | None:
    """The call that a series is about, None where it is about none.

    own          name of the series' own entity, empty for none
    peer_labels  labels by which a service's own series name the service that it calls

    >>> call_of({"__name__": "http_errors_total", "app": "cart", "peer": "redis:6379"}, "cart", ["peer"])
    Call(caller='cart', callee='redis', label='', caller_namespace='', callee_namespace='', by_callee=False)
    >>> call_of({"__name__": "up", "app": "cart"}, "cart", ["peer"]) is None
    True
    """
    rule, callee, label = rule_of(labels)
    if rule:
        is_told = rule.told_by_third(labels)
        return _told(labels, rule, callee, label) if is_told else _own(own, callee, label)
    callee, label = first_service(labels, peer_labels)
    return _own(own, callee, label) if callee else _arrow(labels, own)


def call_told(labels: Labels) -> Call | None:
    """The call that a third party tells of, a proxy or a tracer; None where the series is no such one.

    >>> call_told({"__name__": "traces_service_graph_request_total", "client": "web", "server": "cart"}).label
    'server'
    """
    rule, callee, label = rule_of(labels)
    return _told(labels, rule, callee, label) if rule and rule.told_by_third(labels) else None


def first_calls(parts: Iterable[Iterable[Pair]]) -> list[Pair]:
    """The calls of all parts of a request's series, once, in order; the first `MAX_CALLS`.

    Each part sends its first ones: so all parts together have the first of all.

    >>> first_calls([[("web", "cart")], [("cart", "redis"), ("web", "cart")]])
    [('cart', 'redis'), ('web', 'cart')]
    """
    return sorted({(caller, callee) for pairs in parts for caller, callee in pairs})[:MAX_CALLS]


def _told(labels: Labels, rule: CallRule, callee: str, label: str) -> Call:
    caller, _ = first_service(labels, rule.callers)
    callers = (*CALLER_NAMESPACE, *(OWN_NAMESPACE if rule.own else ()))
    near, far = (first_service(labels, names)[0] for names in (callers, CALLEE_NAMESPACE))
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
