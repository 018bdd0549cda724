"""Each way to name an entity: its kind, the label that names it, and whether somebody else tells of it."""

import pytest

from patternwatch.analysis.identity.exporters import ADDRESS, HOST, POD, Exporter
from patternwatch.analysis.identity.knowledge import Knowledge, host_of
from patternwatch.analysis.identity.named import Named, is_teller, named_by, pod_of, workload_of_pod
from patternwatch.analysis.identity.naming import named_by_labels, told_by_exporter, told_by_mesh
from patternwatch.analysis.identity.pod_names import Owner

NOTHING = Knowledge()
MAKER = Owner("deployment", "cart", "cart-blue")
KNOWN = Knowledge(
    owners={("shop", "one"): Owner("replicaset", "cart-blue", "cart-blue"), ("shop", "two"): MAKER},
    makers={("shop", "cart-blue"): Owner("rollout", "cart", "cart-blue"), ("shop", "x-28711240"): MAKER},
    nodes={"10.0.1.4": "worker-4"},
    tellers=frozenset((("service", "mesh"), ("job", "mesh"), ("pod", "mesh-0"), ("exported_job", "mesh"))),
)


def row(words: str) -> dict[str, str]:
    """Labels written as `a=b c=d`."""
    pairs = (word.partition("=") for word in words.split())
    return {label: value for label, _, value in pairs}


@pytest.mark.parametrize(
    ("words", "way"),
    [
        ("", Named("", "", "")),
        # what a series says of itself goes first
        ("exported_service=a exported_job=b service=c", Named("service", "exported_service", "a", told=True)),
        ("exported_app=a job=b", Named("app", "exported_app", "a", told=True)),
        ("exported_job=a job=b", Named("job", "exported_job", "a", told=True)),
        ("exported_instance=a job=b", Named("instance", "exported_instance", "a", told=True)),
        # a prober's job: what it asks
        ("job=snmp instance=switch-3", Named("target", "instance", "switch-3", told=True)),
        ("job=team/blackbox instance=https://a.b/c", Named("target", "instance", "a.b/c", told=True)),
        ("job=icmp", Named("job", "job", "icmp")),
        ("job=snmp_exporter instance=e:9116", Named("job", "job", "snmp_exporter")),
        ("instance=switch-3", Named("instance", "instance", "switch-3")),
        # what one who is named as an exporter covers
        ("job=db-exporter datname=orders", Named("target", "datname", "orders", told=True)),
        ("job=db-exporter target=http://a.b", Named("target", "target", "a.b", told=True)),
        ("job=db datname=orders", Named("job", "job", "db")),
        ("datname=orders", Named("", "", "")),
        # workloads by labels, pods, services, jobs, places
        ("deployment=cart job=b", Named("deployment", "deployment", "cart")),
        ("k8s_job_name=x-28711240 job=b", Named("cronjob", "k8s_job_name", "x")),
        ("deployment=<none> job=b", Named("job", "job", "b")),
        ("pod=cart-0 service=a", Named("statefulset", "pod", "cart")),
        ("pod=lone service=a job=b", Named("service", "service", "a")),
        ("pod=lone job=b", Named("job", "job", "b")),
        ("pod=lone instance=i", Named("pod", "pod", "lone")),
        ("app=a job=b", Named("service", "app", "a")),
        ("host=h namespace=n cluster=c", Named("instance", "host", "h")),
        ("namespace=n cluster=c", Named("namespace", "namespace", "n")),
        ("cluster=c", Named("cluster", "cluster", "c")),
    ],
)
def test_the_first_way_that_labels_offer(words: str, way: Named) -> None:
    assert named_by_labels(row(words), NOTHING) == way


