"""What a pod and a node of the generated cluster are scraped for."""

from dataclasses import dataclass

STEP_MS = 30_000
DAY_ROWS = 2880
HOUR_ROWS = 120
START_MS = 1_760_313_600_000
"""Row 0: a Monday, 00:00 UTC."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric name, how its values are derived (see `SeriesBatch`), and which exporter tells it.

    exporter  `kubelet` (cAdvisor), `app` (the service itself), `state` (kube-state-metrics) or `node`
    """

    name: str
    derivation: str
    exporter: str


POD_METRICS = (
    Metric("container_cpu_usage_seconds_total", "rate", "kubelet"),
    Metric("container_memory_working_set_bytes", "", "kubelet"),
    Metric("go_memstats_heap_inuse_bytes", "", "app"),
    Metric("go_gc_duration_seconds", "mean", "app"),
    Metric("go_goroutines", "", "app"),
    Metric("http_requests_total", "rate", "app"),
    Metric("http_requests_failed_total", "rate", "app"),
    Metric("http_request_duration_seconds", "p50", "app"),
    Metric("http_request_duration_seconds", "p99", "app"),
    Metric("container_network_receive_bytes_total", "rate", "kubelet"),
    Metric("container_network_transmit_bytes_total", "rate", "kubelet"),
    Metric("process_open_fds", "", "app"),
    Metric("work_queue_length", "", "app"),
    Metric("container_cpu_cfs_throttled_seconds_total", "rate", "kubelet"),
    Metric("client_request_duration_seconds", "p99", "app"),
    Metric("kube_pod_container_resource_limits", "", "state"),
)
NODE_METRICS = (
    Metric("node_cpu_seconds_total", "rate", "node"),
    Metric("node_load1", "", "node"),
    Metric("node_memory_MemAvailable_bytes", "", "node"),
    Metric("node_filesystem_avail_bytes", "", "node"),
    Metric("node_disk_io_time_seconds_total", "rate", "node"),
    Metric("node_disk_written_bytes_total", "rate", "node"),
    Metric("node_network_receive_bytes_total", "rate", "node"),
    Metric("node_network_transmit_bytes_total", "rate", "node"),
    Metric("node_context_switches_total", "rate", "node"),
    Metric("node_netstat_Tcp_CurrEstab", "", "node"),
    Metric("node_vmstat_pgmajfault", "rate", "node"),
    Metric("node_procs_running", "", "node"),
)
