"""What a replica shares with the one that takes its place."""

import pytest

from patternwatch.analysis.lifecycle.labels import shared_by_replicas

SHARED = {"__name__": "container_cpu_usage_seconds_total", "namespace": "shop", "container": "cart"}


def test_labels_of_one_replica_are_not_shared() -> None:
    own = {
        "pod": "cart-0",
        "instance": "a:80",
        "node": "n1",
        "version": "v2",
        "pod_template_hash": "5d4f8c7b9",
    }
    assert shared_by_replicas(SHARED | own) == frozenset(SHARED.items())


@pytest.mark.parametrize(
    "label",
    ["dockerswarm_task_id", "ecs_task_arn", "ecs_task_definition", "alloc_id", "aws.ecs.task.id", "task_arn"],
)
def test_a_task_and_its_definition_are_of_one_replica(label: str) -> None:
    assert shared_by_replicas(SHARED | {label: "x"}) == frozenset(SHARED.items())


def test_the_runtimes_name_of_a_container_is_one_replicas_beside_its_control_group_only() -> None:
    name = {"name": "k8s_cart_1"}
    assert shared_by_replicas(SHARED | name) == frozenset((SHARED | name).items())
    group = {"id": "/kubepods/1"}
    assert shared_by_replicas(SHARED | name | group) == frozenset(SHARED.items())
