"""The table of exporters is read row by row: what makes a metric, and which labels name what it tells of."""

import re

import pytest

from patternwatch.analysis.identity.exporter_rows import EXPORTERS, _rows
from patternwatch.analysis.identity.exporter_table import ExporterTable
from patternwatch.analysis.identity.exporters import Exporter
from patternwatch.analysis.identity.subject import subject_of

TABLE = r"""
mesh | ^mesh_(?!x=y) | example.org, Metrics
    pod=@pod
    service=a,b node=@host
plain | plain_ | the same
    target=t
"""


def test_a_row_tells_what_its_series_are_about_in_the_order_of_the_labels() -> None:
    labels = (("pod", "@pod"), ("service", "a"), ("service", "b"), ("node", "@host"))
    for own in (False, True):
        assert list(_rows(TABLE, own)) == [
            Exporter("mesh", "^mesh_(?!x=y)", labels, "example.org, Metrics", own),
            Exporter("plain", "plain_", (("target", "t"),), "the same", own),
        ]
    assert list(_rows(TABLE)) == list(_rows(TABLE, own=False))


def test_every_row_has_a_pattern_labels_and_a_source() -> None:
    assert len(EXPORTERS) > 40
    for row in EXPORTERS:
        re.compile(row.metrics)
        assert row.name
        assert row.told
        assert row.source
        assert all(kind and label for kind, label in row.told)


def test_the_settings_come_before_the_table() -> None:
    table = ExporterTable({"container_": ("box", "crate"), "^own_": ("thing",)})
    found = table.exporter_of("container_cpu")
    assert found == Exporter("settings", "container_", (("target", "box"), ("target", "crate")), "settings")
    assert table.exporter_of("shop:own_size:sum") == Exporter(
        "settings", "^own_", (("target", "thing"),), "settings"
    )
    assert table.exporter_of("shop:own_size") == table.exporter_of("own_size") is not None
    cadvisor = ExporterTable().exporter_of("container_cpu")
    assert cadvisor is not None
    assert cadvisor.name == "cAdvisor"
    assert ExporterTable().exporter_of("http_requests_total") is None


@pytest.mark.parametrize(
    ("job", "name"),
    [
        ("node", "10.0.1.4"),
        ("integrations/node_exporter", "10.0.1.4"),
        ("kube-prometheus-stack-prometheus-node-exporter", "10.0.1.4"),
        ("kubelet", "10.0.1.4"),
        ("windows-exporter", "10.0.1.4"),
        ("postgresql-exporter", "10.0.1.4"),
        ("orders-mysql-exporter", "10.0.1.4"),
        # programs of their own, or ones whose address says nothing of what they tell of
        ("nodejs-exporter", "nodejs-exporter"),
        ("kube-state-metrics", "kube-state-metrics"),
        ("snmp_exporter", "snmp_exporter"),
        ("mysql", "mysql"),
        ("cart", "cart"),
    ],
)
def test_scrapes_of_an_exporter_tell_of_what_it_tells_of(job: str, name: str) -> None:
    for metric in ("up", "scrape_duration_seconds"):
        assert subject_of({"__name__": metric, "job": job, "instance": "10.0.1.4:9100"}).name == name
    assert subject_of({"__name__": "go_goroutines", "job": job, "instance": "10.0.1.4:9100"}).name == job


def test_scrapes_of_a_prober_tell_of_the_target() -> None:
    assert subject_of({"__name__": "up", "job": "blackbox", "instance": "https://a.b/c"}).name == "a.b/c"


@pytest.mark.parametrize(
    ("job", "more", "name"),
    [
        ("node", {}, "10.0.1.4"),
        ("windows-exporter", {"device": "sda"}, "10.0.1.4"),
        ("node", {"exported_job": "backup"}, "backup"),
        ("kubelet", {}, "kubelet"),
        ("postgres-exporter", {"datname": "orders"}, "orders"),
        ("cart", {}, "cart"),
    ],
)
def test_what_others_wrote_of_a_node_is_the_nodes(job: str, more: dict[str, str], name: str) -> None:
    """Textfile collectors: metrics of any name, from files on the node."""
    labels = {"__name__": "backup_size_bytes", "job": job, "instance": "10.0.1.4:9100", **more}
    assert subject_of(labels).name == name


