"""An exporter that no table knows is told from a service, in one shard as in many."""

import numpy as np
import pytest

from patternwatch.contracts.codec import encode
from patternwatch.contracts.report import Report
from tests.analysis.incidents import ROWS, SPLIT, batch, report_of

Told = list[dict[str, str]]


def exporter(label: str, things: list[str]) -> Told:
    """A program of one's own that asks others, and tells of itself too."""
    own = {"job": "things-metrics", "instance": "10.0.0.9:9000"}
    about = [
        {"__name__": f"thing_{metric}", label: thing, **own}
        for metric in ("cpu_usage", "latency_seconds", "errors", "size_bytes")
        for thing in things
    ]
    return [*about, {"__name__": "process_resident_memory_bytes", **own}, {"__name__": "up", **own}]


def service(label: str, things: list[str]) -> Told:
    """A service some of whose metrics are by this label."""
    own = {"job": "worker", "instance": "10.0.0.7:80"}
    by = [{"__name__": f"jobs_{m}", label: thing, **own} for m in ("errors", "lag") for thing in things]
    return [*by, *({"__name__": f"pool_{m}", **own} for m in ("cpu_usage", "wait_seconds", "errors"))]


def hurt(labels: Told, where: dict[str, str]) -> Report:
    calm = [{"__name__": m, "job": j} for m in ("cpu_usage", "errors") for j in ("web", "db", "mail")]
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels) + len(calm), ROWS))
    for i, own in enumerate(labels):
        if where.items() <= own.items():
            values[i, SPLIT:] += 40.0
    series = batch(labels + calm, values)
    whole = report_of(series)
    assert encode(report_of(series, 4)) == encode(whole)
    return whole


@pytest.mark.parametrize("label", ["database", "device", "queue", "target", "host", "hostname", "server"])
def test_what_an_unknown_exporter_tells_of_is_the_entity(label: str) -> None:
    report = hurt(exporter(label, ["a1", "b1", "c1", "d1"]), {label: "b1"})
    first = report.entities[0]
    assert (first.entity, first.kind, first.label) == ("b1", "target", label)
    assert {e.entity for e in report.entities} == {"b1"}


@pytest.mark.parametrize("label", ["queue", "path", "database"])
def test_a_service_with_some_metrics_by_a_label_is_itself(label: str) -> None:
    report = hurt(service(label, ["a1", "b1", "c1", "d1"]), {label: "b1"})
    assert report.entities[0].entity == "worker"


@pytest.mark.parametrize("label", ["host", "hostname", "server"])
def test_a_program_that_names_the_machine_it_runs_on_is_itself(label: str) -> None:
    things = ["a1", "b1", "c1", "d1"]
    labels = [{**own, "instance": f"{own.get(label, 'a1')}:9000"} for own in exporter(label, things)]
    report = hurt(labels, {label: "b1"})
    assert report.entities[0].entity == "things-metrics/b1"
    assert "in 1 of 4 instances (b1:9000)" in report.verdict


def test_a_label_that_names_parts_of_a_service_makes_no_exporter() -> None:
    report = hurt(exporter("path", ["/a", "/b", "/c", "/d"]), {"path": "/b"})
    assert report.entities[0].entity == "things-metrics"


def test_one_that_tells_of_two_is_named_itself() -> None:
    report = hurt(exporter("database", ["a1", "b1"]), {"database": "b1"})
    assert report.entities[0].entity == "things-metrics"


def tagged(names: list[str], job: str = "spring") -> Told:
    """Programs of one job, each with two instances, that name themselves by Micrometer's common tag."""
    return [
        {"__name__": metric, "job": job, "instance": f"10.3.{n}.{k}:8081", "application": name}
        for metric in ("jvm_memory_used_bytes", "hikaricp_pending", "http_errors", "logback_events_errors")
        for n, name in enumerate(names)
        for k in (1, 2)
    ]


@pytest.mark.parametrize("names", [["quotes", "risk"], ["quotes", "risk", "books", "ledger"]])
def test_programs_of_one_job_are_told_apart_by_how_they_name_themselves(names: list[str]) -> None:
    report = hurt(tagged(names), {"instance": "10.3.0.2:8081"})
    first = report.entities[0]
    assert (first.entity, first.kind, first.label) == ("quotes", "service", "application")
    assert "in 1 of its 2 instances (10.3.0.2:8081)" in report.verdict


@pytest.mark.parametrize(
    "tag",
    ["Name", "ec2_tag_Name", "instance_name", "application", "component", "app_kubernetes_io_component"],
)
def test_a_tag_on_what_a_process_says_of_itself_counts(tag: str) -> None:
    """EC2's `Name`, kept by relabelling: of three metrics one is the application's own."""
    labels = [
        {"__name__": metric, "job": "ec2-apps", "instance": f"10.3.{n}.{k}:8081", tag: name}
        for metric in ("jvm_memory_used_bytes", "process_open_fds", "http_errors")
        for n, name in enumerate(("quotes", "risk"))
        for k in (1, 2)
    ]
    assert hurt(labels, {tag: "risk"}).entities[0].entity == "risk"


