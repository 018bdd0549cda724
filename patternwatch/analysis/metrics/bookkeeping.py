"""Metrics of what somebody wrote into an object of Kubernetes: every healthy release, or drain, moves them.

A release that hurts shows in what its pods do; that there was one is told by their ends and beginnings. So it
is with a node that is closed for a drain.
"""

import re
from functools import lru_cache

_ENDINGS = {
    "_metadata_generation": "how often the specification was written: one more with every release",
    "_status_observed_generation": "the same, as the controller has seen it",
    "_metadata_resource_version": "the store's number of the last write, by whomever",
    "_created": "when the object was made",
    "_replicas_updated": "how many run the newest specification: from none to all with every release",
    "_updated_number_scheduled": "the same of a DaemonSet",
    "_spec_unschedulable": "that a node is to take no more pods: an operator's wish, or a drain's",
    "_spec_taint": "which pods a node is to take",
}
"""How names end -> what they say.

Source: github.com/kubernetes/kube-state-metrics and github.com/openshift/openshift-state-metrics, docs;
Kubernetes API conventions, "Metadata" (`generation`, `resourceVersion`, `creationTimestamp`); Argo Rollouts,
"Controller Metrics" (`rollout_info_replicas_updated`)."""
_NAMES = re.compile(rf"(kube|openshift|rollout)_\w+({'|'.join(_ENDINGS)})")


@lru_cache(maxsize=50_000)
def is_bookkeeping(metric: str) -> bool:
    """Whether a metric tells what was written into an object, and nothing of how it does.

    >>> is_bookkeeping("kube_deployment_metadata_generation"), is_bookkeeping("kube_deployment_spec_replicas")
    (True, False)
    """
    return _NAMES.fullmatch(metric) is not None
