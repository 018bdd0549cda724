"""One whole stack: folders, configuration, start order, stop."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
import uvicorn

from testbed.config.monitoring import Target, postgres_queries, prometheus_config
from testbed.config.schema import DATABASE, SCHEMA
from testbed.config.servers import nginx_conf, postgres_conf, redis_conf
from testbed.errors import StartError
from testbed.ports import HOST, free_ports
from testbed.programs import find_program
from testbed.shop.settings import SHOP_SERVICES, ShopSettings
from testbed.supervisor import START_DEADLINE_S, ProcessSpec, Supervisor, exporter_app

RELAYED = ("catalogue", "payment")
"""Services that their callers reach through the relay."""

EXPORTERS = ("postgres", "redis", "nginx", "node")
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


def port_names() -> list[str]:
    """Every name that needs a port."""
    names = ["postgres", "redis", "nginx", "nginx-status", "prometheus", "load", "relay"]
    names += [f"{name}-exporter" for name in EXPORTERS] + ["supervisor"]
    return names + list(SHOP_SERVICES) + [f"{name}-link" for name in RELAYED]


def scrape_targets(ports: dict[str, int]) -> list[Target]:
    """What Prometheus scrapes, with each target's logical service."""
    targets = [Target("shop-" + name, name, ports[name]) for name in SHOP_SERVICES]
    targets += [Target(name, name, ports[f"{name}-exporter"]) for name in EXPORTERS]
    targets += [Target("load", "load", ports["load"]), Target("relay", "network", ports["relay"])]
    targets.append(Target("supervisor", "supervisor", ports["supervisor"], keeps_service=True))
    return targets


@dataclass(frozen=True)
class StackOptions:
    """What differs between two stacks on one machine."""

    work: Path
    cluster: str
    core: int | None = None
    users: int = 24
    seed: int = 1
    think_s: float = 1.4


