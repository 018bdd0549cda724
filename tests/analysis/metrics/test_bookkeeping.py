"""What Kubernetes writes down of every release is told by reason, and is no sign of trouble."""

import numpy as np
import pytest

from patternwatch.analysis.metrics.bookkeeping import is_bookkeeping
from patternwatch.contracts.skipped import BOOKKEEPING
from tests.analysis.lifecycle.worlds import ROW, World

TIME = np.arange(300)


@pytest.mark.parametrize(
    "metric",
    [
        "kube_deployment_metadata_generation",
        "kube_daemonset_metadata_generation",
        "kube_statefulset_status_observed_generation",
        "kube_replicaset_status_observed_generation",
        "kube_configmap_metadata_resource_version",
        "kube_secret_metadata_resource_version",
        "kube_pod_created",
        "kube_node_spec_unschedulable",
        "kube_node_spec_taint",
        "openshift_deploymentconfig_metadata_generation",
        "kube_deployment_status_replicas_updated",
        "kube_daemonset_status_updated_number_scheduled",
        "rollout_info_replicas_updated",
    ],
)
def test_what_was_written_is_bookkeeping(metric: str) -> None:
    assert is_bookkeeping(metric)


@pytest.mark.parametrize(
    "metric",
    [
        "kube_deployment_spec_replicas",
        "kube_pod_status_unschedulable",
        "kube_deployment_status_replicas_unavailable",
        "rollout_info_replicas_unavailable",
        "kube_pod_container_status_restarts_total",
        "kubelet_volumes_created",
        "orders_created",
        "flow_generation",
        "text_metadata_generation_seconds",
        "",
    ],
)
def test_what_things_do_is_none(metric: str) -> None:
    assert not is_bookkeeping(metric)


def test_a_healthy_release_is_quiet_whatever_its_object_counts() -> None:
    world = World()
    world.services(6)
    step = np.where(TIME >= ROW, 8.0, 7.0)
    told = {"namespace": "shop", "deployment": "calm-a", "job": "kube-state-metrics"}
    for name in ("metadata_generation", "status_observed_generation"):
        world.add(f"kube_deployment_{name}", step, **told)
    report = world.report()
    assert report.counts.skipped[BOOKKEEPING] == 2
    assert not [f for f in report.findings if "generation" in f.name]
    assert BOOKKEEPING not in {part.reason for part in report.not_judged}
    world.add("calm_queue_generation", step * 100 + world.rng.normal(size=300), **told)
    assert [f.name for f in world.report().findings if "generation" in f.name] == ["calm_queue_generation"]
