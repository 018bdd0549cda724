"""What a series tells of, on the set-ups that people have."""

from typing import Any

import pytest

from patternwatch.analysis.identity import subject_reader as subject_reader_module
from patternwatch.analysis.identity.knowledge import Knowledge
from patternwatch.analysis.identity.pod_names import Owner
from patternwatch.analysis.identity.subject import subject_of
from patternwatch.analysis.identity.subject_reader import SubjectReader, subject_reader
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.subject import Key, Subject

STACK = "kube-prometheus-stack"
KSM = {
    "job": "kube-state-metrics",
    "service": f"{STACK}-kube-state-metrics",
    "container": "kube-state-metrics",
    "instance": "10.0.9.9:8080",
    "namespace": "shop",
}
KUBELET = {
    "job": "kubelet",
    "service": f"{STACK}-kubelet",
    "instance": "10.0.1.4:10250",
    "node": "ip-10-0-1-4",
    "namespace": "shop",
}
NODE_EXPORTER = {
    "job": "node-exporter",
    "service": f"{STACK}-prometheus-node-exporter",
    "container": "node-exporter",
    "namespace": "monitoring",
    "instance": "10.0.1.4:9100",
    "pod": f"{STACK}-node-exporter-0x7",
}
POD = "checkout-5f6585d649-fnmft"


def told(name: str, *groups: dict[str, str], **labels: str) -> Subject:
    merged = {"__name__": name}
    for group in (*groups, labels):
        merged.update(group)
    return subject_of(merged)