@pytest.mark.parametrize(
    ("words", "way"),
    [
        ("service=mesh job=cart", Named("job", "job", "cart")),
        ("service=mesh job=mesh", Named("service", "service", "mesh")),  # all tell of others: the first
        ("pod=mesh-0 service=mesh job=cart", Named("job", "job", "cart")),
        ("service=cart job=mesh", Named("service", "service", "cart")),
        ("service=mesh job=mesh queue=q", Named("target", "queue", "q", told=True)),
        ("exported_job=mesh exported_instance=i", Named("instance", "exported_instance", "i", told=True)),
        ("exported_job=mesh job=cart", Named("job", "exported_job", "mesh", told=True)),
        (
            "namespace=shop replicaset=cart-blue k8s.job.name=x-28711240",
            Named("deployment", "k8s.job.name", "cart"),
        ),
        ("namespace=shop pod=two", Named("rollout", "pod", "cart")),
        ("namespace=shop pod=one", Named("rollout", "pod", "cart")),
        ("namespace=other pod=one job=b", Named("job", "job", "b")),
        ("namespace=shop pod=cart-blue-x2x9k", Named("rollout", "pod", "cart")),
    ],
)
def test_who_tells_of_others_and_who_owns_whom_is_known(words: str, way: Named) -> None:
    assert named_by_labels(row(words), KNOWN) == way


def test_labels_of_which_one_names_what_made_a_maker() -> None:
    labels = row("namespace=shop replicaset=cart-blue job_name=x-28711240 node=10.0.1.4 other=o gone=<none>")
    assert named_by("replicaset", "replicaset", labels, KNOWN) == Named(
        "rollout", "replicaset", "cart", told=True
    )
    assert named_by("job", "job_name", labels, KNOWN) == Named("deployment", "job_name", "cart", told=True)
    assert named_by("job", "job_name", labels, NOTHING) == Named("cronjob", "job_name", "x", told=True)
    assert named_by("job", "other", labels, KNOWN) == Named("job", "other", "o", told=True)
    assert named_by("service", "job_name", labels, KNOWN) == Named(
        "service", "job_name", "x-28711240", told=True
    )
    assert named_by("node", "node", labels, KNOWN) == Named("node", "node", "worker-4", told=True)
    assert named_by("service", "node", labels, KNOWN) == Named("service", "node", "10.0.1.4", told=True)
    for label in ("gone", "missing"):
        assert named_by("service", label, labels, KNOWN) is None


def test_the_workload_of_a_pod_by_what_names_hint_at() -> None:
    for told in (True, False):
        static = row("pod=etcd-n-1 node=n-1")
        assert workload_of_pod(static, NOTHING, told) == Named("workload", "pod", "etcd", told)
        assert workload_of_pod(row("pod=lone"), NOTHING, told) == Named("pod", "pod", "lone", told)
    for hint in ("container=cart", "service=cart", "k8s_app=cart", "app=cart service=other"):
        assert workload_of_pod(row(f"pod=cart-abcdef-12345 {hint}"), NOTHING, told=False) == Named(
            "deployment", "pod", "cart"
        )
    assert workload_of_pod(row("pod=cart-abcdef-12345"), NOTHING, told=False) == Named(
        "statefulset", "pod", "cart-abcdef"
    )
    assert workload_of_pod(row("job=cart"), NOTHING, told=False) is None
    assert pod_of(row("pod=mesh-0 exported_pod=cart-0"), KNOWN) == ("exported_pod", "cart-0")
    assert pod_of(row("pod=mesh-0"), KNOWN) == ("", "")
    assert pod_of(row("pod=mesh-0"), NOTHING) == ("pod", "mesh-0")


@pytest.mark.parametrize(
    ("words", "tells"),
    [
        ("", False),
        ("job=kubelet", True),
        ("service=kubelet job=cart", False),
        ("service=cart job=kubelet", False),
        ("service=mesh job=kubelet", True),
        ("pod=cart-0 job=kubelet", False),
        ("pod=node-exporter-x2x9k job=kubelet", True),
        ("pod=node-exporter-x2x9k", False),
        ("pod=mesh-0 job=kubelet", True),
    ],
)
def test_a_teller_is_named_so_by_all_that_names_it(words: str, tells: bool) -> None:
    assert is_teller(row(words), KNOWN) == tells


def exporter(*told: tuple[str, str], own: bool = False) -> Exporter:
    return Exporter("e", "e_", told, "", own)


