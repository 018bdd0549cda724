"""Which labels name what: the places, workloads, pods, nodes and services that a series may carry."""

from patternwatch.contracts.pod_labels import POD
from patternwatch.contracts.promql_names import both_forms

__all__ = ["POD"]

TENANT = ("__tenant_id__",)
"""Which tenant of a federated query: Cortex and Mimir, tenant federation."""
CLUSTER = (
    *("cluster", *both_forms("k8s.cluster.name"), "cluster_name", "kubernetes_cluster", "kube_cluster"),
    "k8s_cluster",
    "ClusterName",  # dimensions of Amazon CloudWatch Container Insights, as exporters pass them on; so below
)
NAMESPACE = (
    "exported_namespace",  # the told's, where the scrape keeps `namespace` for itself
    "namespace",
    *both_forms("k8s.namespace.name"),
    "kubernetes_namespace",  # the example configuration of Prometheus for Kubernetes
    "kube_namespace",
    "Namespace",
)
WORKLOADS = (
    ("deployment", "deployment"),
    ("statefulset", "statefulset"),
    ("daemonset", "daemonset"),
    ("cronjob", "cronjob"),
    ("job", "job_name"),
    ("workload", "workload"),  # kubernetes-mixin
    ("workflow", "workflow"),  # Argo Workflows
    ("workflow", "dag_id"),  # Airflow
    ("deployment", "k8s.deployment.name"),
    ("deployment", "k8s_deployment_name"),
    ("statefulset", "k8s.statefulset.name"),
    ("statefulset", "k8s_statefulset_name"),
    ("daemonset", "k8s.daemonset.name"),
    ("daemonset", "k8s_daemonset_name"),
    ("cronjob", "k8s.cronjob.name"),
    ("cronjob", "k8s_cronjob_name"),
    ("job", "k8s.job.name"),
    ("job", "k8s_job_name"),
)
"""(kind, label): labels that name a workload outright."""
CONTAINER = (
    *("exported_container", "container", *both_forms("k8s.container.name"), "container_name"),
    "ContainerName",
)
NODE = ("exported_node", "node", *both_forms("k8s.node.name"), "kubernetes_node", "NodeName")
SERVICE = (
    "service",
    *both_forms("service.name"),
    "app",
    "app_kubernetes_io_name",
    "k8s_app",
    # what service discovery says, as relabelling keeps it: Prometheus documentation, "Configuration"
    *("consul_service", "nomad_service", "dockerswarm_service_name", "eureka_app_name", "marathon_app"),
    *("kubernetes_service_name", "kubernetes_name"),
    # Amazon ECS, as discoverers of its tasks and OpenTelemetry's conventions (`aws.ecs.task.family`) name it
    *("ecs_service", "ecs_service_name", *both_forms("aws.ecs.task.family"), "ecs_task_family"),
    *("Service", "ServiceName", "TaskDefinitionFamily", "FunctionName"),
)
HOST_NAMES = ("Name", "tag_Name", "ec2_tag_Name", "ec2_name", "instance_name", "machine_name")
"""What operators call a machine at a cloud, as relabelling keeps it: of EC2 the tag that its console shows.

Prometheus documentation, `ec2_sd_config`, `gce_sd_config`, `openstack_sd_config`, `azure_sd_config`."""
TAGS = (
    *("application", "application_name", "app_name", "appname", "microservice"),
    *("component", "app_kubernetes_io_component"),  # Kubernetes, "Recommended Labels": of one system
    *HOST_NAMES,
)
"""What programs call themselves in all of their series (Micrometer, "Common tags"), and others their whole
system or a client's program: a job is told apart by it where its series say that it holds several."""
INSTANCE = ("instance", *both_forms("host.name"), "host", "hostname")
EXPORTED = ("exported_service", "exported_app", "exported_job", "exported_instance")
"""What a series says of itself where the scrape says it of the one who tells (`honor_labels: false`)."""
ASKED = ("target", "addr")
"""The server that an exporter was told to ask."""
COVERED = (
    "target",
    "probe_target",
    "database",
    "datname",
    "dbname",
    "db",
    "queue",
    "topic",
    "consumergroup",
    "gateway",  # of an IoT network: the devices that it speaks for stand beside it
    "device",
    "destination",
)
"""What one who is named as an exporter may tell of, where nothing names it better."""
RUNTIME_NAME, CONTROL_GROUP = "name", "id"
"""cAdvisor: the runtime's name of a container, beside its control group; else `name` means other things."""
MACHINES = ("server", "agent_host", "host", "hostname", "nodename")
"""What an agent or gateway (Telegraf, collectd, graphite_exporter) may tell of in place of `COVERED`;
programs also name by them the machine that they run on, one for each instance."""
SCRAPER = ("cluster", "prometheus", "prometheus_replica", "__replica__", "agent_hostname")
"""What samples came through, by external labels: of Cortex and Thanos set-ups, prometheus-operator, the HA
tracker, Grafana Agent."""
