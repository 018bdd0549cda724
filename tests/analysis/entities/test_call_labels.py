"""Who calls whom, as the labels of real meshes and tracers tell it."""

from collections.abc import Mapping

import pytest

from patternwatch.analysis.entities.call_labels import (
    MAX_CALLS,
    Call,
    call_of,
    first_calls,
)
from patternwatch.analysis.entities.service_names import service_name
from patternwatch.analysis.identity.calls import calls_in_scope, calls_told
from patternwatch.analysis.identity.census import census_of, kinds_of
from patternwatch.analysis.identity.names_in_scope import NamesInScope
from patternwatch.analysis.identity.scope import Scope
from patternwatch.analysis.identity.subject import subject_of
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.subject import Key, Subject

SETTINGS = AnalysisSettings()


def call(name: str, labels: Mapping[str, str]) -> Call | None:
    own = {"__name__": name, **labels}
    return call_of(own, subject_of(own).name, SETTINGS.peer_labels)


@pytest.mark.parametrize(
    ("name", "labels", "expected"),
    [
        (
            "istio_requests_total",
            {"reporter": "source", "app": "web", "source_workload": "web-v1",
             "destination_workload": "cart-v2", "destination_service": "cart.shop.svc.cluster.local"},
            Call("web-v1", "cart-v2", "destination_workload"),
        ),
        (
            "istio_request_duration_milliseconds_bucket",
            {"source_workload": "unknown", "destination_workload": "unknown", "destination_app": "db"},
            Call("", "db", "destination_app"),
        ),
        (
            "hubble_http_requests_total",
            {"job": "hubble", "source_workload": "web", "destination_workload": "cart"},
            Call("web", "cart", "destination_workload"),
        ),
        (
            "node_mountstats_nfs_operations_request_time_seconds_total",
            {"job": "node", "instance": "web-1:9100", "export": "nfs-1:/srv", "operation": "READ"},
            Call("web-1", "nfs-1"),
        ),
        (
            "mongodb_rs_members_health",
            {"job": "mongodb-exporter", "instance": "mongo-0:9216", "member_idx": "mongo-2:27017"},
            Call("mongo-0", "mongo-2"),
        ),
        (
            "mongodb_rs_members_health",
            {"job": "mongodb-exporter", "instance": "mongo-0:9216", "member_idx": "mongo-0:27017"},
            None,
        ),
        (
            "traces_service_graph_request_failed_total",
            {"job": "tempo", "client": "web", "server": "cart"},
            Call("web", "cart", "server"),
        ),
        (
            "traces_service_graph_request_server_seconds_bucket",
            {"job": "tempo", "client": "user", "server": "web"},
            Call("", "web", "server", by_callee=True),
        ),
        (
            "traces_service_graph_request_client_seconds_bucket",
            {"job": "tempo", "client": "web", "server": "cart"},
            Call("web", "cart", "server"),
        ),
        (
            "istio_requests_total",
            {"reporter": "destination", "source_workload": "web", "destination_workload": "cart"},
            Call("web", "cart", "destination_workload", by_callee=True),
        ),
        (
            "istio_requests_total",
            {"reporter": "waypoint", "source_workload": "web", "destination_workload": "cart"},
            Call("web", "cart", "destination_workload"),
        ),
        (
            "hubble_http_requests_total",
            {"reporter": "server", "source_workload": "web", "destination_workload": "cart"},
            Call("web", "cart", "destination_workload", by_callee=True),
        ),
        (
            "envoy_cluster_upstream_rq_xx",
            {"app": "web", "envoy_cluster_name": "outbound|80||cart.shop.svc.cluster.local"},
            Call("web", "cart"),
        ),
        ("envoy_cluster_upstream_cx_active", {"app": "web", "envoy_cluster_name": "inbound|80||"}, None),
        ("envoy_cluster_upstream_cx_active", {"service": "web", "envoy_cluster_name": "local_app"}, None),
        (
            "envoy_cluster_upstream_rq_total",
            {"app": "web", "envoy_cluster_name": "cart.default.dc1.internal.5f1.consul"},
            Call("web", "cart"),
        ),
        (
            "response_latency_ms_bucket",
            {"deployment": "web", "namespace": "shop", "direction": "outbound", "dst_deployment": "cart",
             "dst_namespace": "store", "dst_service": "c"},
            Call("web", "cart", "dst_deployment", "shop", "store"),
        ),
        (
            "response_total",  # scraped in another way than Linkerd's own
            {"app": "web", "direction": "outbound", "dst_statefulset": "cart"},
            Call("web", "cart"),
        ),
        ("response_total", {"deployment": "web", "direction": "inbound"}, None),
        (
            "outbound_http_route_backend_requests_total",
            {"deployment": "web", "parent_name": "cart", "backend_name": "cart-blue"},
            Call("web", "cart-blue", "backend_name"),
        ),
        (
            "outbound_grpc_route_backend_response_statuses_total",
            {"deployment": "web", "parent_name": "cart", "backend_name": "cart"},
            Call("web", "cart", "backend_name"),
        ),
        (
            "envoy_cluster_upstream_rq_xx",  # Consul's sidecars
            {"job": "envoy", "consul_source_service": "web", "consul_destination_service": "cart"},
            Call("web", "cart", "consul_destination_service"),
        ),
        ("http_client_errors_total", {"service": "web", "peer": "redis:6379"}, Call("web", "redis")),
        ("rpc_errors_total", {"service_name": "web", "peer_service": "cart"}, Call("web", "cart")),
        ("rpc_errors_total", {"service_name": "web", "peer_service": "web"}, None),
        ("rpc_errors_total", {"peer_service": "cart"}, None),
        ("latency_p90", {"service": "cart", "edge": "web->cart"}, Call("web", "cart")),
        ("latency_p90", {"service": "web", "edge": "call: web -> cart"}, None),
        ("latency_p90", {"service": "cart", "route": "old->new"}, None),
        ("client_requests", {"service": "a", "client": "b", "server": "c"}, None),
        ("up", {"job": "web", "instance": "10.0.0.1:80"}, None),
    ],
)  # fmt: skip
def test_the_call_that_a_series_is_about(name: str, labels: dict[str, str], expected: Call | None) -> None:
    assert call(name, labels) == expected


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("cart", "cart"),
        ("outbound|9080|v1|reviews.shop.svc.cluster.local", "reviews"),
        ("cart.shop.svc.cluster.local:8080", "cart"),
        ("https://pay.example.com:443/charge", "pay.example.com"),
        ("backend_shop_svc_8080", "backend"),
        ("my_svc", "my_svc"),
        ("10.0.0.7:6379", ""),
        ("fe80::1", ""),
        ("unknown", ""),
        ("inbound|8080||", ""),
    ],
)
def test_the_service_in_what_a_label_says(value: str, name: str) -> None:
    assert service_name(value) == name


