"""The Python service of a pod: routes, its metrics on 8080, its proxy's on 15090."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Any

from testbed.kube.caller import PORT, Caller, CallError
from testbed.kube.exposition import CONTENT_TYPE, Exposition
from testbed.kube.hazards import Hazards
from testbed.kube.identity import Identity
from testbed.kube.mesh import PEER, Mesh
from testbed.kube.process_page import add_process
from testbed.kube.wire import Answer, Request, serve

PROXY_PORT = 15090
LAG_S = 0.5
Route = Callable[[str, Any], Awaitable[Any]]


class Service:
    """Base of the services: a subclass names its routes by first path segment."""

    def __init__(self, own: Identity) -> None:
        self.own, self.page, self.mesh, self.hazards = own, Exposition(), Mesh(own), Hazards(own)
        self.caller = Caller(own.dns, self.mesh)
        self.in_flight = 0
        self.lag = 0.0

    def routes(self) -> dict[str, Route]:
        """Handlers by first path segment; each takes the rest of the path and the body."""
        raise NotImplementedError

    def tls(self) -> ssl.SSLContext | None:
        """How callers' connections are encrypted, for a service that wants it."""
        return None

    async def start(self) -> None:
        """Open what the service needs before it is ready."""

    async def run(self) -> None:
        """Serve for ever."""
        await self.start()
        await serve(self._answer, self.own.ip, PORT, self.tls())
        await serve(self._proxy, self.own.ip, PROXY_PORT)
        await asyncio.gather(self.hazards.keep_reading(), self._watch_loop())

    async def _answer(self, request: Request) -> Answer:
        name, _, rest = request.path.lstrip("/").partition("/")
        if name in ("metrics", "healthz"):
            return self._export() if name == "metrics" else Answer(200, b"ok")
        route = self.routes().get(name)
        if route is None:
            return Answer(404)
        started = time.perf_counter()
        self.in_flight += 1
        try:
            answer = await self._ask(route, rest, request.body)
        finally:
            self.in_flight -= 1
        seconds = time.perf_counter() - started
        self.page.count("http_requests_total", 1, handler=f"/{name}", code=str(answer.status))
        self.page.count("http_request_duration_seconds_sum", seconds, handler=f"/{name}")
        self.page.count("http_request_duration_seconds_count", 1, handler=f"/{name}")
        self.mesh.served(request.headers.get(PEER, ""), answer.status, seconds)
        return answer

    async def _ask(self, route: Route, rest: str, body: bytes) -> Answer:
        headers = self.mesh.header()
        try:
            if await self.hazards.before_request():
                return Answer(500, b'"bug"', headers)
            found = await route(rest, json.loads(body) if body else None)
        except CallError as error:
            return Answer(error.code, json.dumps(str(error)).encode(), headers)
        return Answer(200, json.dumps(found).encode(), headers)

    def _export(self) -> Answer:
        page = self.page
        add_process(page, os.getpid())
        page.gauge("http_requests_in_flight", self.in_flight)
        page.gauge("event_loop_lag_seconds", self.lag)
        page.counter("process_context_switches_total", resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw)
        return Answer(200, page.text().encode(), content_type=CONTENT_TYPE)

    async def _proxy(self, request: Request) -> Answer:
        if request.path == "/metrics":  # for a service whose own port speaks TLS only
            return self._export()
        return Answer(200, self.mesh.page.text().encode(), content_type=CONTENT_TYPE)

    async def _watch_loop(self) -> None:
        while True:
            due = time.perf_counter() + LAG_S
            await asyncio.sleep(LAG_S)
            self.lag = max(0.0, time.perf_counter() - due)
