"""Labels that name the pod that a series tells of, whoever tells."""

from patternwatch.contracts.promql_names import both_forms

POD = ("exported_pod", "pod", *both_forms("k8s.pod.name"), "pod_name", "kubernetes_pod_name", "PodName")
POD_IDS = ("uid", *both_forms("k8s.pod.uid"), "container_id", *both_forms("container.id"), "id")
"""kube-state-metrics, OpenTelemetry, cAdvisor: what tells a pod or container from one before of its name."""
