"""A job of which one instance alone hurts is told by that instance, and a whole job by its name."""

import numpy as np
import pytest

from patternwatch.analysis.report.lone_instances import is_host_name, is_software
from patternwatch.contracts.codec import encode
from patternwatch.contracts.report import Report
from tests.analysis.incidents import ROWS, SPLIT, batch, report_of


def hurt(job: str, metric: str, hosts: list[str], moved: tuple[int, ...] = (1,)) -> Report:
    """The report where a metric of these hosts of a job shifts; two others of theirs keep."""
    labels = [
        {"__name__": name, "job": job, "instance": f"{host}:9187"}
        for name in (metric, "process_resident_memory_bytes", "process_open_fds")
        for host in hosts
    ]
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels), ROWS))
    values[list(moved), SPLIT:] += 40.0
    series = batch(labels, values)
    report = report_of(series)
    assert encode(report_of(series, 3)) == encode(report)
    return report


HOSTS = ["db-1.example", "db-2.example", "db-3.example"]
ADDRESSES = ["10.0.3.4", "10.0.3.5", "10.0.3.6"]


@pytest.mark.parametrize(
    ("job", "metric", "hosts", "entity"),
    [
        ("postgres", "pg_locks_count", HOSTS, "postgres/db-2.example"),
        ("postgres", "pg_locks_count", ADDRESSES, "postgres/10.0.3.5"),
        ("monitoring/alertmanager", "alertmanager_errors", ADDRESSES, "monitoring/alertmanager/10.0.3.5"),
        ("cart", "http_request_errors", HOSTS, "cart/db-2.example"),
        ("cart", "http_request_errors", ADDRESSES, "cart"),  # an address names nothing
    ],
)
def test_one_of_three(job: str, metric: str, hosts: list[str], entity: str) -> None:
    report = hurt(job, metric, hosts)
    assert report.entities[0].entity == report.findings[0].entity == entity
    assert f"{entity} " in report.verdict
    assert f"instance {hosts[1]}:9187" in report.verdict
    is_one = entity != job
    assert (report.entities[0].kind == "instance") == is_one


@pytest.mark.parametrize(
    ("servers", "entity"),
    [((1,), "orders/db-2.example"), ((0, 1, 2), "orders")],
    ids=["one server", "all of them"],
)
def test_a_database_that_each_server_has_is_told_by_the_one_where_it_hurts(
    servers: tuple[int, ...], entity: str
) -> None:
    labels = [
        {"__name__": name, "job": "postgres", "instance": f"{host}:9187", "datname": database}
        for host in HOSTS
        for database in ("orders", "users", "stock")
        for name in ("pg_locks_count", "pg_stat_database_deadlocks", "pg_stat_activity_count")
    ]
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels), ROWS))
    for server in servers:
        values[server * 9 : server * 9 + 2, SPLIT:] += 40.0
    report = report_of(batch(labels, values))
    assert report.entities[0].entity == report.findings[0].entity == entity
    assert ("in 1 of 3 instances (db-2.example:9187)" in report.verdict) is (len(servers) == 1)


@pytest.mark.parametrize(
    ("tellers", "missed", "entity"),
    [
        ((0, 2), "etcd-1", "etcd/etcd-1"),
        ((0, 2), "8e9e05c52164694d", "etcd"),  # its number names nobody
        ((0,), "etcd-1", "etcd/etcd-0"),  # it may be cut off itself
    ],
    ids=["all others", "a number", "one"],
)
def test_the_member_that_its_peers_miss_is_told(tellers: tuple[int, ...], missed: str, entity: str) -> None:
    peers = {n: [f"etcd-{m}" for m in range(3) if m != n] for n in range(3)}
    labels = [
        {
            "__name__": name,
            "job": "etcd",
            "instance": f"etcd-{n}:2379",
            "To": missed if to == "etcd-1" else to,
        }
        for name in ("etcd_network_peer_sent_failures", "etcd_network_peer_errors")
        for n, others in peers.items()
        for to in others
    ]
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels), ROWS))
    for own, row in zip(labels, values, strict=True):
        if own["To"] == missed and int(own["instance"][5]) in tellers:
            row[SPLIT:] += 40.0
    report = report_of(batch(labels, values))
    assert report.entities[0].entity == report.findings[0].entity == entity


def test_the_server_that_one_exporter_of_many_names_is_told() -> None:
    labels = [
        {"__name__": name, "job": "elasticsearch", "instance": "es-exporter:9114", "name": f"es-data-{n}"}
        for name in ("elasticsearch_thread_pool_rejected_count", "elasticsearch_breakers_tripped")
        for n in range(4)
    ]
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels), ROWS))
    values[[2, 6], SPLIT:] += 40.0
    report = report_of(batch(labels, values))
    assert report.entities[0].entity == report.findings[0].entity == "elasticsearch/es-data-2"
    assert report.entities[0].label == "name"


def test_the_part_is_told_as_one_of_several() -> None:
    labels = [
        {"__name__": name, "job": "postgres", "instance": f"{host}:9187"}
        for name in ("pg_locks_count", "pg_deadlocks", "pg_xact_commit")
        for host in HOSTS
    ]
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels), ROWS))
    values[[1, 4], SPLIT:] += 40.0
    report = report_of(batch(labels, values))
    assert report.entities[0].entity == "postgres/db-2.example"
    assert "in 1 of 3 instances (db-2.example:9187)" in report.verdict


