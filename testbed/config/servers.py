"""postgresql.conf, redis.conf and nginx.conf of one stack."""

from __future__ import annotations

from pathlib import Path

from testbed.ports import HOST

REDIS_MEGABYTES = 24


def postgres_conf(port: int, sockets: Path) -> str:
    """Small buffers and little work memory, so that disk and temporary files matter; real fsync."""
    return "\n".join(
        [
            f"listen_addresses = '{HOST}'",
            f"port = {port}",
            f"unix_socket_directories = '{sockets}'",
            "max_connections = 60",
            "shared_buffers = 32MB",
            "work_mem = 1MB",
            "maintenance_work_mem = 32MB",
            "effective_io_concurrency = 0",
            "max_parallel_workers_per_gather = 0",
            "fsync = on",
            "synchronous_commit = on",
            "max_wal_size = 128MB",
            "checkpoint_timeout = 60s",
            "autovacuum_naptime = 15s",
            "track_io_timing = on",
            "shared_preload_libraries = 'pg_stat_statements'",
            "log_min_messages = warning",
            "jit = off",
            "",
        ]
    )


def redis_conf(port: int, folder: Path) -> str:
    """A cache that may not grow: no persistence, least recently used keys go first."""
    return "\n".join(
        [
            f"bind {HOST}",
            f"port {port}",
            f"dir {folder}",
            'save ""',
            "appendonly no",
            f"maxmemory {REDIS_MEGABYTES}mb",
            "maxmemory-policy allkeys-lru",
            "loglevel warning",
            "",
        ]
    )


def nginx_conf(port: int, status_port: int, upstream_port: int, folder: Path) -> str:
    """A reverse proxy in front of the shop, with the status page on a port of its own."""
    temporary = "\n".join(
        f"    {kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
{temporary}
    upstream shop {{
        server {HOST}:{upstream_port} max_fails=0;
        keepalive 16;
    }}
    server {{
        listen {HOST}:{port};
        location / {{
            proxy_pass http://shop;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_connect_timeout 2s;
            proxy_read_timeout 6s;
        }}
    }}
    server {{
        listen {HOST}:{status_port};
        location = /stub_status {{ stub_status; }}
    }}
}}
"""