def test_a_tag_that_names_the_whole_system_names_no_program() -> None:
    report = hurt([*tagged(["shop"], "cart"), *tagged(["shop"], "stock")], {"job": "stock"})
    assert report.entities[0].entity == "stock"


def test_what_an_exporter_of_the_table_tells_of_tells_of_nobody() -> None:
    """HAProxy tells of each backend its servers; the backend is the entity, its server is named."""
    labels = [
        {
            "__name__": f"haproxy_server_{metric}",
            "job": "haproxy",
            "instance": "lb1:8404",
            "proxy": proxy,
            "server": f"{proxy}{n}",
        }
        for metric in ("current_sessions", "check_failures", "queue_limit", "errors")
        for proxy in ("orders", "users")
        for n in range(4)
    ]
    report = hurt(labels, {"server": "orders1"})
    assert report.entities[0].entity == "orders"
    assert " for server orders1 at " in report.verdict


@pytest.mark.parametrize(
    ("job", "entity"),
    [("snmp", "switch-3"), ("net-snmp", "switch-3"), ("snmp_exporter", "snmp_exporter/switch-3")],
)
def test_a_job_that_asks_devices_is_none_of_them(job: str, entity: str) -> None:
    """The names of such metrics are those of the devices: no table of exporters knows them."""
    labels = [
        {"__name__": metric, "job": job, "instance": f"switch-{n}"}
        for metric in ("cpmCPUTotal5minRev", "ciscoMemoryPoolUsed_errors")
        for n in range(6)
    ]
    report = hurt(labels, {"instance": "switch-3"})
    assert report.entities[0].entity == entity


def ended(where: dict[str, str], labels: Told) -> Report:
    """The report where the series with these labels end, but for `up`, which falls to 0."""
    labels = [*labels, *({"__name__": f"load_{k}", "job": job} for k in "uvwxyz" for job in ("web", "db"))]
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels), ROWS))
    for i, own in enumerate(labels):
        if own["__name__"] == "up":
            values[i] = 1.0
        if where.items() <= own.items():
            values[i, SPLIT + 5 :] = 0.0 if own["__name__"] == "up" else np.nan
    series = batch(labels, values)
    whole = report_of(series)
    assert encode(report_of(series, 4)) == encode(whole)
    return whole


def test_a_database_that_ended_is_told_as_that_and_not_as_its_exporter() -> None:
    report = ended({"database": "b1"}, exporter("database", ["a1", "b1", "c1", "d1"]))
    (event,) = report.events
    assert (event.kind, event.entity, event.series, event.of_series) == ("ended", "b1", 4, 4)
    assert report.entities[0].entity == "b1"
    assert {f.entity for f in report.findings} == {"b1"}


def test_an_exporter_that_ended_is_told_as_that_and_not_as_all_of_its_databases() -> None:
    report = ended({"job": "things-metrics"}, exporter("database", ["a1", "b1", "c1", "d1"]))
    assert [(e.kind, e.entity) for e in report.events] == [("ended", "things-metrics")]
    assert "scrapes of it fail" in report.events[0].text


def test_a_program_told_by_its_tag_ends_as_itself() -> None:
    report = ended({"application": "risk"}, tagged(["quotes", "risk", "books"]))
    (event,) = report.events
    assert (event.kind, event.entity, event.series, event.of_series) == ("ended", "risk", 8, 8)
    assert (event.replicas, event.of_replicas) == (2, 2)


def bridge(items: list[str], hosts: list[str], *, by_host: bool = True) -> Told:
    """Another monitoring system's items of all machines under one name."""
    return [
        {
            "__name__": "bridge_item_value",
            "job": "bridge",
            "instance": "10.0.0.9:9000" if by_host else f"{host}:9000",
            "host": host,
            "key_": item,
        }
        for item in items
        for host in hosts
    ]


def test_a_bridge_of_one_metric_tells_of_the_machines_whose_items_it_hands_out() -> None:
    hosts = ["erp-db", "erp-app", "mx-1", "wiki"]
    items = ["cpu.util", "disk.await[sdb]", "memory.free", "load"]
    first = hurt(bridge(items, hosts), {"host": "erp-db"}).entities[0]
    assert (first.entity, first.kind, first.label) == ("erp-db", "target", "host")
    # one or two items are a metric by machine, as a service may have
    assert hurt(bridge(items[:2], hosts), {"host": "erp-db"}).entities[0].entity != "erp-db"
    # and a program that runs on each is itself
    assert hurt(bridge(items, hosts, by_host=False), {"host": "erp-db"}).entities[0].entity == "bridge/erp-db"
