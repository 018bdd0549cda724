"""What every shop service shares: the measured ASGI application and calls to peers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import psycopg
import redis
from prometheus_client import generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from testbed.shop.hazards import Hazards
from testbed.shop.metrics import ShopMetrics
from testbed.shop.settings import ShopSettings
from testbed.shop.stores import Cache, Database

Handler = Callable[[Request], Awaitable[Response]]
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class UnavailableError(Exception):
    """A peer failed or did not answer; ``code`` is the status for our own caller."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Service:
    """Base of the five services: subclasses add routes, domain metrics and background work."""

    name = "service"
    uses_database = False
    uses_cache = False

    def __init__(self, settings: ShopSettings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.settings = settings
        self.metrics = ShopMetrics()
        registry = self.metrics.registry
        self.database = Database(settings, registry, self.name) if self.uses_database else None
        self.cache = Cache(settings, registry) if self.uses_cache else None
        self.hazards = Hazards(self.database)
        self.peers = httpx.AsyncClient(timeout=settings.peer_timeout_s, transport=transport)

    @property
    def db(self) -> Database:
        """The database of a service that declared one."""
        assert self.database is not None
        return self.database

    @property
    def store(self) -> Cache:
        """The cache of a service that declared one."""
        assert self.cache is not None
        return self.cache

    def routes(self) -> list[tuple[str, str, Handler]]:
        """(method, path, handler) of the service's own endpoints."""
        raise NotImplementedError

    def background(self) -> list[Awaitable[None]]:
        """Endless work besides requests."""
        return []

    async def call(self, method: str, peer: str, path: str, body: Any = None) -> Any:
        """Call a peer and give its JSON.

        Raises:
            UnavailableError: 502 when it cannot be reached, 504 when it is too slow, 503 for its own 5xx.
        """
        started, code = time.perf_counter(), "error"
        with self.metrics.peer_in_flight.labels(peer).track_inprogress():
            try:
                answer = await self.peers.request(method, self.settings.urls[peer] + path, json=body)
                code = str(answer.status_code)
            except httpx.TimeoutException as error:
                code = "timeout"
                raise UnavailableError(504, f"{peer} did not answer in time") from error
            except httpx.TransportError as error:
                raise UnavailableError(502, f"{peer} cannot be reached: {error}") from error
            finally:
                self.metrics.peer_requests.labels(peer, code).inc()
                self.metrics.peer_duration.labels(peer).observe(time.perf_counter() - started)
        if answer.status_code >= 500:
            raise UnavailableError(503, f"{peer} answered {answer.status_code}")
        return answer.json()

    def app(self) -> Starlette:
        """The ASGI application with the service's routes, /metrics and the hazard switches."""

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            if self.database:
                await self.database.pool.open()
            work = [*self.background(), self._watch_loop()]
            tasks = [asyncio.ensure_future(item) for item in work]
            yield
            for task in tasks:
                task.cancel()
            if self.database:
                await self.database.pool.close()
            await self.peers.aclose()

        listed = [
            Route(path, self._measured(path, handler), methods=[method])
            for method, path, handler in self.routes()
        ]
        listed.append(Route("/metrics", self._export, methods=["GET"]))
        listed.append(Route("/hazards/{name}", self._switch, methods=["PUT", "DELETE"]))
        return Starlette(routes=listed, lifespan=lifespan)

    def _measured(self, path: str, handler: Handler) -> Handler:
        metrics = self.metrics
        duration, sent = metrics.duration.labels(path), metrics.response_bytes.labels(path)

        async def measured(request: Request) -> Response:
            started = time.perf_counter()
            with metrics.in_flight.track_inprogress():
                response = await self._answer(request, handler)
            duration.observe(time.perf_counter() - started)
            sent.inc(len(response.body))
            metrics.requests.labels(path, request.method, str(response.status_code)).inc()
            return response

        return measured

    async def _answer(self, request: Request, handler: Handler) -> Response:
        await self.hazards.before_request()
        try:
            return await handler(request)
        except UnavailableError as error:
            return JSONResponse({"error": str(error)}, status_code=error.code)
        except (
            psycopg.Error,
            redis.RedisError,
        ) as error:  # counted by the store
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, status_code=503)

    async def _export(self, _: Request) -> Response:
        return Response(generate_latest(self.metrics.registry), media_type=METRICS_TYPE)

    async def _switch(self, request: Request) -> Response:
        name = request.path_params["name"]
        if request.method == "DELETE":
            self.hazards.stop(name)
            return JSONResponse({"active": list(self.hazards.active)})
        try:
            self.hazards.start(name, await request.json())
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=404)
        return JSONResponse({"active": list(self.hazards.active)})

    async def _watch_loop(self) -> None:
        """Export how late the event loop wakes up: the worst of the last two seconds."""
        pause, recent = 0.1, [0.0] * 20
        while True:
            for place in range(len(recent)):
                due = time.perf_counter() + pause
                await asyncio.sleep(pause)
                recent[place] = max(0.0, time.perf_counter() - due)
                self.metrics.loop_lag.set(max(recent))