KUBERNETES = """
kube_deployment_status_replicas | ksm deployment=checkout | deployment checkout
kube_statefulset_replicas | ksm statefulset=db | statefulset db
kube_daemonset_status_number_ready | ksm daemonset=fluentd | daemonset fluentd
kube_job_status_failed | ksm job_name=backup-28711240 | cronjob backup
kube_job_status_failed | ksm job_name=migrate | job migrate
kube_cronjob_status_active | ksm cronjob=backup | cronjob backup
kube_replicaset_status_replicas | ksm replicaset=cart-5f6585d649 | deployment cart
kube_horizontalpodautoscaler_status_x | ksm horizontalpodautoscaler=cart | workload cart
kube_pod_status_ready | ksm pod=POD | deployment checkout
kube_node_status_condition | ksm node=worker-1 | node worker-1
kube_namespace_status_phase | ksm | namespace shop
kube_service_info | ksm exported_service=cart | service cart
container_cpu_usage_seconds_total | kubelet pod=POD container=app | deployment checkout
container_cpu_usage_seconds_total | kubelet id=/ | node 10.0.1.4
kubelet_volume_stats_used_bytes | kubelet persistentvolumeclaim=data-db-0 | persistentvolumeclaim data-db-0
kubelet_running_pods | kubelet | node 10.0.1.4
node_load1 | node_exporter | node 10.0.1.4
namespace_workload_pod:kube_pod_owner:relabel | namespace=shop pod=POD workload=checkout | deployment checkout
node_namespace_pod:container_memory_rss: | namespace=shop pod=POD node=n | deployment checkout
instance:node_cpu_utilisation:rate5m | instance=10.0.1.4:9100 job=node | node 10.0.1.4
up | job=kubernetes-pods instance=10.2.1.1:80 app_kubernetes_io_name=billing | service billing
up | job=kubernetes-service-endpoints instance=10.2.1.1:80 kubernetes_name=cart | service cart
consul_health_node_status | job=consul instance=consul-exporter:9107 node=web-3 check=serfHealth | node web-3
consul_serf_lan_member_status | job=consul instance=consul-exporter:9107 member=web-3 | node web-3
up | job=consul instance=10.4.1.1:80 consul_service=stock dc=eu | service stock
http_requests_total | job=ecs instance=10.4.1.1:80 ecs_service=cart ecs_task_family=cart-prod | service cart
http_requests_total | job=otel-collector aws.ecs.task.family=cart | service cart
up | job=swarm instance=10.4.1.1:80 dockerswarm_service_name=shop_cart | service shop_cart
up | job=cart instance=10.4.1.1:80 application=shop | job cart
up | job=kubernetes-pods kubernetes_pod_name=POD kubernetes_namespace=shop app=x | deployment checkout
up | job=catalogue service=catalogue pod=catalogue-66d9-13xyz | deployment catalogue
up | job=cart service=cart pod=one-that-people-named | service cart
jvm_memory | job=otel-collector k8s.deployment.name=cart | deployment cart
revision_request_count | job=activator namespace=knative-serving configuration_name=cart | service cart
argocd_app_info | job=argocd-metrics service=argocd-metrics namespace=argocd name=shop | application shop
"""
ELSEWHERE = """
windows_cpu_time_total | job=windows instance=win-3:9182 | node win-3
container_memory_rss | job=cadvisor instance=h:8080 name=shop_cart_1 | container shop_cart_1
probe_success | job=blackbox instance=https://shop.example/health | target shop.example/health
probe_success | job=blackbox instance=bb:9115 target=https://a.example | target a.example
monitor_status | job=uptime-kuma instance=kuma:3001 monitor_name=cart | target cart
gatus_results_total | job=gatus instance=gatus:8080 name=cart group=shop | target cart
httpcheck.status | job=otelcol http.url=https://a.example | target https://a.example
ping_loss_ratio | job=ping instance=ping:9427 target=gw.example ip=192.0.2.1 | target gw.example
smokeping_requests_total | job=smokeping instance=sp:9374 host=gw.example ip=192.0.2.1 | target gw.example
ifHCInOctets | job=snmp instance=switch-3 ifName=ge-0/0/1 | device switch-3
mysql_up | job=mysqld-exporter instance=exp:9104 target=db-3:3306 | server db-3:3306
mysql_up | job=mysqld-exporter instance=db-3:9104 | server db-3
redis_up | job=redis-exporter service=redis-exporter instance=redis://cart-redis:6379 | server cart-redis
redis_db_keys | job=redis service=redis instance=redis-0 db=db0 | service redis
pg_stat_database_x | job=postgres-exporter instance=postgres-exporter:9187 datname=orders | database orders
pg_stat_database_x | job=postgres service=orders-db instance=x:9187 datname=a | service orders-db
pg_up | job=pg pod=orders-db-0 container=metrics instance=10.2.3.4:9187 | statefulset orders-db
kafka_consumergroup_lag | job=kafka-exporter consumergroup=billing topic=orders | consumergroup billing
kafka_topic_partition_current_offset | job=kafka-exporter topic=orders | topic orders
aws_rds_cpuutilization_average | job=cloudwatch dbinstance_identifier=orders | database orders
aws_rds_cpuutilization_average | job=yace dimension_DBInstanceIdentifier=orders | database orders
up | job=cart instance=cart:80 | job cart
up | instance=10.2.1.1:80 | instance 10.2.1.1:80
mqtt_messages_total | job=mqtt-exporter instance=mqtt2prom:9641 gateway=gw-lyon device=th-02 | target gw-lyon
export_seconds | job=pushgateway instance=push:9091 exported_job=export-7 | job export-7
jvm_memory | service.name=cart host.name=h1 | service cart
backlog | job=orders-exporter instance=exp:9000 queue=invoices | target invoices
backlog | job=orders instance=orders:9000 queue=invoices | job orders
backlog | instance=orders:9000 queue=invoices | instance orders:9000
backlog | namespace=shop | namespace shop
backlog | cluster=north | cluster north
backlog | k8s_cluster=north | cluster north
"""
SCRAPES = {"ksm": KSM, "kubelet": KUBELET, "node_exporter": NODE_EXPORTER}


@pytest.mark.parametrize("row", [row for row in f"{KUBERNETES}{ELSEWHERE}".splitlines() if row])
def test_subjects(row: str) -> None:
    name, words, expected = row.replace("POD", POD).split(" | ")
    labels: dict[str, str] = {}
    for word in words.split():
        label, _, value = word.partition("=")
        labels |= SCRAPES.get(label) or {label: value}
    found = told(name, labels)
    assert f"{found.kind} {found.name}" == expected


