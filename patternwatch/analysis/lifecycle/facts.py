"""What was intended: how many replicas a workload should have, and which Jobs are done."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from patternwatch.analysis.identity import label_names
from patternwatch.analysis.identity.named import first_of
from patternwatch.analysis.identity.scope import Scope
from patternwatch.analysis.lifecycle.finished_jobs import tells_the_end
from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.lives import EntityKey, LifeFacts
from patternwatch.contracts.series import Labels, Matrix
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.subject import Key

_DESIRED = {
    # kube-state-metrics
    "kube_deployment_spec_replicas": "deployment",
    "kube_replicaset_spec_replicas": "replicaset",
    "kube_statefulset_replicas": "statefulset",
    "kube_daemonset_status_desired_number_scheduled": "daemonset",
    "kube_horizontalpodautoscaler_status_desired_replicas": "horizontalpodautoscaler",
    "kube_hpa_status_desired_replicas": "hpa",  # before 2.0
    # openshift-state-metrics
    "openshift_deploymentconfig_spec_replicas": "deploymentconfig",
    # Argo Rollouts
    "rollout_info_replicas_desired": "name",
}
"""Metric -> label that names the workload."""
_MACHINES = frozenset(
    f"aws_autoscaling_group_desired_capacity{end}" for end in ("", "_average", "_maximum", "_minimum")
)
"""How many machines an autoscaling group of AWS should have, from CloudWatch (cloudwatch_exporter, YACE)."""
_OF_MACHINES = (
    "auto_scaling_group_name",
    "dimension_AutoScalingGroupName",
    "dimension_auto_scaling_group_name",
)
"""Labels that name the group."""
_CORDONED = "kube_node_spec_unschedulable"
"""Of a node that is to take no pods (kube-state-metrics): it is told as one that should not be there."""
_FINISHED = {"kube_job_status_succeeded": "job_name", "kube_job_complete": "job_name"}
"""The same of Jobs that are done where the value is above 0 (kube-state-metrics)."""
_LABELS = {**_DESIRED, **_FINISHED, _CORDONED: "node"}
"""Metric -> label that names what it tells of; a group of machines has one of several."""
_COUNTED = {
    # kube-state-metrics
    **dict.fromkeys(
        [f"kube_deployment_status_replicas{end}" for end in ("", "_available", "_ready", "_updated")],
        "deployment",
    ),
    **dict.fromkeys(
        [f"kube_replicaset_status_{what}replicas" for what in ("", "ready_", "fully_labeled_")],
        "replicaset",
    ),
    **dict.fromkeys(
        [
            f"kube_statefulset_status_replicas{end}"
            for end in ("", "_available", "_current", "_ready", "_updated")
        ],
        "statefulset",
    ),
    **dict.fromkeys(
        [
            f"kube_daemonset_status_{what}"
            for what in (
                "current_number_scheduled",
                "number_available",
                "number_ready",
                "updated_number_scheduled",
            )
        ],
        "daemonset",
    ),
    "kube_horizontalpodautoscaler_status_current_replicas": "horizontalpodautoscaler",
    "kube_hpa_status_current_replicas": "hpa",
}
"""The same of how many replicas there are."""


def facts_of(labels: Sequence[Labels], values: Matrix) -> LifeFacts:
    """What the series of such metrics say.

    values  shape (N, T); NaN is a gap

    >>> values = np.array([[3.0, 3.0, 0.0]])
    >>> facts_of([{"__name__": "kube_deployment_spec_replicas", "deployment": "cart"}], values).desired
    [(('', '', '', 'cart'), 3, 0)]
    """
    desired: list[tuple[EntityKey, int, int]] = []
    machines: list[tuple[EntityKey, int, int]] = []
    finished = set()
    for i, own in enumerate(labels):
        name = own.get("__name__", "")
        label = first_of(own, _OF_MACHINES)[0] if name in _MACHINES else _LABELS.get(name, "")
        if not own.get(label):
            continue
        points = values[i][np.isfinite(values[i])]
        if not len(points):
            continue
        if name == _CORDONED:
            tenant, cluster, _, node = _key(own, label)
            first, last = int(points[0] == 0.0), int(points[-1] == 0.0)
            desired.append(((tenant, cluster, "", node), first, last))
        elif name in _MACHINES:
            machines.append((_key(own, label), int(points[0]), int(points[-1])))
        elif name in _DESIRED:
            desired.append((_key(own, label), int(points[0]), int(points[-1])))
        elif points[-1] > 0.0 and own.get("condition", "true") == "true":
            finished.add(own[label])
    return LifeFacts(desired=sorted(desired), finished=sorted(finished), machines=sorted(machines))


def _key(labels: Labels, label: str) -> EntityKey:
    places = (label_names.TENANT, label_names.CLUSTER, label_names.NAMESPACE)
    tenant, cluster, namespace = (first_of(labels, names)[1] for names in places)
    return tenant, cluster, namespace, labels.get(label, "")


@dataclass(frozen=True, slots=True)
class Intended:
    """What was meant to be.

    desired   by entity, how many replicas it should have, at first and at last; of a cordoned node none
    finished  Jobs that succeeded, by name
    released  how many machines fewer the groups of machines should have, at last, all together

    >>> Intended({"cart": (3, 0)}, frozenset()).desired["cart"]
    (3, 0)
    """

    desired: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    finished: frozenset[str] = frozenset()
    released: int = 0

    def also_gone(self, names: Iterable[str]) -> "Intended":
        """The same, and these should not be there any more.

        >>> Intended().also_gone(["n1"]).desired
        {'n1': (1, 0)}
        """
        return replace(self, desired={**self.desired, **dict.fromkeys(names, (1, 0))})


def intended_of(results: Iterable[ShardResult], scope: Scope) -> Intended:
    """What was meant to be, by shards in any order.

    Where an autoscaler and a Deployment tell of it: the most at first and the fewest at last.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> intended_of([], Scope([], AnalysisSettings()))
    Intended(desired={}, finished=frozenset(), released=0)
    """
    found: dict[str, tuple[int, int]] = {}
    groups: dict[EntityKey, int] = {}
    finished: set[str] = set()
    for result in results:
        finished.update(result.facts.finished)
        for key, first, last in result.facts.machines:
            groups[key] = max(groups.get(key, 0), first - last)
        for key, first, last in result.facts.desired:
            name = scope.names.of(Key(*key))
            before, now = found.get(name, (first, last))
            found[name] = max(before, first), min(now, last)
    return Intended(found, frozenset(finished), sum(groups.values()))


def is_intended(labels: Labels, values: Floats32, intended: Intended, scope: Scope) -> bool:
    """Whether a series tells what was meant to be, or that it came to be.

    So do how many replicas there should be, that there are as many in the end, and the end of a finished Job.

    values    its points, shape (T,)
    intended  what was meant to be

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> available = {"__name__": "kube_deployment_status_replicas_available", "deployment": "cart"}
    >>> scope, scaled = Scope([], AnalysisSettings()), Intended({"cart": (3, 0)})
    >>> [is_intended(available, np.float32([3, last]), scaled, scope) for last in (0, 1)]
    [True, False]
    """
    name = labels.get("__name__", "")
    if name in _DESIRED or name in _MACHINES or tells_the_end(labels, intended.finished):
        return True
    label = _COUNTED.get(name)
    wanted = intended.desired.get(scope.names.of(Key(*_key(labels, label)))) if label else None
    points = values[~np.isnan(values)]
    return wanted is not None and len(points) > 0 and int(points[-1]) == wanted[1]
