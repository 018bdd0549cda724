import pytest

from patternwatch.analysis.metrics.categories import CATEGORIES, CategoryTable
from patternwatch.analysis.metrics.category_rules import RULES
from patternwatch.contracts.metric_categories import METRIC_CATEGORIES

TABLE = CategoryTable()


@pytest.mark.parametrize(
    ("name", "derivation", "labels", "category"),
    [
        ("process_cpu_seconds_total", "rate", {}, "cpu"),
        ("CpuUsageRate", "", {}, "cpu"),
        ("node_timex_sync_status", "", {}, "health"),
        ("node_timex_offset_seconds", "", {}, "other"),
        ("container_cpu_cfs_throttled_periods_total", "rate", {}, "saturation"),
        ("node_memory_MemAvailable_bytes", "", {}, "memory"),
        ("process_resident_memory_bytes", "", {}, "memory"),
        ("http_request_duration_seconds", "p99", {}, "latency"),
        ("hikaricp_connections_idle", "", {}, "other"),
        ("hikaricp_connections_active", "", {}, "saturation"),
        ("db_pool_connections", "", {"state": "idle"}, "other"),
        ("db_pool_connections", "", {"state": "in_use"}, "saturation"),
        ("node_cpu_seconds_total", "rate", {"mode": "idle"}, "cpu"),
        ("haproxy_backend_last_session_seconds", "", {}, "other"),
        ("go_gc_duration_seconds", "", {"quantile": "1"}, "memory"),
        ("jvm_gc_pause_seconds", "p99", {}, "memory"),
        ("jvm_gc_pause_seconds", "count_rate", {}, "memory"),
        ("go_sched_latencies_seconds", "p99", {}, "cpu"),
        ("elasticsearch_index_stats_search_query_time_seconds_total", "rate", {}, "latency"),
        ("elasticsearch_index_stats_search_query_total", "rate", {}, "other"),
        ("Catalina_GlobalRequestProcessor_processingTime", "rate", {}, "latency"),
        ("process_cpu_request_time_seconds_total", "rate", {}, "cpu"),
        ("pg_stat_database_numbackends", "sum", {}, "saturation"),
        ("pg_stat_activity_count", "", {"state": "idle"}, "other"),
        ("airflow_operator_successes", "rate", {}, "traffic"),
        ("jobs_success_ratio", "", {}, "availability"),
        ("jenkins_job_building_duration_count", "rate", {}, "traffic"),
        ("jenkins_queue_waiting_seconds_count", "rate", {}, "traffic"),
        ("jvm_gc_pause_seconds_count", "rate", {}, "memory"),
        ("login_error_duration_seconds_count", "rate", {}, "error"),
        ("node_cpu_seconds_total", "rate", {"mode": "iowait"}, "disk"),
        ("node_cpu_seconds_total", "rate", {"mode": "steal"}, "cpu"),
        ("DCGM_FI_DEV_GPU_UTIL", "", {}, "cpu"),
        ("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "", {}, "cpu"),
        ("DCGM_FI_DEV_FB_USED", "", {}, "memory"),
        ("DCGM_FI_DEV_XID_ERRORS", "", {}, "error"),
        ("nvidia_smi_utilization_gpu_ratio", "", {}, "cpu"),
        ("http_request_duration_seconds", "count_rate", {}, "traffic"),
        ("http_request_duration_seconds", "count_rate", {"code": "503"}, "error"),
        ("http_requests_total", "rate", {"code": "200"}, "traffic"),
        ("http_requests_total", "rate", {"status": "500"}, "error"),
        ("http_requests_total", "", {"status": "500"}, "error"),  # of a period, as a level
        ("stackdriver_https_request_count", "", {"response_code_class": "500"}, "error"),
        ("stackdriver_https_request_count", "", {"response_code_class": "200"}, "traffic"),
        ("azure_servicebus_namespaces_deadletteredmessages_average_count", "", {}, "error"),
        ("x509_cert_expired", "", {}, "error"),
        ("redis_expired_keys_total", "rate", {}, "other"),
        ("pulsar_subscription_back_log", "", {}, "saturation"),
        ("user_steps_total", "rate", {"code": "200"}, "traffic"),
        ("user_steps_total", "rate", {"code": "404"}, "other"),
        ("jobs_total", "rate", {"status": "ok"}, "traffic"),
        ("jobs", "", {"status": "ok"}, "other"),
        ("orders_placed_total", "rate", {"outcome": "failed"}, "error"),
        ("istio_requests_total", "rate", {"response_code": "503", "reporter": "source"}, "error"),
        ("istio_requests_total", "rate", {"response_code": "404"}, "traffic"),
        ("istio_requests_total", "rate", {"response_code": "200", "grpc_response_status": "14"}, "error"),
        ("istio_requests_total", "rate", {"response_code": "200", "grpc_response_status": "5"}, "traffic"),
        ("envoy_cluster_upstream_rq", "rate", {"envoy_response_code": "503"}, "error"),
        ("envoy_cluster_upstream_rq_xx", "rate", {"envoy_response_code_class": "5"}, "error"),
        ("envoy_cluster_upstream_rq_xx", "rate", {"envoy_response_code_class": "2"}, "other"),
        ("response_total", "rate", {"classification": "failure"}, "error"),
        ("response_total", "rate", {"classification": "success"}, "other"),
        ("grpc_server_handled_total", "rate", {"grpc_code": "DeadlineExceeded"}, "error"),
        ("grpc_server_handled_total", "rate", {"grpc_code": "NotFound"}, "traffic"),
        ("rpc_server_duration", "count_rate", {"rpc_grpc_status_code": "13"}, "error"),
        ("rpc_server_duration", "count_rate", {"rpc_grpc_status_code": "1"}, "traffic"),
        ("coredns_dns_responses_total", "rate", {"rcode": "SERVFAIL"}, "error"),
        ("coredns_dns_responses_total", "rate", {"rcode": "NXDOMAIN"}, "other"),
        ("traces_spanmetrics_calls_total", "rate", {"status_code": "STATUS_CODE_ERROR"}, "error"),
        ("traces_spanmetrics_calls_total", "rate", {"status_code": "STATUS_CODE_OK"}, "traffic"),
        ("http_server_requests_seconds", "count_rate", {"outcome": "SERVER_ERROR"}, "error"),
        ("http_server_requests_seconds", "count_rate", {"outcome": "CLIENT_ERROR"}, "traffic"),
        ("node_network_receive_drop_total", "rate", {}, "error"),
        ("node_network_receive_bytes_total", "rate", {}, "network"),
        ("node_disk_written_bytes_total", "rate", {}, "disk"),
        ("db_pool_in_use", "", {}, "saturation"),
        ("redis_connected_clients", "", {}, "saturation"),
        ("availability_Average", "", {}, "availability"),
        ("rabbitmq_queue_messages_ready", "", {}, "saturation"),
        ("thanos_compact_halted", "", {}, "error"),
        ("azure_microsoft_web_sites_http5xx", "", {}, "error"),
        ("mysql_slave_status_seconds_behind_master", "", {}, "saturation"),
        ("argocd_app_info", "", {"health_status": "Degraded", "sync_status": "Synced"}, "error"),
        ("argocd_app_info", "", {"health_status": "Progressing", "sync_status": "OutOfSync"}, "other"),
        ("gotk_resource_info", "", {"ready": "False"}, "error"),
        ("rabbitmq_queue_messages_delivered_total", "rate", {}, "traffic"),
        ("rabbitmq_queue_messages_acked_total", "rate", {}, "traffic"),
        ("rabbitmq_queue_messages_unacked", "", {}, "saturation"),
        ("rabbitmq_queue_consumers", "", {}, "saturation"),
        ("ifHCInOctets", "rate", {}, "network"),
        ("ifOutUcastPkts", "rate", {}, "network"),
        ("beanstalkd_current_jobs_ready", "", {}, "saturation"),
        ("kube_pod_container_status_ready", "", {}, "health"),
        ("vmware_vm_cpu_ready_summation", "", {}, "cpu"),
        ("vmware_host_power_state", "", {}, "health"),
        ("vmware_host_connection_state", "", {"state": "connected"}, "health"),
        ("vmware_host_connection_state", "", {"state": "notResponding"}, "error"),
        ("nginx_connections_keepalive", "", {}, "saturation"),
        ("http_keep_alive_requests", "", {}, "traffic"),
        ("slo_error_budget_remaining_ratio", "", {}, "availability"),
        ("slo_error_budget_burn_rate", "", {}, "error"),
        ("mem_available_percent", "", {}, "memory"),
        ("disk_available_mb", "", {}, "disk"),
        ("chat_rooms_open", "", {}, "other"),
        ("container_oom_events_total", "rate", {}, "error"),
        ("player_skill_rating", "", {}, "other"),
        ("loki_discarded_samples_total", "rate", {}, "error"),
        ("aws_applicationelb_httpcode_target_5_xx_count_sum", "", {}, "error"),
        ("haproxy_backend_http_responses_5xx", "", {}, "error"),
        ("backup_last_success_timestamp_seconds", "", {}, "other"),
        ("backup_last_success_timestamp_seconds", "age", {}, "saturation"),
        ("last_error_ms", "age_ms", {}, "saturation"),
        ("up", "", {}, "health"),
        ("jvm.memory.used", "", {}, "memory"),
        ("jvm_memory_used_bytes", "", {}, "memory"),
        ("jvm.cpu.recent_utilization", "", {}, "cpu"),
        ("http.server.request.duration", "p99", {}, "latency"),
        ("http.server.request.duration", "count_rate", {}, "traffic"),
        ("http.server.request.duration", "count_rate", {"http.response.status_code": "503"}, "error"),
        ("http_server_request_duration", "count_rate", {"http_response_status_code": "503"}, "error"),
        ("http.server.request.duration", "count_rate", {"http.response.status_code": "200"}, "traffic"),
        ("http.client.request.duration", "count_rate", {"error.type": "java.net.ConnectException"}, "error"),
        ("http.server.errors", "rate", {}, "error"),
        ("system.network.io", "rate", {}, "network"),
        ("process.start.time", "", {}, "other"),
        ("db.client.connections.pending_requests", "", {}, "saturation"),
        ("process_start_time_seconds", "", {}, "other"),
        ("something_else", "", {}, "other"),
        ("kube_deployment_status_replicas_unavailable", "", {}, "error"),
        ("kube_deployment_status_replicas_available", "", {}, "availability"),
        ("kube_daemonset_status_number_unavailable", "", {}, "error"),
        ("kube_daemonset_status_number_misscheduled", "", {}, "error"),
        ("kube_pod_status_unschedulable", "", {}, "error"),
        ("kube_pod_status_phase", "", {"phase": "Pending"}, "error"),
        ("kube_pod_status_phase", "", {"phase": "Succeeded"}, "other"),
        ("kube_pod_status_ready", "", {"condition": "true"}, "health"),
        ("kube_pod_status_ready", "", {"condition": "false"}, "error"),
        ("kube_pod_container_status_waiting_reason", "", {"reason": "CrashLoopBackOff"}, "error"),
        ("kube_pod_container_status_waiting_reason", "", {"reason": "ContainerCreating"}, "saturation"),
        ("kube_pod_init_container_status_waiting_reason", "", {"reason": "ErrImagePull"}, "error"),
        ("kube_pod_container_status_last_terminated_reason", "", {"reason": "OOMKilled"}, "error"),
        ("kube_pod_container_status_terminated_reason", "", {"reason": "Completed"}, "other"),
        ("node_memory_Unevictable_bytes", "", {}, "memory"),
        ("redis_evicted_keys_total", "rate", {}, "error"),
        ("kube_job_status_failed", "", {}, "error"),
        ("kube_node_status_condition", "", {"condition": "Ready", "status": "true"}, "health"),
        ("kube_node_status_condition", "", {"condition": "Ready", "status": "unknown"}, "error"),
        ("kube_node_status_condition", "", {"condition": "DiskPressure", "status": "true"}, "error"),
        ("kube_node_status_condition", "", {"condition": "DiskPressure", "status": "false"}, "health"),
        ("kube_deployment_status_condition", "", {"condition": "Available", "status": "false"}, "error"),
        ("kube_node_status_condition", "", {"condition": "Own", "status": "true"}, "other"),
        ("node_systemd_unit_state", "", {"name": "nginx.service", "state": "failed"}, "error"),
        ("node_systemd_unit_state", "", {"name": "nginx.service", "state": "active"}, "health"),
        ("node_systemd_unit_state", "", {"name": "sync.service", "state": "inactive"}, "other"),
        ("windows_service_state", "", {"name": "spooler", "state": "stopped"}, "error"),
        ("windows_service_state", "", {"name": "spooler", "state": "running"}, "health"),
        ("consul_health_service_status", "", {"service_name": "web", "status": "critical"}, "error"),
        ("elasticsearch_cluster_health_status", "", {"color": "red"}, "error"),
        ("elasticsearch_cluster_health_status", "", {"color": "green"}, "health"),
        ("network_ups_tools_ups_status", "", {"ups": "rack1", "flag": "OB"}, "error"),
        ("network_ups_tools_ups_status", "", {"ups": "rack1", "flag": "OL"}, "health"),
        ("mysql_slave_status_slave_sql_running", "", {}, "health"),
        ("mysql_global_status_threads_running", "", {}, "saturation"),
        ("celery_tasks_total", "rate", {"state": "FAILURE"}, "error"),
        ("UnHealthyHostCount_Average", "", {}, "error"),
        ("HealthyHostCount_Average", "", {}, "health"),
        ("envoy_cluster_membership_healthy", "", {}, "health"),
        ("kafka_server_ReplicaManager_UnderReplicatedPartitions", "", {}, "error"),
        ("elasticsearch_cluster_health_unassigned_shards", "", {}, "error"),
        ("calls_unsuccessful_total", "rate", {}, "error"),
        ("node_md_disks", "", {"state": "active"}, "health"),
        ("node_md_disks", "", {"state": "failed"}, "error"),
        ("node_md_disks", "", {}, "health"),
        ("node_md_disks", "", {"state": "spare"}, "disk"),
        ("network_ups_tools_input_voltage", "", {}, "other"),
        ("rabbitmq_alarms_memory_used_watermark", "", {}, "error"),
        ("ClickHouseMetrics_ReadonlyReplica", "", {}, "error"),
        ("vault_core_unsealed", "", {}, "health"),
        ("mysql_global_status_slow_queries", "rate", {}, "error"),
        ("gnatsd_varz_slow_consumers", "rate", {}, "error"),
        ("mysql_global_variables_slow_launch_time", "", {}, "other"),
        ("node_disk_discarded_sectors_total", "rate", {}, "disk"),
        ("node_disk_discard_time_seconds_total", "rate", {}, "disk"),
        ("ifInDiscards", "rate", {}, "error"),
        ("container_memory_failures_total", "rate", {"failure_type": "pgmajfault"}, "memory"),
        ("container_memory_failcnt", "rate", {}, "saturation"),
        ("node_timex_maxerror_seconds", "", {}, "other"),
        ("node_timex_estimated_error_seconds", "", {}, "other"),
        ("node_entropy_available_bits", "", {}, "other"),
        ("cache_evictions_total", "rate", {"cache": "prices"}, "memory"),
        ("mongodb_ss_wt_cache_pages_evicted_by_application_threads", "rate", {}, "memory"),
        ("node_zfs_arc_evict_not_enough", "rate", {}, "memory"),
        ("redis_mem_not_counted_for_eviction_bytes", "", {}, "memory"),
        ("kubelet_evictions", "rate", {"eviction_signal": "memory.available"}, "error"),
        ("node_netstat_TcpExt_ListenOverflows", "rate", {}, "error"),
        ("mysql_global_status_table_open_cache_overflows", "rate", {}, "other"),
        ("sqlalchemy_pool_overflow", "", {}, "saturation"),
        ("elasticsearch_breakers_tripped", "rate", {}, "error"),
        ("prometheus_rule_group_iterations_missed_total", "rate", {}, "error"),
        ("redis_keyspace_misses_total", "rate", {}, "traffic"),
        ("envoy_cluster_outlier_detection_ejections_enforced_total", "rate", {}, "error"),
        ("elasticsearch_thread_pool_rejected_count", "rate", {}, "error"),
        ("ping_loss_ratio", "", {}, "error"),
        ("envoy_cluster_circuit_breakers_default_rq_open", "", {}, "error"),
        ("logback_events_total", "rate", {"level": "error"}, "error"),
        ("logback_events_total", "rate", {"level": "info"}, "other"),
        ("payment_processor_requests_total", "rate", {}, "traffic"),
        ("hrProcessorLoad", "", {}, "cpu"),
        ("windows_cpu_processor_performance_total", "rate", {}, "cpu"),
        ("http_response_time_seconds", "p99", {}, "latency"),
        ("http_response_time_seconds", "count_rate", {}, "traffic"),
        ("probe_dns_lookup_time_seconds", "", {}, "latency"),
        ("app_request_ms", "", {"quantile": "0.95"}, "latency"),
        ("app_request_ms", "rate", {}, "traffic"),
    ],
)
def test_category_by_name_derivation_and_labels(
    name: str, derivation: str, labels: dict[str, str], category: str
) -> None:
    assert TABLE.category_of({"__name__": name, **labels}, derivation) == category


def test_own_names_come_first() -> None:
    table = CategoryTable({"^something": "disk", "cpu": "other"})
    assert table.category_of({"__name__": "something_else"}, "") == "disk"
    assert table.category_of({"__name__": "cpu_usage"}, "") == "other"


def test_own_names_may_be_written_as_they_are_or_in_snake_case() -> None:
    for rule in (r"^shop\.baskets$", "^shop_baskets$"):
        assert CategoryTable({rule: "traffic"}).category_of({"__name__": "shop.baskets"}, "") == "traffic"


def test_a_series_without_a_name_has_the_empty_one() -> None:
    table = CategoryTable({"^$": "disk", ".": "cpu"})
    assert table.category_of({"job": "a"}, "") == "disk"


def test_an_unknown_category_is_refused() -> None:
    with pytest.raises(ValueError, match="no such category") as refused:
        CategoryTable({"x": "smell", "y": "cpu", "z": "colour"})  # type: ignore[dict-item]  # a settings file may hold it
    assert str(refused.value) == (
        "no such category of metrics: ['colour', 'smell']; use one of cpu, memory, latency, error, "
        "availability, health, saturation, traffic, network, disk, other"
    )


def test_one_table_tells_series_of_one_name_apart() -> None:
    table = CategoryTable()
    asked = [
        ("rate", {"code": "200"}, "traffic"),
        ("rate", {"code": "503"}, "error"),
        ("", {"code": "503"}, "error"),
        ("mean", {"code": "503"}, "traffic"),
        ("rate", {"status": "timeout"}, "error"),
        ("rate", {"code": "x503"}, "traffic"),
        ("rate", {}, "traffic"),
    ]
    for _ in range(2):
        for derivation, labels, category in asked:
            assert table.category_of({"__name__": "http_requests_total", **labels}, derivation) == category
    assert table.category_of({"job": "a"}, "") == "other"
    assert table.category_of({"job": "a"}, "count_rate") == "traffic"


def test_names_are_read_in_snake_case() -> None:
    assert CategoryTable({"^web_cpu2_load$": "disk"}).category_of({"__name__": "WebCpu2Load"}, "") == "disk"


def test_every_category_has_weights_and_every_rule_is_of_one() -> None:
    assert tuple(CATEGORIES) == METRIC_CATEGORIES
    assert {rule.category for rule in RULES} <= set(CATEGORIES)
