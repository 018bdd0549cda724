"""One whole stack: configuration, start in the order of dependence, stop."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from testbed import database, processes
from testbed.config.monitoring import postgres_queries, prometheus_config
from testbed.config.servers import nginx_conf, redis_conf
from testbed.layout import Layout, port_names, scrape_targets
from testbed.ports import HOST, free_ports
from testbed.shop.settings import SHOP_SERVICES, ShopSettings
from testbed.supervisor import Supervisor
from testbed.supervisor_metrics import exporter_app


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
        self.layout = Layout(options.work.resolve(), free_ports(port_names()))
        for name in ("logs", "nginx", "redis", "tsdb"):
            (self.layout.work / name).mkdir(parents=True, exist_ok=True)
        self.supervisor = Supervisor(self.layout.work / "logs")
        self._exporter: uvicorn.Server | None = None
        self._exporting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start everything; returns when all ports are open.

        Raises:
            MissingProgramError: A server or exporter is not installed.
            StartError: A process did not become ready, or the work folder was used before.
        """
        layout, options, start = self.layout, self.options, self.supervisor.start
        await asyncio.to_thread(database.create_cluster, layout)
        await start(database.server(layout))
        await asyncio.to_thread(database.create_schema, layout)
        self._write_configs()
        for group in (processes.servers(layout), processes.shop(layout), processes.exporters(layout)):
            await asyncio.gather(*map(start, group))
        self._export_supervisor()
        await start(processes.prometheus(layout.work, layout.ports["prometheus"]))
        await start(processes.visitors(layout, options.users, options.think_s, options.seed))

    async def stop(self) -> None:
        """End every process of this stack."""
        await self.supervisor.stop()
        if self._exporter and self._exporting:
            self._exporter.should_exit = True
            await self._exporting

    def _export_supervisor(self) -> None:
        app, port = exporter_app(self.supervisor), self.layout.ports["supervisor"]
        config = uvicorn.Config(app, host=HOST, port=port, log_level="warning", access_log=False)
        self._exporter = uvicorn.Server(config)
        self._exporting = asyncio.create_task(self._exporter._serve())  # without its signal handlers

    def _write_configs(self) -> None:
        layout, work, ports = self.layout, self.layout.work, self.layout.ports
        texts = {
            "nginx.conf": nginx_conf(
                ports["nginx"], ports["nginx-status"], ports["frontend"], work / "nginx"
            ),
            "redis.conf": redis_conf(ports["redis"], work / "redis"),
            "queries.yaml": postgres_queries(),
            "links.json": json.dumps(layout.links()),
            "prometheus.yml": prometheus_config(
                self.options.cluster, scrape_targets(ports), self.options.core
            ),
        }
        for name, text in texts.items():
            (work / name).write_text(text)
        shop_ports = {name: ports[name] for name in SHOP_SERVICES}
        urls = layout.service_urls()
        ShopSettings(shop_ports, urls, layout.postgres_url, layout.redis_url).save(work / "shop.json")
