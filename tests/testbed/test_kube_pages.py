"""Names, types and labels of what the exporters of the Kubernetes testbed tell."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from testbed.kube import cadvisor
from testbed.kube.cgroups import Cgroup, Used
from testbed.kube.controller import Controller
from testbed.kube.exposition import Exposition
from testbed.kube.identity import Identity
from testbed.kube.mesh import PEER, Mesh
from testbed.kube.monitoring import prometheus_config
from testbed.kube.node_page import NodePage
from testbed.kube.pod import ContainerState, Pod
from testbed.kube.publisher import endpoints, targets
from testbed.kube.state_metrics import state_page
from testbed.kube.workloads import Workload, workloads

USED = Used(
    cpu_s=12.5,
    cpu_user_s=9.0,
    cpu_system_s=3.0,
    periods=90,
    throttled_periods=4,
    memory=9000,
    inactive_file=1000,
)
CART = Identity("cart-5f6b-x", "shop", "cart", "v1", "ip-10-42-1-1", "10.42.1.10", "10.42.0.10", "/state")


def load_named(name: str) -> Workload:
    return next(load for load in workloads() if load.name == name)


def pod_of(load: Workload, name: str, ready: bool = True) -> Pod:
    containers = [ContainerState(spec, started=1.0, ready=ready) for spec in load.containers]
    owner = f"{load.name}-66mcwz5m7f"
    return Pod(name, load, "ReplicaSet", owner, "ip-10-42-1-1", "10.42.1.10", "0ff", containers)


def samples(page: Exposition) -> dict[str, list[dict[str, str]]]:
    """Labels of all samples by name."""
    found: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(page.text()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return found


def types(page: Exposition) -> dict[str, str]:
    return {family.name: family.type for family in text_string_to_metric_families(page.text())}


def labels_of(found: dict[str, list[dict[str, str]]], name: str) -> Iterable[str]:
    return found[name][0].keys()


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control groups that used something, without any."""
    monkeypatch.setattr(Cgroup, "used", lambda _: USED)
    monkeypatch.setattr(Cgroup, "pids", lambda _: [])
    monkeypatch.setattr(cadvisor, "network_counters", lambda _: [100, 1, 200, 2])


POD = {
    "pod": "cart-5f6b-x",
    "namespace": "shop",
    "holder": 1,
    "volume": "",
    "containers": [
        {"name": "cart", "id": "/kubepods/x/cart-0", "image": "cart:v1", "cgroup": "x", "started": 5.0}
    ],
}


def test_a_page_is_what_prometheus_reads() -> None:
    page = Exposition()
    page.count("jobs_total", 2, queue='a "quoted"\\ one')
    page.observe("wait_seconds", 0.2, (0.1, 1.0), queue="a")
    found = samples(page)
    assert found["jobs_total"] == [{"queue": 'a "quoted"\\ one'}]
    assert [labels["le"] for labels in found["wait_seconds_bucket"]] == ["0.1", "1", "+Inf"]
    assert types(page) == {"jobs": "counter", "wait_seconds": "histogram"}


def test_cadvisor_tells_of_containers_and_of_the_pods_network(measured: None) -> None:
    page = cadvisor.Cadvisor().page([POD])
    found, kinds = samples(page), types(page)
    own = {"namespace", "pod", "container", "id", "image", "name"}
    assert set(labels_of(found, "container_cpu_usage_seconds_total")) == own | {"cpu"}
    assert set(labels_of(found, "container_memory_working_set_bytes")) == own
    assert set(labels_of(found, "container_network_receive_bytes_total")) == {"namespace", "pod", "interface"}
    assert kinds["container_cpu_cfs_throttled_periods"] == "counter"
    assert kinds["container_memory_working_set_bytes"] == "gauge"
    assert "container_memory_working_set_bytes" in page.text()
    assert " 8000\n" in page.text()  # without the inactive part of the page cache


def test_a_container_that_ended_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cgroup, "used", lambda _: Used())
    assert "container_cpu" not in cadvisor.Cadvisor().page([POD]).text()


