"""Pod names to workloads, by the rules that Kubernetes and others generate names by."""

import pytest

from patternwatch.analysis.identity.pod_names import Owner, owner_of_maker, owner_of_pod


@pytest.mark.parametrize(
    ("pod", "kind", "name", "maker"),
    [
        ("cart-5f6585d649-fnmft", "deployment", "cart", "cart-5f6585d649"),
        ("front-end-5f6b-0kq2v", "deployment", "front-end", "front-end-5f6b"),
        ("catalogue-66d9-13xyz", "deployment", "catalogue", "catalogue-66d9"),
        # a ReplicaSet before 1.8: the name is what counts
        ("nginx-1564180365-khku8", "cronjob", "nginx", "nginx-1564180365"),
        ("search-77c9-2kq2v", "deployment", "search", "search-77c9"),
        ("cart-0fa312-12345", "deployment", "cart", "cart-0fa312"),
        ("cart-0fa312-deadb", "deployment", "cart", "cart-0fa312"),
        ("postgres-0", "statefulset", "postgres", "postgres"),
        ("kafka-broker-12", "statefulset", "kafka-broker", "kafka-broker"),
        ("fluent-bit-x7k2q", "workload", "fluent-bit", "fluent-bit"),
        ("prometheus-node-exporter-0x7", "workload", "prometheus-node-exporter", "prometheus-node-exporter"),
        ("send-reminders-28711240-x12k", "cronjob", "send-reminders", "send-reminders-28711240"),
        ("backup-1612345678-zx4wd", "cronjob", "backup", "backup-1612345678"),
        ("frontend-3-zx4wd", "workload", "frontend", "frontend-3"),
        ("front-end-shop-3-zx4wd", "workload", "front-end-shop", "front-end-shop-3"),
        ("77c9-2kq2v", "workload", "77c9", "77c9"),  # a lone hash is the name
    ],
)
def test_generated_names(pod: str, kind: str, name: str, maker: str) -> None:
    assert owner_of_pod(pod) == Owner(kind, name, maker)


@pytest.mark.parametrize(
    "pod",
    ["cart", "x7k2q", "0", "front-end", "debug-shell", "orders-db1", "reviews-v2", "cart-Main", "a-b-", "-"],
)
def test_names_that_people_gave(pod: str) -> None:
    assert owner_of_pod(pod) is None


def test_a_static_pod_bears_the_name_of_its_node() -> None:
    owner = owner_of_pod("kube-apiserver-master-0", node="master-0")
    assert owner == Owner("workload", "kube-apiserver", "kube-apiserver")
    assert owner_of_pod("a-n1", node="n1") == Owner("workload", "a", "a")
    assert owner_of_pod("-n1", node="n1") is None


def test_a_hint_says_where_the_generated_part_begins() -> None:
    assert owner_of_pod("cart-abcdef-12345").name == "cart-abcdef"  # type: ignore[union-attr]
    hinted = owner_of_pod("cart-abcdef-12345", hints=("istio-proxy", "cart"))
    assert hinted is not None
    assert (hinted.name, hinted.maker) == ("cart", "cart-abcdef")
    for hints in (("cart", "cart-db"), ("cart-db", "cart")):
        owner = Owner("deployment", "cart-db", "cart-db-abcdef")
        assert owner_of_pod("cart-db-abcdef-12345", hints=hints) == owner
    assert owner_of_pod("cart-db-0", hints=("cart",)) == Owner("statefulset", "cart-db", "cart-db")
    assert owner_of_pod("cart-web-12345", hints=("cart",)) == Owner("statefulset", "cart-web", "cart-web")
    backup = Owner("cronjob", "backup", "backup-28711240")
    assert owner_of_pod("backup-28711240-12345", hints=("backup",)) == backup


def test_makers() -> None:
    for name in ("cart", "front-end"):
        assert owner_of_maker(f"{name}-5f6585d649") == Owner("deployment", name, f"{name}-5f6585d649")
        assert owner_of_maker(f"{name}-28711240") == Owner("cronjob", name, f"{name}-28711240")
    assert owner_of_maker("migrate-schema") is None
    assert owner_of_maker("migrate") is None
