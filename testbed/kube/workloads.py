"""What runs in the cluster: two applications, their stores and the cluster's DNS."""

from __future__ import annotations

from dataclasses import dataclass, replace

DEPLOYMENT, STATEFULSET, JOB = "Deployment", "StatefulSet", "Job"


@dataclass(frozen=True)
class Scrape:
    """A page of a container that Prometheus reads, and the labels of its monitor."""

    job: str
    port: int
    endpoint: str
    path: str = "/metrics"
    container: str = ""
    """Container label where it is not the container that serves the page."""
    keep: str = ""
    """Names to keep (a regular expression); all where empty."""


@dataclass(frozen=True)
class ContainerSpec:
    """One process of a pod; ``program`` is a key of :mod:`testbed.kube.programs`."""

    name: str
    program: str
    cpu_millis: int
    memory_mib: int
    port: int = 8080
    """TCP port that is open once it is ready; 0 for none."""
    scrapes: tuple[Scrape, ...] = ()


@dataclass(frozen=True)
class Workload:
    """A Deployment, StatefulSet or Job as its manifest says."""

    kind: str
    namespace: str
    name: str
    replicas: int
    containers: tuple[ContainerSpec, ...]
    version: str = "v1"
    volume_mib: int = 0
    """Size of the volume of each replica; 0 for none."""
    serves: str = ""
    """The Service that its pods belong to; its own name where empty, none where "-"."""

    @property
    def key(self) -> str:
        """Its name with its namespace, unique in the cluster."""
        return f"{self.name}.{self.namespace}"

    @property
    def service(self) -> str:
        """Name of its Service in the DNS; "" for none."""
        return "" if self.serves == "-" else f"{self.serves or self.name}.{self.namespace}"

    def changed(self, **changes: object) -> Workload:
        """The same with other replicas, version or containers."""
        return replace(self, **changes)  # type: ignore[arg-type]


PROXY = Scrape(
    "istio-system/envoy-stats-monitor", 15090, "http-envoy-prom", "/stats/prometheus", "istio-proxy"
)
POSTGRES_KEEP = (
    "pg_up|pg_stat_database_(xact_commit|xact_rollback|numbackends|blks_hit|blks_read|tup_returned|"
    "tup_fetched|tup_inserted|tup_updated|deadlocks|temp_bytes)|pg_locks_count|"
    "pg_stat_activity_(count|max_tx_duration)|pg_database_size_bytes|pg_stat_bgwriter_buffers_alloc.*"
)
REDIS_KEEP = (
    "redis_(up|connected_clients|blocked_clients|memory_used_bytes|memory_max_bytes|evicted_keys_total|"
    "expired_keys_total|keyspace_hits_total|keyspace_misses_total|commands_processed_total|db_keys|"
    "net_input_bytes_total|net_output_bytes_total|cpu_user_seconds_total|cpu_sys_seconds_total|"
    "uptime_in_seconds|rejected_connections_total|mem_fragmentation_ratio)"
)


def _app(name: str, replicas: int, cpu: int, memory: int, namespace: str = "shop") -> Workload:
    program = "shop" if namespace == "shop" else "media"
    own_port = 15090 if name == "bank-gateway" else 8080  # its 8080 speaks TLS
    scrapes = (Scrape(name, own_port, "http"), PROXY)
    return Workload(
        DEPLOYMENT, namespace, name, replicas, (ContainerSpec(name, program, cpu, memory, 8080, scrapes),)
    )


def _redis(namespace: str, name: str) -> Workload:
    page = Scrape(f"{name}-exporter", 9121, "metrics", container="metrics", keep=REDIS_KEEP)
    containers = (
        ContainerSpec("redis", "redis", 150, 64, 6379),
        ContainerSpec("metrics", "redis-exporter", 100, 64, 9121, (page,)),
    )
    return Workload(STATEFULSET, namespace, name, 1, containers)


def workloads() -> list[Workload]:
    """All of them, those that others need first."""
    dns_page = Scrape("coredns", 9153, "http-metrics")
    pg_page = Scrape("postgres-exporter", 9187, "metrics", container="exporter", keep=POSTGRES_KEEP)
    postgres = (
        ContainerSpec("postgres", "postgres", 300, 256, 5432),
        ContainerSpec("exporter", "postgres-exporter", 150, 96, 9187, (pg_page,)),
    )
    return [
        Workload(
            DEPLOYMENT,
            "kube-system",
            "coredns",
            1,
            (ContainerSpec("coredns", "dns", 100, 64, 9153, (dns_page,)),),
        ),
        Workload(STATEFULSET, "shop", "postgres", 1, postgres, volume_mib=160),
        _redis("shop", "redis"),
        _redis("media", "stream"),
        _app("bank-gateway", 2, 100, 64),
        _app("payment", 2, 150, 96),
        _app("cart", 2, 100, 64),
        _app("orders", 2, 150, 128),
        _app("catalogue", 2, 200, 128),
        _app("frontend", 3, 50, 64),
        _app("ingest", 2, 120, 128, "media"),
        _app("transcoder", 2, 200, 128, "media"),
        _app("indexer", 2, 100, 128, "media"),
    ]
