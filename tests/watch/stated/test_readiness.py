"""A replica that is away while others serve opens nothing at once; all of them do, and one for long."""

import numpy as np
import pytest

from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.cluster import ClusterWatch
from tests.watch.small_cluster import STEP_MS, Values, batch_of, labels_of, rows_of

SHOP = labels_of(services=4)
WORKLOADS, PODS = ("mail", "bill", "tax"), 3
COUNTS = "spec_replicas", "status_replicas_available", "status_replicas_unavailable"
LABELS = [
    *SHOP,
    {"__name__": "kube_node_spec_unschedulable", "node": "n1"},
    {"__name__": "kube_node_status_condition", "node": "n1", "condition": "Ready", "status": "true"},
    *({"__name__": f"kube_deployment_{name}", "deployment": own} for own in WORKLOADS for name in COUNTS),
    *(
        {"__name__": name, "pod": f"{own}-5d4f8c7b9-x2x{'bcd'[pod]}k"}
        for own in WORKLOADS
        for pod in range(PODS)
        for name in ("kube_pod_container_status_ready", "kube_pod_status_ready", "up")
    ),
]
CORDON = len(SHOP)
LEARNED, ROWS, BEGIN = 2880, 60, 20
USUAL = np.array([0.0, 1.0] + len(WORKLOADS) * [3, 3, 0] + len(WORKLOADS) * 3 * PODS * [1])


def opened(
    away: list[str], rows: int, pods: int = 1, *, is_drained: bool = False, is_lost: bool = False
) -> list[str]:
    """What opens where so many pods of these workloads are not ready for so many rows."""

    def quiet(seed: int, number: int) -> Values:
        return np.vstack([rows_of(SHOP, number, seed), np.repeat(USUAL[:, None], number, axis=1)])

    watch, judged = ClusterWatch(AnalysisSettings(), STEP_MS), quiet(2, ROWS)
    watch.learn(batch_of(LABELS, quiet(1, LEARNED), -LEARNED))
    judged[CORDON, BEGIN:] = float(is_drained)
    judged[CORDON + 1, BEGIN : BEGIN + rows] = float(not is_lost)
    for own in away:
        for i, labels in enumerate(LABELS):
            name, pod, during = labels["__name__"], labels.get("pod", ""), slice(BEGIN, BEGIN + rows)
            if labels.get("deployment") == own and name != "kube_deployment_spec_replicas":
                judged[i, during] += pods if name.endswith("unavailable") else -pods
            elif pod.startswith(f"{own}-") and pod[-2] in "bcd"[:pods]:
                judged[i, during] = 0
    ticks = (batch_of(LABELS, judged[:, at : at + 2], at) for at in range(0, ROWS, 2))
    seen = [watch.observe(batch, int(batch.times[-1])) for batch in ticks]
    return [one.opening.entity for one in seen if one.opening]


@pytest.mark.parametrize("rows", [4, 14])
def test_one_of_three_replicas_that_is_restarted_opens_nothing(rows: int) -> None:
    assert opened(["mail"], rows) == []


@pytest.mark.parametrize(("rows", "pods"), [(4, 3), (40, 1)], ids=["all of them", "one for long"])
def test_all_replicas_away_or_one_for_long_opens(rows: int, pods: int) -> None:
    assert opened(["mail"], rows, pods) == ["mail"]


def test_a_replica_each_of_many_workloads_is_away_for_a_moment_where_a_machine_is_drained() -> None:
    assert opened(["mail", "bill", "tax"], rows=6, is_drained=True) == []


@pytest.mark.parametrize("is_drained", [False, True])
def test_a_machine_that_is_not_ready_opens_unless_it_was_drained(*, is_drained: bool) -> None:
    assert opened([], rows=10, is_drained=is_drained, is_lost=True) == ([] if is_drained else ["n1"])
