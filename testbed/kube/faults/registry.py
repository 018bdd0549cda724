"""Every fault and control by name."""

from __future__ import annotations

import random

from testbed.kube.faults import nodes, pods, stores
from testbed.kube.faults.model import (
    CALLERS,
    KubeFault,
    Plan,
    Subject,
    at_node,
    at_workload,
    workload_subject,
)

STATE = ("kube_deployment_status_replicas_available", "kube_deployment_status_replicas_unavailable")
LIFE = (*STATE, "kube_statefulset_status_replicas_ready", "kube_pod_status_ready", "up")
USE = ("container_cpu_usage_seconds_total", "process_cpu_seconds_total")
THROTTLED = ("container_cpu_cfs_throttled_periods_total", "container_cpu_cfs_throttled_seconds_total")
SERVED = ("http_request_duration_seconds_sum", "http_requests_total", "http_requests_in_flight")
RESTARTS = ("kube_pod_container_status_restarts_total", "kube_pod_container_status_last_terminated_reason")
NODE = (
    "node_cpu_seconds_total",
    "node_load1",
    "node_pressure_cpu_waiting_seconds_total",
    "node_procs_running",
)

SHOP = ("catalogue", "cart", "orders", "payment")
ANY = (*SHOP, "bank-gateway", "ingest", "transcoder", "indexer")


def _release(draw: random.Random) -> Plan:
    name = draw.choice(("catalogue", "orders", "payment", "ingest", "transcoder"))
    bugs = ({"errors": 0.5}, {"latency": 0.6}, {"cpu": 90.0}, {"errors": 0.3, "latency": 0.3})
    return Plan(workload_subject(name), CALLERS[name], dict(draw.choice(bugs)))


def _canary(draw: random.Random) -> Plan:
    name = draw.choice(("catalogue", "orders", "payment", "ingest"))
    bug = draw.choice(({"errors": 0.7}, {"latency": 0.9}))
    own = Subject("Deployment", f"{name}-canary", workload_subject(name).namespace)
    return Plan(own, (name, *CALLERS[name]), dict(bug), (workload_subject(name),))


def _neighbour(_: random.Random) -> Plan:
    return Plan(Subject("Deployment", "report-builder", "batch"), (), {"pods": 3.0})


def _parted(draw: random.Random) -> Plan:
    first, second = draw.sample([f"ip-10-42-{n}-1" for n in (1, 2, 3)], 2)
    return Plan(Subject("Node", first), ("frontend", "orders"), {}, (Subject("Node", second),))


def _surge(draw: random.Random) -> Plan:
    factor = round(draw.uniform(16.0, 20.0), 1)
    return Plan(
        Subject("Load", "visitors", "outside"),
        ("frontend", "catalogue"),
        {"shop": factor, "ramp_s": 5.0},
        (workload_subject("frontend"),),
    )


def _certificate(_: random.Random) -> Plan:
    return Plan(workload_subject("bank-gateway"), CALLERS["bank-gateway"])


def _control(**strength: float) -> Plan:
    return Plan(Subject("", ""), (), strength)


def _fault(
    name: str, kind: str, text: str, choose: object, inject: object, moves: tuple[str, ...]
) -> KubeFault:
    return KubeFault(name, kind, text, choose, inject, moves)  # type: ignore[arg-type]


