"""Limits that have another name than their use, or that another program tells: the table.

Sources: the projects' own lists of metrics, named above their rows; kubernetes.io, "Resource Quotas".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Pair:
    """A limit that another name tells than its use.

    limit      metric that tells it
    use        metrics that tell what is used
    of, used   labels by which series of them are meant, with their values
    by         labels that both share; none where all those of the limit but for `of`
    """

    limit: str
    use: tuple[str, ...]
    of: Mapping[str, str] = field(default_factory=dict)
    used: Mapping[str, str] = field(default_factory=dict)
    by: tuple[str, ...] = ()


PAIRS: tuple[Pair, ...] = (
    # postgres_exporter, CloudNativePG
    Pair("pg_settings_max_connections", ("pg_stat_database_numbackends", "pg_stat_activity_count")),
    Pair("cnpg_pg_settings_setting", ("cnpg_backends_total",), of={"name": "max_connections"}),
    # mysqld_exporter, redis_exporter, oracledb_exporter, NATS
    Pair("mysql_global_variables_max_connections", ("mysql_global_status_threads_connected",)),
    Pair("redis_config_maxclients", ("redis_connected_clients",)),
    Pair("oracledb_resource_limit_value", ("oracledb_resource_current_utilization",)),
    Pair("gnatsd_varz_max_connections", ("gnatsd_varz_connections",)),
    # kube-state-metrics
    Pair("kube_resourcequota", ("kube_resourcequota",), of={"type": "hard"}, used={"type": "used"}),
    Pair(
        "kube_pod_container_resource_limits",
        ("container_memory_working_set_bytes",),
        of={"resource": "memory"},
        by=("__tenant_id__", "cluster", "container", "namespace", "pod"),
    ),
)