def test_the_one_that_is_down_is_named_and_not_one_of_those_that_miss_it() -> None:
    brokers = [f"kafka-{n}.example:7071" for n in range(1, 6)]
    missing, up = "kafka_server_replicamanager_underreplicatedpartitions", "up"
    labels = [
        {"__name__": name, "job": "kafka", "instance": broker} for name in (missing, up) for broker in brokers
    ]
    values = np.repeat([[0.0], [1.0]], len(brokers), axis=0) + np.zeros(ROWS)
    values[[0, 1, 3, 4], SPLIT:] = 12.0
    values[2, SPLIT:] = np.nan  # the third tells nothing any more
    values[5 + 2, SPLIT:] = 0.0
    report = report_of(batch(labels, values))
    assert report.entities[0].entity == "kafka/kafka-3.example"
    assert report.verdict.startswith("kafka/kafka-3.example is the likely cause: up shifted down")


def test_a_job_that_hurts_as_a_whole_is_the_entity() -> None:
    assert hurt("postgres", "pg_locks_count", HOSTS, (0, 1, 2)).entities[0].entity == "postgres"


def test_a_service_keeps_its_name() -> None:
    labels = [
        {"__name__": "cache_errors", "job": "cache", "service": "cart", "instance": f"{host}:9187"}
        for host in HOSTS
    ]
    values = 10.0 + np.random.default_rng(0).normal(size=(3, ROWS))
    values[1, SPLIT:] += 40.0
    assert report_of(batch(labels, values)).entities[0].entity == "cart"


@pytest.mark.parametrize(
    ("host", "is_name"),
    [
        ("db-3", True),
        ("web", True),
        ("10.0.3.4", False),
        ("fd00::4", False),
        ("1f0c7a52-9d3b-4c1e-8f11-0a9b8c7d6e5f", False),
        ("8f37e9a66cf0", False),
        ("", False),
    ],
)
def test_what_names_a_host(host: str, is_name: bool) -> None:
    assert is_host_name(host) is is_name


@pytest.mark.parametrize(
    ("job", "metric", "is_it"),
    [
        ("haproxy", "haproxy_process_current_connections", True),
        ("prod-vault", "vault_core_unsealed", True),
        ("orders", "mysql_global_status_threads", True),
        ("orders", "order_errors", False),
        ("cart", "http_requests_total", False),
        ("cart", ":odd", False),
    ],
)
def test_what_is_named_as_its_software(job: str, metric: str, is_it: bool) -> None:
    assert is_software(job, metric) is is_it


@pytest.mark.parametrize(
    ("hosts", "entity"), [(HOSTS, "airflow/db-2.example"), (ADDRESSES, "airflow/10.0.3.5")]
)
def test_the_one_whose_release_alone_changed_is_told_by_its_host(hosts: list[str], entity: str) -> None:
    labels = [
        {"__name__": name, "job": "airflow", "instance": f"{host}:9102", "release": release}
        for name in ("airflow_scheduler_heartbeat", "airflow_dagbag_size", "airflow_executor_open_slots")
        for host, release in zip(hosts, ("etl", "ml", "bi"), strict=True)
    ]
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels), ROWS))
    values[1, SPLIT:] += 40.0
    first = report_of(batch(labels, values)).entities[0]
    assert (first.entity, first.kind, first.label) == (entity, "instance", "instance")
    assert first.explained_by[0].value == "ml"


def broker(moved: list[tuple[str, str]]) -> Report:
    """Three brokers with queues of their own, of which these (metric, queue) shift."""
    queues = {
        "rabbit-0": ("invoices", "mails"),
        "rabbit-1": ("orders", "audit"),
        "rabbit-2": ("hooks", "tmp"),
    }
    told = ("rabbitmq_queue_messages_ready", "rabbitmq_queue_process_memory_bytes", "rabbitmq_queue_lag")
    labels = [
        {
            "__name__": name,
            "job": "rabbitmq",
            "instance": f"{host}:15692",
            **({"queue": queue} if queue else {}),
        }
        for host, own in queues.items()
        for name, queue in [
            *((name, queue) for name in told for queue in own),
            ("rabbitmq_memory_errors", ""),
        ]
    ]
    values = 10.0 + np.random.default_rng(0).normal(size=(len(labels), ROWS))
    for i, own in enumerate(labels):
        if own["instance"].startswith("rabbit-0") and (own["__name__"], own.get("queue", "")) in moved:
            values[i, SPLIT:] += 40.0
    return report_of(batch(labels, values))


def test_the_queue_that_hurts_is_told_and_not_the_broker_where_it_lies() -> None:
    ready, memory, of_broker = (
        "rabbitmq_queue_messages_ready",
        "rabbitmq_queue_process_memory_bytes",
        "rabbitmq_memory_errors",
    )
    report = broker([(ready, "invoices"), (memory, "invoices")])
    first = report.entities[0]
    assert (first.entity, first.kind, first.label) == ("rabbitmq/invoices", "target", "queue")
    assert "3 instances (rabbit-0:15692) for queue invoices" in report.verdict
    # one series may move by chance; of two queues, or with the broker itself, the instance is told
    assert broker([(ready, "invoices")]).entities[0].entity == "rabbitmq"
    assert broker([(ready, "invoices"), (memory, "mails")]).entities[0].entity == "rabbitmq/rabbit-0"
    everywhere = [(ready, "invoices"), (memory, "invoices"), (of_broker, "")]
    assert broker(everywhere).entities[0].entity == "rabbitmq/rabbit-0"
