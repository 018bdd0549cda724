"""Which labels a reader is shown: few, and never two series alike that a label tells apart."""

from patternwatch.analysis.findings.shown_labels import with_shown_labels
from patternwatch.analysis.identity.subject import subject_of
from patternwatch.contracts.findings import Finding
from tests.fakes.messages import a_finding

KUBE_STATE_METRICS = {
    "job": "kube-state-metrics",
    "instance": "10.0.0.1:8080",
    "container": "kube-state-metrics",
    "endpoint": "http",
    "service": "prometheus-kube-state-metrics",
    "namespace": "shop",
}
NODE = {"__name__": "node_load1", "job": "node", "instance": "10.0.1.4:9100"}


def of(**labels: str) -> Finding:
    subject = subject_of(labels)
    update = {"name": labels["__name__"], "labels": labels, "subject": subject, "entity": subject.name}
    return a_finding(1).model_copy(update=update)


def shown(*findings: Finding) -> list[list[str]]:
    return [list(f.shown_labels or ()) for f in with_shown_labels(findings)]


def ready(pod: str, **more: str) -> Finding:
    return of(__name__="kube_pod_status_ready", pod=pod, condition="true", uid=pod[::-1], **more)


def test_who_tells_of_a_pod_is_not_shown() -> None:
    pods = [ready(f"cart-5f6585d649-fnmf{n}", **KUBE_STATE_METRICS) for n in "tx"]
    assert shown(*pods, of(**NODE)) == [["condition", "pod"], ["condition", "pod"], []]


def test_a_pod_that_only_tells_of_a_workload_is_not_shown() -> None:
    teller = {**KUBE_STATE_METRICS, "pod": "kube-state-metrics-5f6585d649-fnmft"}
    rows = [
        of(__name__="kube_deployment_status_replicas", deployment=name, **teller)
        for name in ("cart", "orders")
    ]
    assert shown(*rows, of(**NODE)) == [[], [], []]


def test_series_that_look_alike_are_told_apart_by_as_few_labels_as_do() -> None:
    call = {"__name__": "istio_requests_total", "destination_workload": "cart", "source_workload": "shop"}
    reports = [
        of(**call, pod=pod, instance=f"10.0.0.{n}:15090", reporter=reporter)
        for n, (pod, reporter) in enumerate(
            [("cart-1", "destination"), ("shop-1", "source"), ("shop-2", "source")]
        )
    ]
    assert shown(*reports) == [["pod"], ["pod"], ["pod"]]
    containers = [
        ready(
            "cart-5f6585d649-fnmft", **KUBE_STATE_METRICS, id=f"/kubepods/burstable/pod/{n}", name=f"cart-{n}"
        )
        for n in range(3)
    ]
    assert shown(*containers) == [["name"], ["name"], ["name"]], "the shorter of two that say the same"


def test_what_no_label_tells_apart_is_shown_alike() -> None:
    assert shown(of(**NODE), of(**NODE)) == [[], []]


def test_a_namespace_is_shown_where_two_entities_have_one_name() -> None:
    up = {"__name__": "up", "job": "cart"}
    here, there = of(**up, namespace="shop"), of(**up, namespace="lab")
    assert shown(here, there) == [["namespace"], ["namespace"]]
    assert shown(here, of(__name__="up", job="dns", namespace="kube-system")) == [[], []]


def test_what_repeats_the_entity_is_not_shown() -> None:
    call = {"__name__": "istio_requests_total", "destination_workload": "cart", "namespace": "shop"}
    host = {"destination_service": "cart.shop.svc.cluster.local", "destination_workload_namespace": "shop"}
    assert shown(of(**call, **host, source_workload="web"), of(**NODE)) == [["source_workload"], []]


def test_of_series_of_unknown_tellers_all_that_varies_is_shown() -> None:
    plain = {"__name__": "queue_depth", "job": "a", "endpoint": "http"}
    findings = [
        a_finding(1).model_copy(update={"labels": labels}) for labels in (plain, {**plain, "endpoint": "web"})
    ]
    assert shown(*findings) == [["endpoint"], ["endpoint"]]


def test_a_lone_series_shows_what_its_metric_says() -> None:
    assert shown(ready("cart-5f6585d649-fnmft", **KUBE_STATE_METRICS)) == [["condition", "pod"]]


def test_a_version_is_shown_where_the_entity_runs_two() -> None:
    def cpu(service: str, pod: str, version: str) -> Finding:
        return of(__name__="cpu", namespace="shop", service=service, pod=f"{service}-{pod}", version=version)

    new, old = cpu("cart", "5f6585d649-fnmft", "v2"), cpu("cart", "6dc7b8f4c9-x2x7k", "v1")
    assert shown(new, old, of(**NODE)) == [["version", "pod"], ["version", "pod"], []]
    unknown = of(**(new.labels | {"version": "unknown"}))
    assert shown(new, unknown, of(**NODE))[0] == ["pod", "version"], "told apart by nothing else"
    other = cpu("orders", "5b7d8c9f46-k2l8s", "v1")
    assert shown(new, other) == [["pod"], ["pod"]], "which says the same as the entity"


def test_what_all_metrics_of_a_kind_say_alike_is_not_shown() -> None:
    mesh = {"destination_workload": "cart", "namespace": "shop", "request_protocol": "http"}
    calls = [of(__name__=name, **mesh) for name in ("istio_requests_total", "istio_request_bytes")]
    assert shown(*calls, of(**NODE)) == [[], [], []]