@pytest.mark.parametrize(
    ("made_by", "words", "way"),
    [
        (None, "a=1", None),
        (exporter(("device", "a"), ("port", "b")), "b=2", Named("port", "b", "2", told=True)),
        (exporter(("device", "a"), ("port", "b")), "a=1 b=2", Named("device", "a", "1", told=True)),
        (exporter(("device", "a")), "b=2", None),
        (
            exporter(("pod", POD), ("node", HOST)),
            "pod=cart-0",
            Named("statefulset", "pod", "cart", told=True),
        ),
        (
            exporter(("pod", POD), ("node", HOST)),
            "instance=10.0.1.4:1",
            Named("node", "instance", "worker-4", told=True),
        ),
        (exporter(("server", HOST)), "instance=10.0.1.4:1", Named("server", "instance", "10.0.1.4")),
        (exporter(("node", HOST)), "instance=10.0.1.4:1 Name=web-2", Named("node", "Name", "web-2")),
        (exporter(("server", HOST)), "instance=a:1 ec2_tag_Name=b", Named("server", "ec2_tag_Name", "b")),
        (exporter(("server", HOST)), "job=a", None),
        (exporter(("server", HOST)), "instance=db-exporter:1", Named("server", "instance", "db-exporter")),
        (exporter(("server", HOST), own=True), "job=kubelet instance=db-exporter:1", None),
        (
            exporter(("server", HOST), own=True),
            "job=kubelet instance=db:1",
            Named("server", "instance", "db"),
        ),
        # beside one server and named as that: it is what it tells of, unless it was told whom to ask
        (exporter(("server", HOST), own=True), "job=db instance=db:1", None),
        (
            exporter(("server", "x"), ("server", "target"), own=True),
            "job=db x=y target=d",
            Named("server", "target", "d", told=True),
        ),
        (
            exporter(("target", ADDRESS)),
            "instance=a:1 target=http://b:2",
            Named("target", "target", "b:2", told=True),
        ),
        (
            exporter(("target", ADDRESS)),
            "instance=https://a:1",
            Named("target", "instance", "a:1", told=True),
        ),
        (exporter(("target", ADDRESS)), "job=a", None),
    ],
)
def test_what_an_exporter_tells_of(made_by: Exporter | None, words: str, way: Named | None) -> None:
    assert told_by_exporter(row(words), made_by, KNOWN) == way


def test_the_callee_of_a_call_is_told_of() -> None:
    graph = {"__name__": "traces_service_graph_request_total", "client": "web", "server": "cart"}
    assert told_by_mesh(graph) == Named("service", "server", "cart", told=True)
    istio = {
        "__name__": "istio_requests_total",
        "source_workload": "web",
        "destination_workload": "cart",
        "destination_workload_namespace": "shop",
    }
    assert told_by_mesh(istio) == Named(
        "workload", "destination_workload", "cart", told=True, namespace="shop"
    )
    assert told_by_mesh({"__name__": "up"}) is None


def test_what_is_known_of_owners_and_nodes() -> None:
    assert KNOWN.owner_of_pod("shop", "two") == Owner("rollout", "cart", "cart-blue")
    assert Knowledge(owners=KNOWN.owners).owner_of_pod("shop", "two") == MAKER
    assert KNOWN.owner_of_pod("other", "two") is None
    assert KNOWN.owner_of_maker("shop", "cart-blue") == Owner("rollout", "cart", "cart-blue")
    assert KNOWN.owner_of_maker("other", "cart-blue") is None
    for name, node in (
        ("10.0.1.4", "worker-4"),
        ("ip-10-0-1-4", "worker-4"),
        ("ip-10-0-1-5.ec2.internal", "10.0.1.5"),
        ("n7", "n7"),
    ):
        assert KNOWN.node_of(name) == node
    named = Knowledge(nodes={"ip-10-0-1-4": "a", "10.0.1.4": "b"})
    assert named.node_of("ip-10-0-1-4") == "a"


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("a:80", "a"),
        ("a", "a"),
        ("http://a:80/b/c@d:9", "a"),
        ("http://a/b://c", "a"),
        ("http://u:p@a:80/b", "a"),
        ("u@v@a:80", "a"),
        ("a/b://c", "c"),
        ("[fd00::4]:9100", "fd00::4"),
        ("http://[fd00::4]/x]", "fd00::4"),
        ("fd00::4", "fd00::4"),
        ("fd00::4:9100", "fd00::4:9100"),
        ("a:b", "a:b"),
        ("", ""),
    ],
)
def test_hosts_of_addresses(address: str, host: str) -> None:
    assert host_of(address) == host
