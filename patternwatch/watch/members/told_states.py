"""What a series states of a workload by Kubernetes' own word, which needs no statistics to be understood.

Source: kube-state-metrics, "Deployment metrics", "StatefulSet metrics", "DaemonSet metrics", "Pod metrics",
"Job metrics"; Prometheus documentation, "Jobs and instances" (`up`).
"""

import re
from functools import lru_cache

from patternwatch.analysis.identity.pod_names import owner_of_maker
from patternwatch.contracts.series import Labels

NOTHING, READY, AVAILABLE, WISHED, RESTARTS, FAILED_RUN, FAILED_PODS, RUN_GOES_ON, CORDONED = range(9)
MEMORY_LIMIT, UNAVAILABLE, UPDATED, NODE_READY, STATES = range(9, 14)
"""Whether parts of it are ready; how many are, of all, and how many there shall be; how often a container was
started again; of a run of a CronJob, whether it failed, how many of its pods did, and how many run or are
done; whether a machine shall take no pods; how much memory a container may take; how many replicas
are not available, and how many are of the newest version; whether
a machine is ready; last the number of these."""
_AVAILABLE = r"(deployment|statefulset)_status_replicas_available|statefulset_status_replicas_ready"
_UPDATED = r"(deployment|statefulset)_status_replicas_updated"
_SETS = r"(deployment|statefulset|daemonset|replicaset)_status_\w*(ready|available)\w*"
_PARTS = r"pod_status_(ready|phase|scheduled)|pod_(init_)?container_status_(ready|running|waiting)"
_OF_NAME = (
    (RESTARTS, r"kube_pod_(init_)?container_status_restarts_total"),
    (WISHED, r"kube_(deployment_spec|statefulset)_replicas|kube_daemonset_status_desired_number_scheduled"),
    (AVAILABLE, rf"kube_({_AVAILABLE}|daemonset_status_number_(ready|available))"),
    (UNAVAILABLE, r"kube_(deployment_status_replicas|daemonset_status_number)_unavailable"),
    (UPDATED, rf"kube_({_UPDATED}|daemonset_status_updated_number_scheduled)"),
    (READY, rf"up|kube_({_PARTS}|{_SETS})"),
    (FAILED_RUN, r"kube_job_(failed|status_failed)"),
    (NODE_READY, r"kube_node_status_condition"),
    (CORDONED, r"kube_node_spec_unschedulable"),
    (MEMORY_LIMIT, r"kube_pod_container_resource_limits|container_spec_memory_limit_bytes"),
    (RUN_GOES_ON, r"kube_job_status_(active|succeeded)"),
)
_OF_THE_JOB = re.compile("BackoffLimitExceeded|DeadlineExceeded|PodFailurePolicy")
"""Reasons for which a Job failed as a whole; without one it is told how many of its pods did."""


def told_state(labels: Labels, derivation: str) -> int:
    """What a series states, as one of the numbers above.

    >>> told_state({"__name__": "kube_statefulset_status_replicas_ready"}, "") == AVAILABLE
    True
    >>> run = {"job_name": "report-29300000", "condition": "true"}
    >>> told_state({"__name__": "kube_job_failed", **run}, "") == FAILED_RUN
    True
    >>> told_state({"__name__": "kube_job_failed", "job_name": "migrate-orders", "condition": "true"}, "")
    0
    """
    state = _of_name(labels.get("__name__", ""))
    if (state == RESTARTS) != (derivation == "rate") or labels.get("resource", "memory") != "memory":
        return NOTHING
    if state == NODE_READY:
        is_ready = (labels.get("condition"), labels.get("status")) == ("Ready", "true")
        return NODE_READY if is_ready else NOTHING
    return _of_run(labels, state) if state in (FAILED_RUN, RUN_GOES_ON) else state


@lru_cache(maxsize=50_000)
def _of_name(name: str) -> int:
    return next((state for state, pattern in _OF_NAME if re.fullmatch(pattern, name)), NOTHING)


def _of_run(labels: Labels, state: int) -> int:
    """The same of a run, where it is a scheduled one: whoever starts one by hand waits for it."""
    owner = owner_of_maker(labels.get("job_name", ""))
    if owner is None or owner.kind != "cronjob":
        return NOTHING
    if (
        state == RUN_GOES_ON
        or labels.get("condition") == "true"
        or _OF_THE_JOB.search(labels.get("reason", ""))
    ):
        return state
    return NOTHING if labels.get("condition") or labels.get("reason") else FAILED_PODS