def test_a_series_of_a_third_party_is_about_the_callee() -> None:
    told = {"__name__": "istio_requests_total", "job": "mesh", "source_workload": "web",
            "destination_workload": "cart"}  # fmt: skip
    own = {"__name__": "errors_total", "job": "web", "peer": "cart"}
    scope = Scope([], SETTINGS)

    def seen(labels: dict[str, str]) -> tuple[str, str, str]:
        entity = scope.entity(scope.subject_of(labels))
        return entity.name, entity.label, scope.caller_of(labels)

    assert seen(told) == ("cart", "destination_workload", "web")
    assert seen({**told, "reporter": "source"}) == ("cart", "destination_workload", "web")
    assert seen({**told, "reporter": "destination"}) == ("cart", "destination_workload", ""), "its own proxy"
    assert seen(own) == ("web", "job", "")
    assert seen({"service": "cart", "edge": "web->cart"}) == ("cart", "service", "web")
    assert seen({"service": "web", "edge": "web->cart"}) == ("web", "service", "")


def test_the_ends_of_a_call_are_found_in_their_places() -> None:
    told = {"__name__": "istio_requests_total", "cluster": "c", "source_workload": "web",
            "source_workload_namespace": "front", "destination_workload": "cart",
            "destination_workload_namespace": "shop"}  # fmt: skip
    subject = subject_of(told)
    assert subject.entity == Key("", "c", "shop", "cart")
    places = [Key("", "c", "shop", "cart"), Key("", "c", "test", "cart"), Key("", "c", "front", "web")]
    pairs = calls_told([told], [subject], SETTINGS.peer_labels)
    assert calls_in_scope(pairs, NamesInScope(places)) == [("web", "c/shop/cart")]


def test_the_first_calls_are_the_same_however_the_series_are_dealt_out() -> None:
    series = [
        {"__name__": "calls", "service": f"s{i:04}", "peer": f"p{k}"} for i in range(1500) for k in range(2)
    ]

    def of(some: list[dict[str, str]]) -> list[tuple[str, str]]:
        return calls_told(some, [subject_of(own) for own in some], SETTINGS.peer_labels)

    whole = of(series)
    assert len(whole) == MAX_CALLS
    parts = [of(series[k::4]) for k in range(4)]
    assert first_calls(parts) == first_calls([whole]) == whole
    assert whole[:3] == [("s0000", "p0"), ("s0000", "p1"), ("s0001", "p0")]


@pytest.mark.parametrize("name", ["web\tcart", "a\tb\tc"])
def test_a_name_that_holds_what_parts_a_place_stays_whole(name: str) -> None:
    subject = Subject("service", "app", name)
    pairs = calls_told([{"__name__": "errors", "app": name, "peer": "cart"}], [subject], ["peer"])
    assert calls_in_scope(pairs, NamesInScope([])) == [(name, "cart")]
    placed = Subject("service", "app", name, namespace="shop\teast")
    assert kinds_of([census_of([placed])]) == {placed.entity: "service"}


def test_what_a_sidecar_tells_of_a_call_is_about_the_callee() -> None:
    """Linkerd, "Proxy Metrics": outbound series name the caller too, the callee by `dst_` labels."""
    own = {"__name__": "response_total", "namespace": "shop", "deployment": "web"}
    dst = {"direction": "outbound", "dst_deployment": "cart", "dst_namespace": "store"}
    outbound, inbound = subject_of({**own, **dst}), subject_of({**own, "direction": "inbound"})
    assert (outbound.kind, outbound.name, outbound.namespace) == ("service", "cart", "store")
    assert (inbound.kind, inbound.name, inbound.namespace) == ("deployment", "web", "shop")
