"""A measured TCP relay between services, standing for the network between two hosts.

Some kernels come without a queueing discipline that can delay packets, so latency of the network is
made here: every chunk of a delayed link is handed on later. The relay knows nothing of HTTP.

``python -m testbed.relay --links links.json --port PORT`` with links as
``{"catalogue": {"listen": 1, "target": 2}}``; the port serves /metrics and
``PUT|DELETE /links/{link}`` with ``{"delay_s": 0.1, "jitter_s": 0.02}``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import uvicorn
from prometheus_client import Counter, Gauge, Histogram, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from testbed.ports import HOST
from testbed.shop.metrics import LATENCY_BUCKETS, ShopMetrics

CHUNK = 65536


class Relay:
    """All links of one stack, with their metrics and delays."""

    def __init__(self, links: dict[str, dict[str, int]]) -> None:
        self.links = links
        self.delays: dict[str, tuple[float, float]] = {}
        self.metrics = ShopMetrics()
        registry = self.metrics.registry
        self.bytes = Counter("relay_bytes", "Bytes.", ["link", "direction"], registry=registry)
        self.open = Gauge("relay_connections", "Open.", ["link"], registry=registry)
        self.opened = Counter("relay_connections_opened", "Opened.", ["link"], registry=registry)
        self.failed = Counter("relay_connect_failures", "Refused.", ["link"], registry=registry)
        self.transit = Histogram(
            "relay_transit_seconds",
            "Time of a chunk inside the relay.",
            ["link"],
            buckets=(0.0005, *LATENCY_BUCKETS),
            registry=registry,
        )
        self.round_trip = Histogram(
            "relay_first_byte_seconds",
            "From a chunk of the caller to the next chunk of the answer.",
            ["link"],
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )

    async def serve(self) -> None:
        """Accept connections of every link for ever."""
        for link, ends in self.links.items():
            await asyncio.start_server(partial(self._connect, link), HOST, ends["listen"])

    async def _connect(self, link: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self.links[link]["target"])
        except OSError:
            self.failed.labels(link).inc()
            writer.close()
            return
        self.opened.labels(link).inc()
        asked: list[float] = []
        with self.open.labels(link).track_inprogress():
            await asyncio.gather(
                self._pump(link, "request", reader, far_writer, asked),
                self._pump(link, "response", far_reader, writer, asked),
            )

    async def _pump(
        self,
        link: str,
        direction: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        asked: list[float],
    ) -> None:
        counted, transit = self.bytes.labels(link, direction), self.transit.labels(link)
        try:
            while chunk := await reader.read(CHUNK):
                arrived = time.perf_counter()
                if link in self.delays:
                    delay, jitter = self.delays[link]
                    await asyncio.sleep(max(0.0, random.gauss(delay, jitter)))
                writer.write(chunk)
                await writer.drain()
                counted.inc(len(chunk))
                transit.observe(time.perf_counter() - arrived)
                if direction == "request":
                    asked[:] = [arrived]
                elif asked:
                    self.round_trip.labels(link).observe(time.perf_counter() - asked.pop())
        except OSError:  # the other end went away: the connection ends below like any other
            pass
        finally:
            writer.close()

    def app(self) -> Starlette:
        """Metrics and the switches of the delays."""

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            await self.serve()
            yield

        routes = [
            Route("/metrics", self._export),
            Route("/links/{link}", self._switch, methods=["PUT", "DELETE"]),
        ]
        return Starlette(routes=routes, lifespan=lifespan)

    async def _export(self, _: Request) -> Response:
        return Response(generate_latest(self.metrics.registry), media_type="text/plain")

    async def _switch(self, request: Request) -> Response:
        link = request.path_params["link"]
        if link not in self.links:
            return JSONResponse({"error": f"no link {link!r}"}, status_code=404)
        self.delays.pop(link, None)
        if request.method == "PUT":
            body = await request.json()
            self.delays[link] = float(body["delay_s"]), float(body.get("jitter_s", 0.0))
        return JSONResponse({"delayed": sorted(self.delays)})


def main() -> None:
    """Serve until the supervisor ends the process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--links", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    app = Relay(json.loads(given.links.read_text())).app()
    uvicorn.run(
        app,
        host=HOST,
        port=given.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
