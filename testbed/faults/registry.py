"""Every fault with its culprit, its shape and the series that it moves directly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from testbed.faults import services, stores
from testbed.stack import Stack

Injection = Callable[[Stack], AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class Fault:
    """A fault: ``moves`` are label selectors of the culprit's series that it changes by itself.

    A selector's value matches when it is equal to the label; all its labels must match.
    """

    name: str
    fault_type: str
    culprit: str
    shape: str
    text: str
    inject: Injection
    moves: tuple[Mapping[str, str], ...]


def _of(service: str, *names: str, **labels: str) -> tuple[Mapping[str, str], ...]:
    return tuple({"__name__": name, "service": service, **labels} for name in names)


_FAULTS = (
    Fault(
        "catalogue-cpu-hog",
        "cpu",
        "catalogue",
        "level shift",
        "a thread inside catalogue burns its CPU and its interpreter lock",
        lambda stack: services.hazard(stack, "catalogue", "cpu_hog", threads=1),
        (
            *_of("catalogue", "process_cpu_seconds_total", "event_loop_lag_seconds"),
            *_of("catalogue", "supervisor_cpu_seconds_total", mode="user"),
            *_of("catalogue", "supervisor_threads", "process_virtual_memory_bytes"),
            *_of("catalogue", "process_context_switches_total", kind="involuntary"),
        ),
    ),
    Fault(
        "cart-memory-leak",
        "memory",
        "cart",
        "slow increase",
        "cart keeps a history of its requests for ever and searches all of it each time",
        lambda stack: services.hazard(stack, "cart", "memory_leak", entries=8, bytes=4000),
        (
            *_of("cart", "process_resident_memory_bytes", "process_virtual_memory_bytes"),
            *_of("cart", "supervisor_resident_memory_bytes", "supervisor_page_faults_total"),
            *_of("cart", "process_page_faults_total", kind="minor"),
            *_of("cart", "process_cpu_seconds_total"),
        ),
    ),
    Fault(
        "postgres-table-lock",
        "dependency",
        "postgres",
        "spikes",
        "a migration locks the table of stock for all others, time and again",
        lambda stack: stores.table_lock(stack, held_s=1.7, free_s=0.7),
        (
            *_of("postgres", "pg_locks_count", mode="accessexclusivelock", datname="shop"),
            *_of("postgres", "pg_waits_sessions", wait_type="Lock"),
            *_of("postgres", "pg_stat_activity_count", datname="shop", state="active"),
            *_of("postgres", "pg_stat_activity_count", datname="shop", state="idle in transaction"),
            *_of("postgres", "pg_stat_activity_max_tx_duration", datname="shop", state="active"),
            *_of("postgres", "pg_stat_activity_max_tx_duration", datname="shop", state="idle in transaction"),
        ),
    ),
    Fault(
        "payment-slow",
        "latency",
        "payment",
        "level shift",
        "payment answers 0.4 s later, log-normally spread",
        lambda stack: services.hazard(stack, "payment", "latency", seconds=0.4),
        (
            *_of("payment", "http_request_duration_seconds_sum", route="/payments"),
            *_of("payment", "http_request_duration_seconds_bucket", route="/payments"),
            *_of("payment", "http_requests_in_flight"),
        ),
    ),
    Fault(
        "orders-pool-leak",
        "connection pool",
        "orders",
        "level shift",
        "orders leaks pooled connections, each held in an open transaction for some 18 s",
        lambda stack: services.hazard(stack, "orders", "pool_leak", every_s=2.0, hold_s=18.0),
        (
            *_of("orders", "db_pool_in_use", "db_pool_idle", "db_pool_waiting"),
            *_of("orders", "db_pool_connections", "db_pool_timeouts_total"),
            *_of("orders", "db_pool_acquire_seconds_sum", "db_pool_acquire_seconds_bucket"),
        ),
    ),
    Fault(
        "payment-error-burst",
        "errors",
        "payment",
        "bursts",
        "payment fails half of its requests in bursts of 8 s",
        lambda stack: services.hazard(stack, "payment", "errors", ratio=0.55, period_s=14.0, on_s=8.0),
        (
            *_of("payment", "http_requests_total", code="500"),
            *_of("payment", "http_requests_total", code="200"),
            *_of("payment", "payments_total"),
        ),
    ),
    Fault(
        "postgres-disk-pressure",
        "disk",
        "postgres",
        "level shift",
        "reports that sort on disk, and a bulk copy with checkpoints",
        lambda stack: stores.disk_pressure(stack, reports=2),
        (
            *_of("postgres", "pg_stat_database_temp_bytes", datname="shop"),
            *_of("postgres", "pg_stat_database_temp_files", datname="shop"),
            *_of("postgres", "pg_stat_database_blks_read", datname="shop"),
            *_of("postgres", "pg_stat_database_blk_read_time", datname="shop"),
            *_of("postgres", "pg_stat_database_blks_hit", datname="shop"),
            *_of("postgres", "pg_stat_database_tup_inserted", datname="shop"),
            *_of("postgres", "pg_stat_database_tup_returned", datname="shop"),
            *_of("postgres", "pg_database_size_bytes", datname="shop"),
            *_of("postgres", "pg_stat_user_tables_seq_scan", relname="order_history"),
            *_of("postgres", "pg_stat_user_tables_seq_tup_read", relname="order_history"),
            *_of("postgres", "pg_statio_user_tables_heap_blks_read", relname="order_history"),
            *_of("postgres", "pg_stat_user_tables_n_tup_ins", relname="order_archive"),
            *_of("postgres", "pg_statio_user_tables_heap_blks_hit", relname="order_archive"),
            *_of("postgres", "pg_statements_exec_ms", "pg_statements_rows", verb="INSERT"),
            *_of("postgres", "pg_stat_bgwriter_buffers_alloc_total"),
            *_of("postgres", "pg_stat_bgwriter_buffers_backend_total"),
            *_of("postgres", "pg_stat_bgwriter_checkpoint_sync_time_total"),
            *_of("postgres", "pg_stat_bgwriter_buffers_checkpoint_total"),
            *_of("postgres", "pg_stat_bgwriter_checkpoints_req_total"),
            *_of("postgres", "pg_wal_bytes", "pg_wal_records", "pg_wal_syncs"),
            *_of("postgres", "supervisor_io_bytes_total", direction="write"),
            *_of("postgres", "supervisor_cpu_seconds_total"),
        ),
    ),
    Fault(
        "cart-crash-loop",
        "crash",
        "cart",
        "vanish",
        "cart dies by kill -9 some seconds after each restart",
        lambda stack: services.crash_loop(stack, "cart", alive_s=9.0),
        (
            *_of("cart", "supervisor_restarts_total", "supervisor_process_up"),
            *_of("cart", "supervisor_process_age_seconds", "process_start_time_seconds", "up"),
            *_of("cart", "supervisor_resident_memory_bytes", "process_resident_memory_bytes"),
            *_of("cart", "supervisor_page_faults_total"),
            *_of("cart", "process_page_faults_total", kind="minor"),
        ),
    ),
    Fault(
        "redis-eviction",
        "cache",
        "redis",
        "slow increase",
        "a client writes large values without end; Redis fills up and evicts the shop's keys",
        lambda stack: stores.redis_eviction(
            stack, first_bytes_per_s=400_000, bytes_per_s=4_000_000, ramp_s=110.0
        ),
        (
            *_of("redis", "redis_memory_used_bytes", "redis_evicted_keys_total"),
            *_of("redis", "redis_memory_used_dataset_bytes", "supervisor_resident_memory_bytes"),
            *_of("redis", "redis_memory_used_peak_bytes", "redis_db_avg_ttl_seconds"),
            *_of("redis", "redis_allocator_active_bytes", "redis_allocator_allocated_bytes"),
            *_of("redis", "redis_memory_used_rss_bytes", "redis_net_input_bytes_total"),
            *_of("redis", "redis_db_keys", "redis_db_keys_expiring", db="db0"),
            *_of("redis", "redis_commands_total", cmd="set"),
            *_of("redis", "redis_commands_duration_seconds_total", cmd="set"),
        ),
    ),
    Fault(
        "redis-slow-scripts",
        "slow commands",
        "redis",
        "spikes",
        "long Lua scripts keep Redis from answering anyone else",
        lambda stack: stores.redis_slow_scripts(stack, iterations=6_000_000, every_s=0.7),
        (
            *_of("redis", "redis_commands_total", cmd="eval"),
            *_of("redis", "redis_commands_duration_seconds_total", cmd="eval"),
            *_of("redis", "redis_cpu_user_seconds_total", "redis_slowlog_length"),
            *_of("redis", "redis_slowlog_last_id", "redis_last_slow_execution_duration_seconds"),
        ),
    ),
    Fault(
        "catalogue-link-latency",
        "network",
        "network",
        "level shift",
        "the link to catalogue delays every chunk by 60 ms in each direction",
        lambda stack: services.slow_link(stack, "catalogue", delay_s=0.06, jitter_s=0.012),
        (
            *_of("network", "relay_transit_seconds_sum", link="catalogue"),
            *_of("network", "relay_transit_seconds_bucket", link="catalogue"),
            *_of("network", "relay_first_byte_seconds_sum", link="catalogue"),
            *_of("network", "relay_first_byte_seconds_bucket", link="catalogue"),
        ),
    ),
    Fault(
        "orders-stuck-worker",
        "queue",
        "orders",
        "vanish and slow increase",
        "the fulfilment worker stops; the queue fills up until orders are refused",
        lambda stack: services.hazard(stack, "orders", "stuck_worker"),
        (
            *_of("orders", "orders_queue_depth", "orders_shipped_total"),
            *_of("orders", "orders_placed_total", outcome="rejected"),
            *_of("orders", "db_query_duration_seconds_count", statement="ship"),
        ),
    ),
)

FAULTS: dict[str, Fault] = {fault.name: fault for fault in _FAULTS}
"""All faults by name."""

CONTROL = "control"
"""Name of a window without any fault, for counting false alarms."""
