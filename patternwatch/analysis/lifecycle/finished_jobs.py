"""Jobs that succeeded: their pods end, and Kubernetes tells their last state. That is no trouble."""

import re
from collections.abc import Collection

from patternwatch.analysis.identity import label_names
from patternwatch.analysis.identity.named import first_of
from patternwatch.contracts.series import Labels

_POD = re.compile(r"(.+?)(?:-\d+)?-(?:[a-z0-9]{5}|\d+)")
"""A Job's pod is name-<5>, that of an indexed one name-<index>-<5> (Kubernetes documentation, "Jobs")."""
_OF_JOB = re.compile(r"kube_job_(status_(active|ready|succeeded|completion_time)|complete$)")
_OF_POD = re.compile(
    r"kube_pod_(status_(phase|ready|container_ready_time|ready_time|scheduled)"
    r"|completion_time|container_(status_(ready|running|terminated|terminated_reason|last_terminated\w*)"
    r"|state_started))$"
)
"""kube-state-metrics, docs/metrics: states that differ once a Job or its pod is done."""


def is_of_finished(pod: str, finished: Collection[str]) -> bool:
    """Whether a pod is one of a Job that succeeded.

    finished  such Jobs, by name

    >>> [is_of_finished(pod, {"sync"}) for pod in ("sync-x7k2p", "sync-0-x7k2p", "sync-api-5d4f8c7b9-x7k2p")]
    [True, True, False]
    """
    made = _POD.fullmatch(pod)
    return made is not None and (made[1] in finished or pod.rpartition("-")[0] in finished)


def tells_the_end(labels: Labels, finished: Collection[str]) -> bool:
    """Whether a series tells a state that a Job that succeeded, or a pod of it, has at its end.

    >>> phase = {"__name__": "kube_pod_status_phase", "pod": "sync-x7k2p", "phase": "Running"}
    >>> tells_the_end(phase, {"sync"}), tells_the_end(phase, {"mail"})
    (True, False)
    """
    if not finished:
        return False
    name = labels.get("__name__", "")
    if _OF_JOB.match(name):
        return labels.get("job_name", "") in finished
    return bool(_OF_POD.match(name)) and is_of_finished(first_of(labels, label_names.POD)[1], finished)
