"""Labels that name a replica of a workload, a run, and whoever a series is told of."""

import re

from patternwatch.analysis.identity.label_names import (
    CLUSTER,
    CONTAINER,
    CONTROL_GROUP,
    EXPORTED,
    INSTANCE,
    NAMESPACE,
    NODE,
    POD,
    RUNTIME_NAME,
    SCRAPER,
    SERVICE,
    TAGS,
    TENANT,
)
from patternwatch.contracts.pod_labels import POD_IDS
from patternwatch.contracts.promql_names import both_forms
from patternwatch.contracts.series import Labels

OF_ONE_REPLICA = frozenset(
    (
        *POD,
        *POD_IDS,
        *INSTANCE,
        *both_forms("service.instance.id"),
        *NODE,
        # kube-state-metrics: kube_pod_info, kube_pod_container_info
        *("pod_ip", "host_ip", "internal_ip", "image", "image_id", "image_spec"),
        *("created_by_name", "replicaset", "owner_name"),
        # label mapping of pods: set by the controllers of Kubernetes, or a recommended label
        *("pod_template_hash", "controller_revision_hash", "version", "app_kubernetes_io_version"),
        "rollouts_pod_template_hash",  # Argo Rollouts
        *both_forms("service.version"),
        # tasks and their definitions: Docker Swarm, Amazon ECS, Nomad, by discovery and OpenTelemetry
        *("dockerswarm_task_id", "dockerswarm_task_slot", "dockerswarm_container_id"),
        *("container_label_com_docker_swarm_task_id", "container_label_com_docker_swarm_task_name"),
        *("ecs_task_id", "ecs_task_arn", "ecs_task_definition", "ecs_task_definition_arn"),
        *("ecs_task_definition_revision", "ecs_task_version", "task_id", "task_arn", "alloc_id"),
        # the same by prometheus-ecs-discovery, and the machine that a task was put on
        *("task_revision", "container_arn", "container_id", "docker_image"),
        *("ec2_instance_id", "container_instance_arn"),
        *both_forms("aws.ecs.task.arn"),
        *both_forms("aws.ecs.task.id"),
        *both_forms("aws.ecs.task.revision"),
        # Istio, "Istio Standard Metrics": of either end of a call
        *("source_version", "source_canonical_revision"),
        *("destination_version", "destination_canonical_revision"),
    )
)
"""Labels whose value may differ between a replica and the one that takes its place."""
_OF_A_TARGET = OF_ONE_REPLICA.union(
    *(CLUSTER, CONTAINER, EXPORTED, NAMESPACE, SCRAPER, SERVICE, TAGS, TENANT), ("job",)
)
"""Labels that discovery and relabelling give to all that a target tells."""
RUN = (
    *("job_name", "k8s_job_name", "k8s.job.name"),  # Kubernetes
    *("workflow", "workflow_name"),  # Argo Workflows
    *("pipelinerun", "taskrun"),  # Tekton
    *("dag_run_id", "run_id"),  # Airflow; many by hand
    *("execution_id", "build_number", "batch_id"),
)
"""Labels that name one run of something that runs again and again."""
_FAILED = re.compile(r"(^|[._:])(failed|failures?|errors?|rejected|exit_?code)([._:]|$)", re.IGNORECASE)
_OUTCOME = ("phase", "status", "state", "result", "outcome", "conclusion")
"""Labels whose value says how a run ended."""


def tells_failures_of_run(labels: Labels) -> bool:
    """Whether a series tells how much of a run failed: 0 of each that is well, so that runs compare.

    What tells how far a run is differs from the ended ones before it.

    >>> names = "kube_job_status_failed", "kube_job_status_active"
    >>> [tells_failures_of_run({"__name__": name, "job_name": "mail-28711240"}) for name in names]
    [True, False]
    >>> run = {"__name__": "argo_workflow_status_phase", "workflow": "mail-28711240"}
    >>> [tells_failures_of_run({**run, "phase": phase}) for phase in ("Failed", "Succeeded")]
    [True, False]
    """
    if not run_of(labels):
        return False
    told = (labels.get("__name__", ""), *(labels.get(label, "") for label in _OUTCOME))
    return any(_FAILED.search(each) for each in told)


def run_of(labels: Labels) -> str:
    """Which run a series tells of; empty where none is named.

    >>> run_of({"dag_id": "mail", "run_id": "scheduled__2026-11-23"}), run_of({"job": "mail"})
    ('scheduled__2026-11-23', '')
    """
    return next((labels[label] for label in RUN if label in labels), "")


def shared_by_replicas(labels: dict[str, str]) -> frozenset[tuple[str, str]]:
    """The labels that a replica shares with the one that takes its place.

    >>> one = {"__name__": "up", "job": "cart", "pod": "cart-5d4f8c7b9-x2x9k", "instance": "10.0.0.1:80"}
    >>> two = {"__name__": "up", "job": "cart", "pod": "cart-77d8c9f5b-m4m2z", "instance": "10.0.0.9:80"}
    >>> shared_by_replicas(one) == shared_by_replicas(two)
    True
    >>> failed = {"__name__": "kube_job_failed", "job_name": "mail-28711240"}  # as of the next run
    >>> shared_by_replicas(failed)
    frozenset({('__name__', 'kube_job_failed')})
    """
    own = OF_ONE_REPLICA | {RUNTIME_NAME} if CONTROL_GROUP in labels else OF_ONE_REPLICA
    if tells_failures_of_run(labels):
        own = own.union(RUN)
    return frozenset([item for item in labels.items() if item[0] not in own])


def may_be_relabelled(before: Labels, now: Labels) -> bool:
    """Whether one series may go on under other labels: those of its target differ, or it has more or fewer.

    >>> one = {"__name__": "requests_total", "job": "pods", "service": "cart", "code": "200"}
    >>> other = {"__name__": "requests_total", "job": "shop/cart", "app": "cart", "code": "200"}
    >>> may_be_relabelled(one, other), may_be_relabelled(one, {**one, "code": "500"})
    (True, False)
    """
    told, then = (
        {item for item in labels.items() if item[0] not in _OF_A_TARGET} for labels in (before, now)
    )
    return told <= then or then <= told