_FAULTS = (
    _fault(
        "pod-kill",
        "kill",
        "all pods of a workload are killed and none can be made again",
        at_workload(*ANY, "redis"),
        pods.pods_killed,
        LIFE,
    ),
    _fault(
        "container-gone",
        "kill",
        "the containers of a workload die and cannot be created again",
        at_workload(*ANY, "stream"),
        pods.containers_gone,
        (*LIFE, *RESTARTS),
    ),
    _fault(
        "oom-loop",
        "memory",
        "a workload leaks until the kernel kills it, again and again",
        at_workload("catalogue", "cart", "orders", "payment", leak=(2.2e7, 3.2e7)),
        pods.switched,
        (
            "container_memory_working_set_bytes",
            "container_memory_rss",
            "process_resident_memory_bytes",
            "container_oom_events_total",
            *RESTARTS,
            *LIFE,
        ),
    ),
    _fault(
        "bad-release",
        "release",
        "a rolling update brings a version that fails or is slow",
        _release,
        pods.released,
        (*SERVED, *USE, *STATE, "jobs_total", "job_duration_seconds_sum"),
    ),
    _fault(
        "bad-canary",
        "canary",
        "one pod of a canary takes its share of the calls and is bad",
        _canary,
        pods.canary,
        (*SERVED, *USE, "istio_requests_total", "kube_pod_status_ready", "up"),
    ),
    _fault(
        "cpu-limit",
        "configuration",
        "a change gives a workload far too little CPU",
        at_workload("catalogue", "orders", "frontend", "payment", cpu_millis=(10.0, 13.0)),
        pods.limited,
        (*THROTTLED, *USE, *SERVED, "event_loop_lag_seconds"),
    ),
    _fault(
        "noisy-neighbour",
        "neighbour",
        "a batch workload without limits takes the CPU of the nodes",
        _neighbour,
        pods.neighbour,
        (*USE, "kube_pod_status_ready"),
    ),
    _fault(
        "node-pressure",
        "node",
        "processes of the node itself take its CPU from all pods",
        at_node(burners=(4.0, 6.0)),
        nodes.pressed,
        NODE,
    ),
    _fault(
        "node-lost",
        "node",
        "a node hangs; its pods are made elsewhere later",
        at_node(),
        nodes.lost,
        ("up", "kube_node_status_condition"),
    ),
    _fault(
        "partial-partition",
        "network",
        "pods of two nodes do not reach each other",
        _parted,
        nodes.parted,
        ("node_network_receive_bytes_total", "node_network_transmit_bytes_total"),
    ),
    _fault(
        "narrow-link",
        "network",
        "the links of a workload carry a few kilobits a second",
        at_workload("catalogue", "ingest", "payment", kbit=(10.0, 14.0)),
        nodes.narrowed,
        ("container_network_transmit_bytes_total", *SERVED),
    ),
    _fault(
        "dns-slow",
        "dns",
        "the cluster's DNS answers late",
        at_workload("coredns", latency=(0.3, 0.6)),
        pods.switched,
        ("coredns_dns_request_duration_seconds_sum", "coredns_dns_request_duration_seconds_bucket"),
    ),
    _fault(
        "chain-delay",
        "dependency",
        "the end of a chain of three calls answers late",
        at_workload("bank-gateway", latency=(0.4, 0.8)),
        pods.switched,
        (
            "http_request_duration_seconds_sum",
            "http_requests_in_flight",
            "istio_request_duration_milliseconds_sum",
        ),
    ),
    _fault(
        "pool-exhausted",
        "connection pool",
        "connections are not given back; the pool is empty",
        at_workload("orders", hold=(14.0, 22.0)),
        pods.switched,
        (
            "db_pool_connections",
            "db_pool_waiting_requests",
            "db_pool_wait_seconds_sum",
            "db_pool_timeouts_total",
            *SERVED,
        ),
    ),
    _fault(
        "lock-contention",
        "lock",
        "a migration locks a table time and again",
        at_workload("postgres", held_s=(1.4, 2.2)),
        stores.table_locked,
        ("pg_locks_count", "pg_stat_activity_count", "pg_stat_activity_max_tx_duration"),
    ),
    _fault(
        "cache-eviction",
        "cache",
        "a client fills Redis, which evicts the shop's keys",
        at_workload("redis", megabytes_a_second=(12.0, 18.0)),
        stores.evicted,
        (
            "redis_evicted_keys_total",
            "redis_memory_used_bytes",
            "redis_db_keys",
            "redis_keyspace_misses_total",
            "redis_net_input_bytes_total",
            *USE,
        ),
    ),
    _fault(
        "disk-full",
        "disk",
        "the database's volume fills up",
        at_workload("postgres", megabytes_a_second=(20.0, 30.0)),
        stores.disk_filled,
        (
            "kubelet_volume_stats_available_bytes",
            "kubelet_volume_stats_used_bytes",
            "pg_up",
            "pg_stat_database_xact_rollback",
            "container_fs_writes_bytes_total",
        ),
    ),
    KubeFault(
        "certificate-expired",
        "certificate",
        "the gateway's certificate ends",
        _certificate,
        stores.nothing,
        ("http_requests_total", "istio_requests_total", "container_network_receive_bytes_total", *USE),
        prepare=stores.certificate_ending,
    ),
    _fault(
        "traffic-surge",
        "load",
        "many times the visitors come",
        _surge,
        stores.loaded,
        ("user_steps_total", "user_sessions", *USE, *THROTTLED),
    ),
    _fault(
        "stuck-workers",
        "queue",
        "the workers of a queue are slow, and it grows",
        at_workload("transcoder", "indexer", latency=(1.0, 1.6)),
        pods.switched,
        ("jobs_total", "job_duration_seconds_sum", "job_duration_seconds_bucket", *USE),
    ),
    _fault(
        "error-burst",
        "errors",
        "a workload fails part of its calls",
        at_workload("catalogue", "cart", "payment", "bank-gateway", "ingest", errors=(0.3, 0.7)),
        pods.switched,
        ("http_requests_total", "istio_requests_total"),
    ),
)


def _rollout(draw: random.Random) -> Plan:
    return Plan(workload_subject(draw.choice(SHOP)), ())


def _autoscale(_: random.Random) -> Plan:
    return Plan(workload_subject("frontend"), (), {"replicas": 5.0})


def _scale_in(draw: random.Random) -> Plan:
    return Plan(workload_subject(draw.choice(("frontend",))), (), {"replicas": 2.0})


def _cronjob(draw: random.Random) -> Plan:
    return Plan(
        Subject("CronJob", draw.choice(("stock-report", "clean-carts")), "shop"), (), {"seconds": 30.0}
    )


def _swing(draw: random.Random) -> Plan:
    return _control(
        shop=round(draw.uniform(1.4, 1.8), 2), media=round(draw.uniform(1.3, 1.7), 2), ramp_s=40.0
    )


_CONTROLS = (
    KubeFault(
        "control-quiet", "none", "nothing happens", lambda _: _control(), stores.nothing, (), control=True
    ),
    KubeFault(
        "control-rollout", "none", "a healthy rolling update", _rollout, pods.released, (), control=True
    ),
    KubeFault("control-cronjob", "none", "a CronJob runs", _cronjob, stores.job_run, (), control=True),
    KubeFault("control-autoscale", "none", "replicas are added", _autoscale, pods.scaled, (), control=True),
    KubeFault(
        "control-scale-in", "none", "replicas are taken away", _scale_in, pods.scaled, (), control=True
    ),
    KubeFault(
        "control-backup",
        "none",
        "a backup reads the database",
        lambda _: _control(pause_s=0.5),
        stores.backed_up,
        (),
        control=True,
    ),
    KubeFault(
        "control-traffic-swing",
        "none",
        "visitors become more, as each noon",
        _swing,
        stores.loaded,
        (),
        control=True,
    ),
    KubeFault(
        "control-drain", "none", "a node is drained in good order", at_node(), nodes.drained, (), control=True
    ),
)

KUBE_FAULTS: dict[str, KubeFault] = {fault.name: fault for fault in (*_FAULTS, *_CONTROLS)}
"""All of them by name, controls last."""
