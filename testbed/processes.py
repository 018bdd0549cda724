"""What is run beside PostgreSQL: command lines of servers, shop, exporters, Prometheus and load."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from testbed.layout import EXPORTERS, Layout
from testbed.ports import HOST
from testbed.programs import find_program
from testbed.shop.settings import SHOP_SERVICES
from testbed.supervisor import ProcessSpec

NODE_COLLECTORS = [
    "cpu",
    "diskstats",
    "filefd",
    "loadavg",
    "meminfo",
    "netdev",
    "netstat",
    "schedstat",
    "sockstat",
    "stat",
    "vmstat",
]


def servers(layout: Layout) -> list[ProcessSpec]:
    """Redis, the relay and nginx."""
    work, ports = layout.work, layout.ports
    redis = [find_program("redis-server"), str(work / "redis.conf")]
    nginx = [find_program("nginx"), "-c", str(work / "nginx.conf"), "-e", "stderr"]
    relay = _python("testbed.relay", "--links", work / "links.json", "--port", ports["relay"])
    return [
        ProcessSpec("redis", redis, ports["redis"], "redis"),
        ProcessSpec("relay", relay, ports["relay"], "network"),
        ProcessSpec("nginx", nginx, ports["nginx"], "nginx"),
    ]


def shop(layout: Layout) -> list[ProcessSpec]:
    """The five services."""
    settings = layout.work / "shop.json"
    return [
        ProcessSpec(name, _python("testbed.shop", name, "--settings", settings), layout.ports[name], name)
        for name in SHOP_SERVICES
    ]


def exporters(layout: Layout) -> list[ProcessSpec]:
    """One exporter each for PostgreSQL, Redis, nginx and the machine."""
    status = f"http://{HOST}:{layout.ports['nginx-status']}/stub_status"
    options = {
        "postgres": ["--disable-settings-metrics", f"--extend.query-path={layout.work / 'queries.yaml'}"],
        "redis": [f"-redis.addr={layout.redis_url}"],
        "nginx": [f"-nginx.scrape-uri={status}"],
        "node": ["--collector.disable-defaults", *(f"--collector.{name}" for name in NODE_COLLECTORS)],
    }
    source = f"DATA_SOURCE_NAME={layout.postgres_url}?sslmode=disable"
    environment = {"postgres": [shutil.which("env") or "/usr/bin/env", source]}
    specs = []
    for name in EXPORTERS:
        port = layout.ports[f"{name}-exporter"]
        # The older flag parsers know one dash only, the newer two only.
        dashes = "-" if name in {"redis", "nginx"} else "--"
        argv = [*environment.get(name, []), find_program(f"prometheus-{name}-exporter"), *options[name]]
        argv.append(f"{dashes}web.listen-address={HOST}:{port}")
        specs.append(ProcessSpec(f"{name}-exporter", argv, port))
    return specs


def prometheus(work: Path, port: int, config: str = "prometheus.yml") -> ProcessSpec:
    """Prometheus on the TSDB of a work folder; with another config it can serve a past recording."""
    argv = [
        find_program("prometheus"),
        f"--config.file={work / config}",
        f"--storage.tsdb.path={work / 'tsdb'}",
        "--storage.tsdb.retention.time=30d",
        f"--web.listen-address={HOST}:{port}",
        "--log.level=warn",
    ]
    return ProcessSpec("prometheus", argv, port)


def visitors(layout: Layout, users: int, think_s: float, seed: int) -> ProcessSpec:
    """The load generator."""
    port = layout.ports["load"]
    argv = _python("testbed.load", "--port", port, "--target", layout.shop_url)
    argv += ["--users", str(users), "--think", str(think_s), "--seed", str(seed)]
    return ProcessSpec("load", argv, port, "load")


def _python(module: str, *arguments: object) -> list[str]:
    return [sys.executable, "-m", module, *map(str, arguments)]
