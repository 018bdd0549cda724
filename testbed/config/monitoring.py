"""prometheus.yml and the PostgreSQL exporter's own queries."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from testbed.ports import HOST

SCRAPE_SECONDS = 2


@dataclass(frozen=True)
class Target:
    """One scrape target; ``service`` is the logical service that its series belong to."""

    job: str
    service: str
    port: int
    keeps_service: bool = False
    """A service label of the target's own series wins (the supervisor's series have one)."""


def prometheus_config(cluster: str, targets: Iterable[Target], core: int | None = None) -> str:
    """prometheus.yml (as JSON, which is YAML) that scrapes every target each two seconds.

    Every series gets the labels cluster, job, instance and service. Where the stack is pinned to
    one CPU, the other CPUs' series of the node exporter are dropped: they are not this stack's.
    """
    return json.dumps(
        {
            "global": {
                "scrape_interval": f"{SCRAPE_SECONDS}s",
                "scrape_timeout": f"{SCRAPE_SECONDS}s",
            },
            "scrape_configs": [_job(cluster, target, core) for target in targets],
        },
        indent=1,
    )


def _job(cluster: str, target: Target, core: int | None) -> dict[str, Any]:
    labels = {
        "cluster": cluster,
        "instance": f"{target.service}-0",
        "service": target.service,
    }
    job: dict[str, Any] = {
        "job_name": target.job,
        "honor_labels": target.keeps_service,
        "static_configs": [{"targets": [f"{HOST}:{target.port}"], "labels": labels}],
    }
    if target.service == "node" and core is not None:
        job["metric_relabel_configs"] = [{"source_labels": ["cpu"], "regex": f"|{core}", "action": "keep"}]
    return job


def _query(sql: str, **columns: str) -> dict[str, Any]:
    """A query of the exporter; each column's usage is LABEL, COUNTER or GAUGE."""
    return {
        "query": sql,
        "metrics": [{name: {"usage": usage, "description": name}} for name, usage in columns.items()],
    }


def postgres_queries() -> str:
    """Tables, statements and waits, which the exporter does not read by itself."""
    counters = [
        "seq_scan",
        "seq_tup_read",
        "idx_scan",
        "n_tup_ins",
        "n_tup_upd",
        "n_tup_del",
        "n_tup_hot_upd",
        "vacuum_count",
        "autovacuum_count",
    ]
    blocks = ["heap_blks_read", "heap_blks_hit", "idx_blks_read", "idx_blks_hit"]
    return json.dumps(
        {
            "pg_stat_user_tables": _query(
                "SELECT relname, n_live_tup, n_dead_tup, "
                + ", ".join(f"coalesce({name}, 0) AS {name}" for name in counters)
                + " FROM pg_stat_user_tables",
                relname="LABEL",
                n_live_tup="GAUGE",
                n_dead_tup="GAUGE",
                **dict.fromkeys(counters, "COUNTER"),
            ),
            "pg_statio_user_tables": _query(
                "SELECT relname, "
                + ", ".join(f"coalesce({name}, 0) AS {name}" for name in blocks)
                + " FROM pg_statio_user_tables",
                relname="LABEL",
                **dict.fromkeys(blocks, "COUNTER"),
            ),
            "pg_table_size": _query(
                "SELECT relname, relpages::bigint * 8192 AS bytes FROM pg_class "
                "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
                relname="LABEL",
                bytes="GAUGE",
            ),
            "pg_waits": _query(
                "SELECT kind.name AS wait_type, count(a.pid) AS sessions FROM "
                "(VALUES ('Lock'), ('LWLock'), ('IO'), ('Client'), ('BufferPin')) AS kind(name) "
                "LEFT JOIN pg_stat_activity a ON a.wait_event_type = kind.name "
                "AND a.backend_type = 'client backend' GROUP BY kind.name",
                wait_type="LABEL",
                sessions="GAUGE",
            ),
            "pg_wal": _query(
                "SELECT wal_records AS records, wal_bytes AS bytes, wal_sync AS syncs, "
                "wal_write_time AS write_ms, wal_sync_time AS sync_ms FROM pg_stat_wal",
                **dict.fromkeys(["records", "bytes", "syncs", "write_ms", "sync_ms"], "COUNTER"),
            ),
            "pg_statements": _query(
                "SELECT split_part(regexp_replace(query, '\\s+', ' ', 'g'), ' ', 1) AS verb, "
                "sum(calls) AS calls, sum(total_exec_time) AS exec_ms, sum(rows) AS rows, "
                "sum(temp_blks_written) AS temp_blocks FROM pg_stat_statements "
                "WHERE query ~ '^(SELECT p|UPDATE|INSERT)' GROUP BY 1",
                verb="LABEL",
                calls="COUNTER",
                exec_ms="COUNTER",
                rows="COUNTER",
                temp_blocks="COUNTER",
            ),
        }
    )