@pytest.mark.parametrize(
    ("metric", "labels", "name"),
    [
        ("system_cpu_load_average_1m", {"host_name": "vm-03", "service_name": "otelcol"}, "vm-03"),
        ("system.memory.usage", {"host.name": "vm-03", "service.name": "otelcol"}, "vm-03"),
        ("system_load1", {"service_name": "otelcol"}, "otelcol"),  # Telegraf's
        ("systemd_unit_state", {"instance": "app2:9558", "name": "mailer.service"}, "app2"),
        (
            "container_memory_rss",
            {"container_label_com_amazonaws_ecs_task_definition_family": "cart", "name": "ecs-cart-14-x"},
            "cart",
        ),
        (
            "container_memory_rss",
            {"container_label_com_hashicorp_nomad_job_name": "cart", "name": "x"},
            "cart",
        ),
        ("pulsar_subscription_back_log", {"topic": "orders", "subscription": "billing"}, "billing"),
        ("jetstream_consumer_num_pending", {"stream_name": "ORDERS", "consumer_name": "billing"}, "billing"),
        ("jetstream_stream_total_bytes", {"stream_name": "ORDERS", "account": "A"}, "ORDERS"),
        ("ecs_service_running_tasks", {"ClusterName": "prod", "ServiceName": "cart"}, "cart"),
        ("amazonaws_com_AWS_Lambda_Errors", {"FunctionName": "resize"}, "resize"),
        ("pod_cpu_utilization", {"PodName": "cart-5f6585d649-fnmft", "NodeName": "n1"}, "cart"),
    ],
)
def test_who_is_told_by_rows_of_machines_and_containers(
    metric: str, labels: dict[str, str], name: str
) -> None:
    assert subject_of({"__name__": metric, "job": "job", **labels}).name == name


def test_a_recorded_objective_is_its_services() -> None:
    """Sloth records `slo:sli_error:ratio_rate5m` with the service in a label of its own."""
    recorded = {"__name__": "slo:sli_error:ratio_rate5m", "job": "sloth", "sloth_service": "cart"}
    assert subject_of(recorded).name == "cart"


@pytest.mark.parametrize(
    ("labels", "kind", "name"),
    [
        ({"__name__": "ceph_osd_commit_latency_ms", "ceph_daemon": "osd.7"}, "server", "osd.7"),
        ({"__name__": "ceph_health_status"}, "job", "metrics"),
        ({"__name__": "ceph_pool_rd", "pool_id": "3"}, "job", "metrics"),
        ({"__name__": "vcenter_vm_cpu_usage", "vcenter_vm_name": "erp"}, "server", "erp"),
        ({"__name__": "vcenter.vm.cpu.usage", "vcenter.vm.name": "erp"}, "server", "erp"),
        ({"__name__": "vsphere_host_cpu_usage", "esxhostname": "esx-2"}, "node", "esx-2"),
        ({"__name__": "network_ups_tools_battery_charge", "ups": "rack-1"}, "device", "rack-1"),
        (
            {"__name__": "wireguard_sent_bytes_total", "friendly_name": "lyon", "public_key": "k"},
            "device",
            "lyon",
        ),
        (
            {"__name__": "kafka_consumer_group_lag", "group": "billing", "topic": "t"},
            "consumergroup",
            "billing",
        ),
        ({"__name__": "kafka_burrow_total_lag", "group": "billing"}, "consumergroup", "billing"),
        ({"__name__": "rabbitmq_message_current", "rabbitmq_queue_name": "mails"}, "queue", "mails"),
    ],
)
def test_one_who_tells_of_many_names_each(labels: dict[str, str], kind: str, name: str) -> None:
    subject = subject_of({**labels, "job": "metrics", "instance": "10.0.0.9:9000"})
    assert (subject.kind, subject.name) == (kind, name)
