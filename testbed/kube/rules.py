"""What the controller decides: pure rules over a workload and its pods, as Kubernetes' own decide.

Rolling updates: one pod more than wanted at most, none less
(https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from testbed.kube.workloads import STATEFULSET, Workload

SURGE = 1
BACKOFF_FIRST_S = 2.0
BACKOFF_MAX_S = 40.0
"""Kubernetes waits 10 s, 20 s, ... 300 s; a window of some minutes wants it shorter."""


@dataclass(frozen=True)
class PodView:
    """What a rule sees of a pod."""

    name: str
    version: str
    ready: bool
    born: float


@dataclass(frozen=True)
class Decision:
    """How many pods to make of the current version, and which to delete."""

    create: int = 0
    delete: tuple[str, ...] = ()


def decide(workload: Workload, pods: Sequence[PodView]) -> Decision:
    """The next step towards what a workload wants; ``pods`` are those not being deleted.

    >>> from testbed.kube.workloads import workloads
    >>> decide(workloads()[0], []).create
    1
    """
    new = [pod for pod in pods if pod.version == workload.version]
    old = [pod for pod in pods if pod.version != workload.version]
    wanted = workload.replicas
    if workload.kind == STATEFULSET:
        return Decision(max(0, wanted - len(pods)), _surplus(new, len(new) - wanted) + _names(old[:1]))
    create = max(0, min(wanted - len(new), wanted + (SURGE if old else 0) - len(pods)))
    if not old:
        return Decision(create, _surplus(new, len(new) - wanted))
    spare = sum(pod.ready for pod in pods) - wanted
    broken = [pod for pod in old if not pod.ready]
    ready = [pod for pod in old if pod.ready]
    return Decision(create, _names(broken) + _names(ready[: max(0, spare)]))


def _names(pods: Sequence[PodView]) -> tuple[str, ...]:
    return tuple(pod.name for pod in pods)


def _surplus(pods: Sequence[PodView], count: int) -> tuple[str, ...]:
    """Those that go first: not ready ones, then the youngest."""
    order = sorted(pods, key=lambda pod: (pod.ready, -pod.born))
    return _names(order[: max(0, count)])


def choose_node(nodes: Sequence[str], same: Sequence[str], all_pods: Sequence[str]) -> str:
    """The node with the fewest pods of the workload, then the fewest of all, then the first.

    >>> choose_node(["a", "b"], same=["a"], all_pods=["a", "b", "b"])
    'b'
    """
    return min(nodes, key=lambda node: (same.count(node), all_pods.count(node), node))


def backoff_s(restarts: int) -> float:
    """Pause before a container's next start; the first restart is at once.

    >>> [backoff_s(n) for n in (0, 1, 2, 3, 9)]
    [0.0, 2.0, 4.0, 8.0, 40.0]
    """
    return 0.0 if restarts == 0 else min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2 ** (restarts - 1))