def test_a_series_without_any_name_has_no_subject() -> None:
    assert told("backlog", code="200") == Subject()


def test_the_scrapes_labels_do_not_describe_what_is_told() -> None:
    load = told("node_load1", NODE_EXPORTER)
    assert (load.namespace, load.pod, load.container, load.instance, load.node) == (
        "",
        "",
        "",
        "",
        "10.0.1.4",
    )
    replicas = told("kube_deployment_status_replicas", KSM, deployment="cart", pod="ksm-5f6585d649-fnmft")
    assert (replicas.namespace, replicas.replica) == ("shop", "")
    cpu = told("container_cpu_usage_seconds_total", KUBELET, pod=POD, container="app")
    assert (cpu.replica, cpu.container, cpu.node, cpu.instance) == (POD, "app", "10.0.1.4", "")
    volume = told("kubelet_volume_stats_used_bytes", KUBELET, persistentvolumeclaim="data")
    assert (volume.namespace, volume.node) == ("shop", "10.0.1.4")


def test_exported_labels_tell_the_told() -> None:
    mine = {"job": "federate", "namespace": "monitoring", "pod": "prometheus-0", "instance": "p:9090"}
    found = told("up", mine, exported_namespace="shop", exported_pod=POD, exported_container="app")
    assert (found.name, found.namespace, found.pod, found.container) == ("checkout", "shop", POD, "app")
    assert told("up", mine, exported_job="cart", exported_instance="cart:80").name == "cart"


def test_a_replica_is_the_pod_or_else_the_instance() -> None:
    assert told("up", job="cart", instance="cart-1:80").replica == "cart-1:80"
    assert told("up", job="cart", instance="10.2.1.1:80", pod=POD).replica == POD


def test_places_are_part_of_the_key() -> None:
    labels = {"service": "cart", "cluster": "north", "namespace": "shop", "__tenant_id__": "eu"}
    assert told("up", labels).entity == Key("eu", "north", "shop", "cart")
    otel = {"service.name": "cart", "k8s.cluster.name": "north", "k8s.namespace.name": "shop"}
    assert told("up", otel).entity == Key("", "north", "shop", "cart")


def reader(**settings: Any) -> SubjectReader:
    return SubjectReader(AnalysisSettings(**settings))


def test_labels_of_the_settings_win() -> None:
    read = reader(entity_labels=("team",))
    owned = read.of(
        {"__name__": "node_load1", "team": "data", "namespace": "x", "cluster": "c", "job": "node"}
    )
    assert owned.entity == Key("", "c", "", "data")
    assert (owned.kind, owned.label) == ("team", "team")
    assert read.of({"__name__": "node_load1", "instance": "a:9100", "job": "node"}).name == "a"
    assert reader(entity_labels=("cluster",)).of({"__name__": "up", "cluster": "c"}).entity == Key(
        "", "", "", "c"
    )


def test_exporters_of_the_settings_win() -> None:
    series = {"__name__": "node_pingmesh_rtt", "instance": "a:1", "job": "x", "peer_rack": "r7"}
    assert reader().of(series).name == "a"
    assert reader(exporters={"node_pingmesh_": ("peer_rack",)}).of(series).name == "r7"


def test_readers_of_the_same_settings_are_one_and_others_are_not() -> None:
    plain, teams = AnalysisSettings(), AnalysisSettings(entity_labels=("team",))
    assert subject_reader(plain) is subject_reader(AnalysisSettings(findings=7))
    labels = {"__name__": "up", "team": "payments", "job": "cart"}
    assert [subject_reader(own).of(labels).name for own in (plain, teams, plain)] == [
        "cart",
        "payments",
        "cart",
    ]
    racks = AnalysisSettings(exporters={"up": ("team",)})
    assert subject_reader(racks).of(labels).name == "payments"


def test_a_reader_forgets_before_it_grows_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject_reader_module, "_MAX_REMEMBERED", 3)
    read = reader()
    for n in range(10):
        assert read.of({"__name__": "up", "job": f"job-{n}"}).name == f"job-{n}"
        assert read.remembered <= 8  # of two generations; a form and a label set may come at once


