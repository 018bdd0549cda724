"""States that a series tells by being there: 1 under the label of the state, and none under the others."""

import re

from patternwatch.contracts.series import Labels

PRESENT_STATES = {
    "argocd_app_info": ("health_status", "Degraded|Missing"),  # argo-cd.readthedocs.io, Metrics
    # github.com/pryorda/vmware_exporter
    "vmware_host_connection_state": ("state", "disconnected|notResponding"),
    "gotk_resource_info": ("ready", "False"),  # fluxcd.io, "Flux custom Prometheus metrics"
}
"""Metric -> the label that tells the state, and the regular expression of those that are trouble."""


def tells_ill_by_presence(labels: Labels) -> bool:
    """Whether a series is there only while something is as it should not be.

    >>> app = {"__name__": "argocd_app_info", "name": "cart", "sync_status": "OutOfSync"}
    >>> [tells_ill_by_presence({**app, "health_status": state}) for state in ("Degraded", "Progressing")]
    [True, False]
    """
    label, ill = PRESENT_STATES.get(labels.get("__name__", ""), ("", ""))
    return bool(label) and re.fullmatch(ill, labels.get(label, "")) is not None
