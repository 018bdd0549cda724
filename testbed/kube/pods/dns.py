"""The cluster's DNS: answers from the controller's endpoints, counts as CoreDNS does."""

from __future__ import annotations

import asyncio
import json
import os
import time
from typing import cast

from testbed.kube.exposition import CONTENT_TYPE, Exposition
from testbed.kube.hazards import Hazards
from testbed.kube.identity import Identity
from testbed.kube.process_page import add_process
from testbed.kube.resolver import answer, asked_name
from testbed.kube.wire import Answer, Request, serve

METRICS_PORT = 9153
BOUNDS_S = (0.00025, 0.001, 0.008, 0.064, 0.512, 4.096)
"""Of CoreDNS' bounds (plugin/pkg/...: powers of two from 0.25 ms) every second or third."""


class Names(asyncio.DatagramProtocol):
    """Answers each packet; where a hazard says so, its own upstream is slow."""

    def __init__(self, own: Identity) -> None:
        self._path = own.folder / "endpoints.json"
        self._seen = 0.0
        self._known: dict[str, list[str]] = {}
        self._zone = "cluster.local."
        self._tasks: set[asyncio.Task[None]] = set()
        self.page, self.hazards = Exposition(), Hazards(own)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer without making the next packet wait."""
        task = asyncio.create_task(self._reply(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply(self, data: bytes, addr: tuple[str, int]) -> None:
        started = time.perf_counter()
        await self.hazards.before_request()
        name = asked_name(data).removesuffix(".svc.cluster.local")
        packet = answer(data, self._addresses(name))
        self._transport.sendto(packet, addr)
        common = {"server": "dns://:53", "zone": self._zone}
        page, code = self.page, "NOERROR" if packet[3] & 15 == 0 else "NXDOMAIN"
        page.count("coredns_dns_requests_total", 1, **common, proto="udp", type="A")
        page.count("coredns_dns_responses_total", 1, **common, rcode=code)
        seconds = time.perf_counter() - started
        page.observe("coredns_dns_request_duration_seconds", seconds, BOUNDS_S, **common)

    def _addresses(self, name: str) -> list[str]:
        changed = os.stat(self._path).st_mtime  # noqa: PTH116
        if changed != self._seen:
            self._seen, self._known = changed, json.loads(self._path.read_text())
        return list(self._known.get(name, []))

    async def metrics(self, request: Request) -> Answer:
        """The page of the DNS server."""
        if request.path == "/healthz":
            return Answer(200, b"ok")
        add_process(self.page, os.getpid())
        return Answer(200, self.page.text().encode(), content_type=CONTENT_TYPE)


async def _run(own: Identity) -> None:
    names = Names(own)
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: names, local_addr=(own.dns, 53))
    await serve(names.metrics, own.ip, METRICS_PORT)
    await names.hazards.keep_reading()


if __name__ == "__main__":
    asyncio.run(_run(Identity.read()))
