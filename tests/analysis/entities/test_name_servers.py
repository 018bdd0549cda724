"""A name server that answers late is the cause of whoever asks it, though no label tells of these calls."""

from patternwatch.analysis.entities.call_graph import CallGraph
from patternwatch.analysis.entities.entities import Entity, rank_entities
from patternwatch.analysis.entities.name_servers import name_servers

WEB, CART, DNS = (Entity(name, "pod", cluster="north") for name in ("web", "cart", "coredns"))
NODE = Entity("n1", "node", "node", cluster="north")
FAR = Entity("far", "pod", cluster="south")
REQUESTS, DURATION = "http_requests_total", "coredns_dns_request_duration_seconds"


def test_everybody_of_its_cluster_asks_it_but_nodes() -> None:
    entities = [WEB, CART, DNS, DNS, NODE, FAR]
    names = [REQUESTS, REQUESTS, DURATION, "process_cpu_seconds_total", "node_load1", REQUESTS]
    assert name_servers(names, entities) == {"web": ("coredns",), "cart": ("coredns",)}
    assert name_servers(names[:2], entities[:2]) == {}


def test_both_of_two_are_asked() -> None:
    local = Entity("node-local-dns", "pod", cluster="north")
    found = name_servers([DURATION, DURATION, REQUESTS], [local, DNS, WEB])
    assert found == {"web": ("coredns", "node-local-dns")}


def test_latency_of_all_is_handed_down_to_it_where_it_is_late_itself() -> None:
    def order(own: float) -> list[tuple[str, dict[str, str]]]:
        ranked = rank_entities(
            [WEB, CART, DNS, CART],
            ["latency", "latency", "latency", "saturation"],
            [4.0, 3.8, own, 1.0],
            ["a", "b", "c", "d"],
            CallGraph(asked_by_all={"web": ("coredns",), "cart": ("coredns",)}),
        )
        return [(r.entity.name, dict(r.passed_on)) for r in ranked]

    late = {"latency": "coredns"}
    assert order(3.1) == [("coredns", {}), ("cart", late), ("web", late)]
    assert order(1.0)[0] == ("cart", {}), "it has its own bit of what all have"
