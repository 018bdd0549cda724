"""One virtual node's agent: cAdvisor's page on 10250, the node exporter's on 9100, and a heartbeat."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from testbed.kube.cadvisor import Cadvisor
from testbed.kube.cgroups import Cgroup
from testbed.kube.exposition import CONTENT_TYPE, Exposition
from testbed.kube.node_page import NodePage
from testbed.kube.wire import Answer, Request, serve

KUBELET_PORT, NODE_PORT = 10250, 9100
BEAT_S = 1.0


class Kubelet:
    """Answers both scrapes from what the control plane placed on the node."""

    def __init__(self, state: Path, name: str, node_page: NodePage) -> None:
        self._file, self._beat = state / "nodes" / f"{name}.json", state / "nodes" / f"{name}.beat"
        self._cadvisor, self._node = Cadvisor(), node_page

    def pods(self) -> list[dict[str, Any]]:
        """What runs here now."""
        return list(json.loads(self._file.read_text())) if self._file.exists() else []

    async def cadvisor(self, request: Request) -> Answer:
        """GET /metrics/cadvisor."""
        page = self._cadvisor.page(self.pods()) if request.path == "/metrics/cadvisor" else Exposition()
        return Answer(200, page.text().encode(), content_type=CONTENT_TYPE)

    async def node(self, _: Request) -> Answer:
        """GET /metrics of the node exporter."""
        return Answer(200, self._node.page(self.pods()).text().encode(), content_type=CONTENT_TYPE)

    async def beat(self) -> None:
        """Tell that the node lives, for ever."""
        while True:
            self._beat.touch()
            await asyncio.sleep(BEAT_S)


async def _run(given: argparse.Namespace) -> None:
    group = Cgroup(given.group)
    page = NodePage(given.name, group, given.cpu_millis, given.memory_mib << 20)
    kubelet = Kubelet(given.state, given.name, page)
    await serve(kubelet.cadvisor, given.ip, KUBELET_PORT)
    await serve(kubelet.node, given.ip, NODE_PORT)
    await kubelet.beat()


def main() -> None:
    """Run until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True)
    parser.add_argument("--ip", required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--group", required=True)
    parser.add_argument("--cpu-millis", type=int, required=True)
    parser.add_argument("--memory-mib", type=int, required=True)
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
