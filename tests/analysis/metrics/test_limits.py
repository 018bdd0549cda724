"""Which names tell limits, and of what."""

import pytest

from patternwatch.analysis.metrics.limit_pairs import PAIRS
from patternwatch.analysis.metrics.limits import counts_use, limit_labels, may_limit, tells_limit


@pytest.mark.parametrize(
    ("limit", "use"),
    [
        ("process_max_fds", "process_open_fds"),
        ("jvm_memory_max_bytes", "jvm_memory_used_bytes"),
        ("jvm_memory_bytes_max", "jvm_memory_bytes_used"),
        ("hikaricp_connections_max", "hikaricp_connections_active"),
        ("jdbc_connections_max", "jdbc_connections_active"),
        ("tomcat_threads_config_max_threads", "tomcat_threads_busy_threads"),
        ("Catalina_ThreadPool_maxThreads", "Catalina_ThreadPool_currentThreadsBusy"),
        ("executor_pool_max_threads", "executor_active_threads"),
        ("container_spec_memory_limit_bytes", "container_memory_working_set_bytes"),
        ("kubelet_volume_stats_capacity_bytes", "kubelet_volume_stats_used_bytes"),
        ("node_filefd_maximum", "node_filefd_allocated"),
        ("node_nf_conntrack_entries_limit", "node_nf_conntrack_entries"),
        ("haproxy_frontend_limit_sessions", "haproxy_frontend_current_sessions"),
        ("rabbitmq_process_max_fds", "rabbitmq_process_open_fds"),
        ("go_sql_max_open_connections", "go_sql_in_use_connections"),
        ("otelcol_exporter_queue_capacity", "otelcol_exporter_queue_size"),
        ("db.client.connections.max", "db.client.connections.usage"),
        *((pair.limit, use) for pair in PAIRS for use in pair.use),
    ],
)
def test_the_limit_of_what_is_used(limit: str, use: str) -> None:
    assert may_limit(limit, use)


@pytest.mark.parametrize(
    ("limit", "use"),
    [
        ("hikaricp_connections_max", "hikaricp_connections"),  # what the pool holds, busy or not
        ("hikaricp_connections_max", "hikaricp_connections_idle"),
        ("hikaricp_connections_max", "hikaricp_connections_pending"),
        ("jvm_memory_max_bytes", "jvm_memory_committed_bytes"),
        ("jvm_memory_max_bytes", "jvm_memory_max_bytes"),
        ("container_spec_memory_limit_bytes", "container_memory_usage_bytes"),  # with copies of files
        ("container_spec_memory_limit_bytes", "container_memory_rss"),
        ("pg_settings_max_connections", "pg_settings_connections_used"),  # a pair is told outright
        ("executor_pool_max_threads", "executor_pool_size_threads"),
    ],
)
def test_not_the_limit_of_anything_else(limit: str, use: str) -> None:
    assert not may_limit(limit, use)


@pytest.mark.parametrize(
    "name",
    [
        "http_server_requests_seconds_max",  # the longest of late
        "phpfpm_max_active_processes",  # the most that there have been
        "tomcat_sessions_active_max_sessions",
        "jetty_connections_max_connections",
        "container_memory_max_usage_bytes",
        "redis_memory_max_bytes",  # filled on purpose
        "kube_horizontalpodautoscaler_spec_max_replicas",
        "rabbitmq_disk_space_available_limit_bytes",  # the least that may be left
        "process_open_fds",
        "up",
    ],
)
def test_names_that_tell_no_limit(name: str) -> None:
    assert not tells_limit(name)
    assert limit_labels({"__name__": name, "job": "a"}) is None


def test_other_labels_part_a_limit_from_its_use() -> None:
    of_container = {"namespace": "shop", "pod": "cart-0", "container": "cart"}
    memory = {"__name__": "kube_pod_container_resource_limits", "resource": "memory", **of_container}
    assert limit_labels({**memory, "job": "kube-state-metrics", "node": "n1"}) == tuple(sorted(of_container))
    assert limit_labels({**memory, "resource": "cpu"}) is None
    hard = {"__name__": "kube_resourcequota", "resourcequota": "team", "resource": "pods", "type": "hard"}
    assert limit_labels(hard) == ("resource", "resourcequota")
    assert not counts_use("kube_resourcequota", hard)
    assert counts_use("db_client_connections_max", {"state": "used"})
    assert not counts_use("db_client_connections_max", {"state": "idle"})
