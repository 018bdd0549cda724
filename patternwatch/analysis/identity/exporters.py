"""Exporters: programs whose own labels (`job`, `pod`, `instance`) tell of others by further labels."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

POD = "@pod"
"""In `told`: the workload of the pod that the series names."""
HOST = "@host"
"""In `told`: the host of `instance`, without the port of the exporter."""
ADDRESS = "@address"
"""In `told`: the `target` or the whole `instance`, which relabelling has made the probed address."""

TOLD_FROM_OUTSIDE = "kube-state-metrics"
"""Tells what Kubernetes holds of a node or pod: that it still does is no sign that this lives."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """One exporter.

    name     as its project calls itself
    metrics  regular expression that its metrics' names begin with
    told     what its series tell of: (kind, label, or POD, HOST, ADDRESS), the first that is there counts
    source   where its labels are documented
    own      whether a `service` or pod that is not named as an exporter is what it tells of: an exporter that
             is deployed beside one server, and named as that
    """

    name: str
    metrics: str
    told: Sequence[tuple[str, str]]
    source: str
    own: bool = False


_EXPORTER = re.compile(
    r"(^|[-_./])exporters?([-_./0-9]|$)|^(node|blackbox|snmp|windows|push)-?(exporter|gateway)$|kube-state-metrics"
    r"|^(kubelet|cadvisor|node|snmp|blackbox|pushgateway|cloudwatch|yace|integrations/.*|federate|federation)$"
    r"|otel-?col(lector)?|opentelemetry-collector|prometheus-pushgateway|recording-rules"
)
"""Values of `job`, `service`, `app` and `container` that name one who tells: as charts usually call them."""


def is_exporter_name(value: str) -> bool:
    """Whether a job, service or workload is named as an exporter, and so tells of others.

    >>> is_exporter_name("orders-postgres-exporter"), is_exporter_name("kubelet"), is_exporter_name("cart")
    (True, True, False)
    """
    return _EXPORTER.search(value) is not None
