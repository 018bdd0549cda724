"""Where everything of one stack is: its folder, ports and addresses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from testbed.config.monitoring import Target
from testbed.config.schema import DATABASE
from testbed.ports import HOST
from testbed.shop.settings import SHOP_SERVICES

RELAYED = ("catalogue", "payment")
"""Services that their callers reach through the relay."""

EXPORTERS = ("postgres", "redis", "nginx", "node")


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
class Layout:
    """Folder and ports of one stack."""

    work: Path
    ports: dict[str, int]

    @property
    def prometheus_url(self) -> str:
        """Base address of the stack's Prometheus."""
        return self._http("prometheus")

    @property
    def shop_url(self) -> str:
        """Address of the shop, through nginx."""
        return self._http("nginx")

    @property
    def postgres_url(self) -> str:
        """Connection string of the shop's database."""
        return self.database_url(DATABASE)

    @property
    def redis_url(self) -> str:
        """Address of the shop's Redis."""
        return f"redis://{HOST}:{self.ports['redis']}/0"

    def database_url(self, database: str) -> str:
        """Connection string of one of the server's databases."""
        return f"postgresql://postgres@{HOST}:{self.ports['postgres']}/{database}"

    def service_urls(self) -> dict[str, str]:
        """Where callers reach each shop service, which is the relay for some."""
        named = {name: f"{name}-link" if name in RELAYED else name for name in SHOP_SERVICES}
        return {name: self._http(port) for name, port in named.items()}

    def links(self) -> dict[str, dict[str, int]]:
        """The relay's links."""
        ports = self.ports
        return {name: {"listen": ports[f"{name}-link"], "target": ports[name]} for name in RELAYED}

    def _http(self, name: str) -> str:
        return f"http://{HOST}:{self.ports[name]}"