def test_the_node_exporter_tells_of_the_node(measured: None) -> None:
    page = NodePage("ip-10-42-1-1", Cgroup("x"), 650, 1 << 30).page([POD])
    found, kinds = samples(page), types(page)
    assert [labels["mode"] for labels in found["node_cpu_seconds_total"]] == ["user", "system", "idle"]
    assert kinds["node_cpu_seconds"] == "counter"
    assert found.keys() >= {
        "node_load1",
        "node_memory_MemAvailable_bytes",
        "node_network_receive_bytes_total",
    }
    assert found["node_uname_info"][0]["nodename"] == "ip-10-42-1-1"


def test_kube_state_metrics_tells_owners_so_that_pods_lead_to_their_workload(tmp_path: Path) -> None:
    controller = Controller("x", tmp_path, nodes=2, seed=1)
    load = load_named("cart")
    controller.apply(load)
    controller.pods = {
        name: pod_of(load, name, name.endswith("a")) for name in ("cart-66mcwz5m7f-a", "cart-66mcwz5m7f-b")
    }
    page = state_page(controller)
    found = samples(page)
    assert {labels["owner_name"] for labels in found["kube_pod_owner"]} == {"cart-66mcwz5m7f"}
    assert found["kube_replicaset_owner"][0]["owner_name"] == "cart"
    assert set(labels_of(found, "kube_deployment_status_replicas_available")) == {"namespace", "deployment"}
    assert 'kube_deployment_status_replicas_unavailable{namespace="shop",deployment="cart"} 1' in page.text()
    restarts = "kube_pod_container_status_restarts_total"
    assert set(labels_of(found, restarts)) == {"namespace", "pod", "uid", "container"}
    assert types(page)["kube_pod_container_status_restarts"] == "counter"
    assert len(found["kube_node_status_condition"]) == 2 * 2 * 3


def test_the_mesh_tells_each_call_from_both_ends() -> None:
    mesh = Mesh(CART)
    assert mesh.header() == {PEER: "cart/shop/v1"}
    mesh.served("frontend/shop/v1", 200, 0.03)
    mesh.called("redis-api.shop", "", 503, "UF", 0.5)
    first, second = samples(mesh.page)["istio_requests_total"]
    assert (first["reporter"], first["source_workload"], first["destination_workload"]) == (
        "destination",
        "frontend",
        "cart",
    )
    assert (second["reporter"], second["destination_workload"], second["response_flags"]) == (
        "source",
        "redis-api",
        "UF",
    )
    assert second["destination_service"] == "redis-api.shop.svc.cluster.local"
    assert types(mesh.page)["istio_request_duration_milliseconds"] == "histogram"


def test_a_service_names_ready_pods_only_and_a_canary_joins_its_service() -> None:
    load = load_named("cart")
    canary = load.changed(name="cart-canary", serves="cart")
    pods = {
        "a": pod_of(load, "a"),
        "b": pod_of(load, "b", ready=False),
        "c": pod_of(canary, "c"),
    }
    pods["c"].ip = "10.42.2.10"
    assert endpoints({load.key: load, canary.key: canary}, pods) == {
        "cart.shop": ["10.42.1.10", "10.42.2.10"]
    }


def test_targets_have_the_labels_of_the_operators_monitors() -> None:
    load = load_named("cart")
    groups = targets({"cart-1": pod_of(load, "cart-1")})["default"]
    service, proxy = (group["labels"] for group in groups)
    assert service.keys() >= {"job", "service", "namespace", "pod", "container", "endpoint", "instance"}
    assert (service["job"], service["instance"]) == ("cart", "10.42.1.10:8080")
    assert (proxy["job"], proxy["container"]) == ("istio-system/envoy-stats-monitor", "istio-proxy")
    assert "service" not in proxy


def test_exporters_that_tell_of_others_keep_their_labels() -> None:
    text = prometheus_config(Path("/state"), {"ip-10-42-1-1": "10.42.1.1"}, workloads())
    assert text.count('"honor_labels": true') == 2
    assert '"metrics_path": "/metrics/cadvisor"' in text
    assert '"service": "kube-prometheus-stack-kube-state-metrics"' in text
    assert '"node": "ip-10-42-1-1"' in text