def test_what_is_asked_for_again_is_remembered_and_the_rest_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subject_reader_module, "_READS", 4)
    read = reader()
    kept, gone = ({"__name__": "up", "job": name} for name in ("kept", "gone"))
    first = read.read([kept, gone])[0]
    for n in range(20):
        again = read.read([kept, {"__name__": "up", "job": f"job-{n}"}])
        assert again[0] is first
        assert read.remembered <= 14  # two generations of a form, four others and itself
    assert read.of(gone).name == "gone"


def test_an_entity_is_the_same_one_whether_it_was_read_now_or_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject_reader_module, "_READS", 1)
    read = reader()
    pods = [
        {"__name__": "load", "namespace": "shop", "pod": f"cart-5d4f8c7b9-x2x{n}k", "job": "cart"}
        for n in "abc"
    ]
    read.read(pods[:1])
    assert read.read([pods[1], pods[0], pods[2]]).entities == [0, 0, 0]


def test_a_remembered_subject_is_that_of_the_labels_that_matter() -> None:
    read = reader()
    first = read.of({"__name__": "up", "job": "a", "instance": "i", "code": "200"})
    assert read.of({"__name__": "up", "job": "a", "instance": "i", "code": "500"}) is first
    assert read.of({"__name__": "node_load1", "job": "a", "instance": "i"}).kind == "node"
    read = reader(entity_labels=("team",), exporters={"rtt": ("peer_rack",)})
    for metric, label in (("up", "team"), ("rtt", "peer_rack")):
        for name in ("one", "two"):
            found = read.of({"__name__": metric, "job": "a", label: name})
            assert (found.name, found.label) == (name, label)


def test_a_reader_knows_what_other_series_say() -> None:
    known = Knowledge(owners={("shop", "one"): Owner("rollout", "cart", "cart")})
    labels = {"__name__": "up", "namespace": "shop", "pod": "one"}
    assert SubjectReader(AnalysisSettings(), known).of(labels).name == "cart"
    assert reader().of(labels).name == "one"


def test_series_that_read_the_same_are_one_reading_in_any_order_of_labels() -> None:
    pod = {"job": "cart", "namespace": "shop", "pod": "cart-5d4f8c7b9-x2x9k"}
    labels = [
        {"__name__": "errors", **pod, "code": "500"},
        {"code": "200", **dict(reversed(pod.items())), "__name__": "errors"},
        {"__name__": "load", **pod},
        {"__name__": "load", **pod, "job": "kubelet"},
        {"__name__": "node_load1", "instance": "a:9100"},
        {},
    ]
    read = reader().read(labels)
    assert read.of.tolist() == [0, 0, 0, 1, 2, 3]
    assert [one.teller for one in read.distinct] == ["cart", "kubelet", "", ""]
    assert read[0].entity is read[3].entity
    assert read.subjects == [reader().of(own) for own in labels]
    assert read.entities == [0, 0, 0, 0, 1, 2]


def test_the_same_labels_under_a_metric_of_a_mesh_tell_of_the_callee() -> None:
    labels = {"job": "proxy", "source_workload": "web", "destination_workload": "cart"}
    names = ["http_requests_total", "istio_requests_total"]
    for order in (names, names[::-1]):
        read = reader().read([{"__name__": name, **labels} for name in order])
        assert {name: read[i].entity.name for i, name in enumerate(order)} == {
            "http_requests_total": "proxy",
            "istio_requests_total": "cart",
        }


def test_what_samples_came_through_is_read() -> None:
    read = reader().read([{"__name__": "up", "cluster": "north", "prometheus": "mon/k8s", "job": "cart"}])
    assert (read[0].scraper, read[0].teller) == ("north/mon/k8s", "cart")


def test_a_shard_is_read_whole_where_the_reader_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject_reader_module, "_MAX_REMEMBERED", 3)
    read = reader()
    labels = [{"__name__": "up", "job": f"job-{n % 5}"} for n in range(10)]
    for _ in range(2):
        found = read.read(labels)
        assert found.of.tolist() == [0, 1, 2, 3, 4] * 2
    assert read.remembered == 12  # in each of two generations five label sets of one form