class Stack:
    """All processes of one testbed. Use :meth:`start`, then :meth:`stop` whatever happens."""

    def __init__(self, options: StackOptions) -> None:
        self.options = options
        self.work = options.work.resolve()
        self.ports = free_ports(port_names())
        for name in ("logs", "nginx", "redis", "sockets", "tsdb"):
            (self.work / name).mkdir(parents=True, exist_ok=True)
        self.supervisor = Supervisor(self.work / "logs")
        self._exporter: uvicorn.Server | None = None
        self._exporting: asyncio.Task[None] | None = None

    @property
    def prometheus_url(self) -> str:
        """Base address of the stack's Prometheus."""
        return f"http://{HOST}:{self.ports['prometheus']}"

    @property
    def postgres_url(self) -> str:
        """Connection string of the shop's database."""
        return f"postgresql://postgres@{HOST}:{self.ports['postgres']}/{DATABASE}"

    @property
    def redis_url(self) -> str:
        """Address of the shop's Redis."""
        return f"redis://{HOST}:{self.ports['redis']}/0"

    async def start(self) -> None:
        """Start everything in the order of dependence; returns when all ports are open.

        Raises:
            MissingProgramError: A server or exporter is not installed.
            StartError: A process did not become ready.
        """
        await asyncio.to_thread(self._prepare_postgres)
        await self.supervisor.start(self._postgres())
        await asyncio.to_thread(self._create_schema)
        self._write_configs()
        for group in (self._servers(), self._shop(), self._exporters()):
            await asyncio.gather(*map(self.supervisor.start, group))
        self._export_supervisor()
        for spec in (self._prometheus(), self._load()):
            await self.supervisor.start(spec)

    async def stop(self) -> None:
        """End every process of this stack."""
        await self.supervisor.stop()
        if self._exporter and self._exporting:
            self._exporter.should_exit = True
            await self._exporting

    def _export_supervisor(self) -> None:
        app = exporter_app(self.supervisor)
        config = uvicorn.Config(
            app, host=HOST, port=self.ports["supervisor"], log_level="warning", access_log=False
        )
        self._exporter = uvicorn.Server(config)
        self._exporting = asyncio.create_task(self._exporter._serve())  # without its signals

    def _as_postgres(self) -> list[str]:
        """Prefix that leaves root, as PostgreSQL refuses to run as root."""
        if os.geteuid() != 0:
            return []
        user = pwd.getpwnam("postgres")
        return [
            find_program("setpriv"),
            f"--reuid={user.pw_uid}",
            f"--regid={user.pw_gid}",
            "--clear-groups",
        ]

    def _prepare_postgres(self) -> None:
        data = self.work / "postgres"
        if data.exists():
            return
        data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(data, "postgres", "postgres")
            shutil.chown(self.work / "sockets", "postgres", "postgres")
        argv = [*self._as_postgres(), find_program("initdb"), "-D", str(data), "-U", "postgres"]
        made = subprocess.run(
            [*argv, "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"],
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
        )
        if made.returncode != 0:
            raise StartError(f"initdb failed: {made.stderr.strip()}")
        conf = data / "postgresql.conf"
        conf.write_text(postgres_conf(self.ports["postgres"], self.work / "sockets"))

    def _create_schema(self) -> None:
        admin = f"postgresql://postgres@{HOST}:{self.ports['postgres']}/postgres"
        with _connect_when_up(admin) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}".encode())
        with psycopg.connect(self.postgres_url) as connection:
            connection.execute(SCHEMA.encode())

    def _write_configs(self) -> None:
        ports, work = self.ports, self.work
        nginx = nginx_conf(ports["nginx"], ports["nginx-status"], ports["frontend"], work / "nginx")
        links = {name: {"listen": ports[f"{name}-link"], "target": ports[name]} for name in RELAYED}
        scrape = prometheus_config(self.options.cluster, scrape_targets(ports), self.options.core)
        texts = {
            "nginx.conf": nginx,
            "redis.conf": redis_conf(ports["redis"], work / "redis"),
            "queries.yaml": postgres_queries(),
            "links.json": json.dumps(links),
            "prometheus.yml": scrape,
        }
        for name, text in texts.items():
            (work / name).write_text(text)
        reached = {name: ports[name] for name in SHOP_SERVICES}
        reached |= {name: ports[f"{name}-link"] for name in RELAYED}
        urls = {name: f"http://{HOST}:{port}" for name, port in reached.items()}
        shop_ports = {name: ports[name] for name in SHOP_SERVICES}
        ShopSettings(shop_ports, urls, self.postgres_url, self.redis_url).save(work / "shop.json")

    def _postgres(self) -> ProcessSpec:
        argv = [*self._as_postgres(), find_program("postgres"), "-D", str(self.work / "postgres")]
        return ProcessSpec("postgres", argv, self.ports["postgres"], "postgres", stop_signal=signal.SIGINT)

    def _servers(self) -> list[ProcessSpec]:
        redis = [find_program("redis-server"), str(self.work / "redis.conf")]
        nginx = [find_program("nginx"), "-c", str(self.work / "nginx.conf"), "-e", "stderr"]
        relay = [sys.executable, "-m", "testbed.relay", "--links", str(self.work / "links.json")]
        relay += ["--port", str(self.ports["relay"])]
        return [
            ProcessSpec("redis", redis, self.ports["redis"], "redis"),
            ProcessSpec("relay", relay, self.ports["relay"], "network"),
            ProcessSpec("nginx", nginx, self.ports["nginx"], "nginx"),
        ]

    def _shop(self) -> list[ProcessSpec]:
        settings = str(self.work / "shop.json")
        return [
            ProcessSpec(
                name,
                [sys.executable, "-m", "testbed.shop", name, "--settings", settings],
                self.ports[name],
                name,
            )
            for name in reversed(SHOP_SERVICES)
        ]

    def _exporters(self) -> list[ProcessSpec]:
        port = {name: self.ports[f"{name}-exporter"] for name in EXPORTERS}
        status = f"http://{HOST}:{self.ports['nginx-status']}/stub_status"
        source = f"DATA_SOURCE_NAME={self.postgres_url}?sslmode=disable"
        options = {
            "postgres": [
                "--disable-settings-metrics",
                f"--extend.query-path={self.work / 'queries.yaml'}",
                f"--web.listen-address={HOST}:{port['postgres']}",
            ],
            "redis": [
                f"-redis.addr={self.redis_url}",
                f"-web.listen-address={HOST}:{port['redis']}",
            ],
            "nginx": [
                f"-nginx.scrape-uri={status}",
                f"-web.listen-address={HOST}:{port['nginx']}",
            ],
            "node": [
                "--collector.disable-defaults",
                f"--web.listen-address={HOST}:{port['node']}",
                *(f"--collector.{name}" for name in NODE_COLLECTORS),
            ],
        }
        specs = []
        for name in EXPORTERS:
            argv = [find_program(f"prometheus-{name}-exporter"), *options[name]]
            if name == "postgres":
                argv = [shutil.which("env") or "/usr/bin/env", source, *argv]
            specs.append(ProcessSpec(f"{name}-exporter", argv, port[name]))
        return specs

    def _prometheus(self) -> ProcessSpec:
        return prometheus_process(self.work, self.ports["prometheus"])

    def _load(self) -> ProcessSpec:
        argv = [sys.executable, "-m", "testbed.load", "--port", str(self.ports["load"])]
        argv += ["--target", f"http://{HOST}:{self.ports['nginx']}"]
        argv += ["--users", str(self.options.users), "--seed", str(self.options.seed)]
        argv += ["--think", str(self.options.think_s)]
        return ProcessSpec("load", argv, self.ports["load"], "load")


def _connect_when_up(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """Connect as soon as PostgreSQL, whose port is open already, has finished its start."""
    deadline = time.monotonic() + START_DEADLINE_S
    while True:
        try:
            return psycopg.connect(url, autocommit=True)
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise StartError(f"PostgreSQL accepts no connections: {error}") from error
            time.sleep(0.1)


def prometheus_process(work: Path, port: int, config: str = "prometheus.yml") -> ProcessSpec:
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
