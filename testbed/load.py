"""Visitors of the shop: a closed loop with think times whose pace wanders.

``python -m testbed.load --target URL --port PORT --users 24``. Every visitor waits for each answer
before the next step, so a slow shop is asked less. The pace follows a slow wave (a day in fifteen
minutes) and a mean-reverting random walk.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from prometheus_client import Counter, Gauge, Histogram, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from testbed.ports import HOST
from testbed.shop.metrics import LATENCY_BUCKETS, ShopMetrics
from testbed.shop.settings import PRODUCTS

CATEGORIES = 40
DAY_SECONDS = 900.0
WAVE = 0.18
WALK_STEP = 0.02
WALK_PULL = 0.03


class Pace:
    """Factor on the arrival of steps: 1 on average, between 0.5 and 1.6."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._walk = 0.0
        self._phase = self._random.uniform(0.0, 2 * math.pi)

    def step(self, now: float) -> float:
        """Move the walk by one second and give the factor at ``now`` (seconds)."""
        self._walk += self._random.gauss(0.0, WALK_STEP) - WALK_PULL * self._walk
        wave = WAVE * math.sin(2 * math.pi * now / DAY_SECONDS + self._phase)
        return min(1.6, max(0.5, 1.0 + wave + self._walk))


class Visitors:
    """All visitors of one shop, sharing a client and the pace."""

    def __init__(self, target: str, users: int, think_s: float, seed: int) -> None:
        self.target, self.users, self.think_s = target, users, think_s
        self.pace = Pace(seed)
        self.factor = 1.0
        self.metrics = ShopMetrics()
        registry = self.metrics.registry
        self.steps = Counter("user_steps", "Steps taken.", ["action", "code"], registry=registry)
        self.seconds = Histogram(
            "user_step_duration_seconds",
            "What a visitor waited.",
            ["action"],
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.waiting = Gauge("user_waiting", "Visitors waiting for an answer.", registry=registry)
        self.factors = Gauge("user_pace_factor", "Factor on the pace.", registry=registry)
        self.visits = Counter("user_visits", "Visits by end.", ["end"], registry=registry)
        self.client = httpx.AsyncClient(
            base_url=target,
            timeout=10.0,
            limits=httpx.Limits(max_connections=users, max_keepalive_connections=users),
        )

    async def keep_pace(self) -> None:
        """Move the pace once a second."""
        while True:
            self.factor = self.pace.step(time.time())
            self.factors.set(self.factor)
            await asyncio.sleep(1.0)

    async def think(self) -> None:
        """Pause of a visitor, exponential around the think time."""
        await asyncio.sleep(random.expovariate(self.factor / self.think_s))

    async def step(self, action: str, method: str, path: str, body: Any = None) -> bool:
        """One request; True when the shop served it."""
        started, code = time.perf_counter(), "error"
        try:
            with self.waiting.track_inprogress():
                answer = await self.client.request(method, path, json=body)
            code = str(answer.status_code)
        except httpx.HTTPError:
            pass  # counted below with the code "error"
        self.steps.labels(action, code).inc()
        self.seconds.labels(action).observe(time.perf_counter() - started)
        return code[0] in "24"

    async def visit(self, user: str) -> str:
        """Look around, fill the cart, perhaps buy; says how the visit ended."""
        if not await self.step("home", "GET", f"/?page={random.randrange(CATEGORIES)}"):
            return "failed"
        added = False
        for _ in range(random.randint(1, 4)):
            await self.think()
            product = min(int(random.expovariate(1 / 150.0)), PRODUCTS - 1)
            if not await self.step("product", "GET", f"/product/{product}"):
                return "failed"
            if random.random() < 0.55:
                await self.think()
                added |= await self.step("add", "POST", f"/cart/{user}", {"product": product})
        if not added:
            return "left"
        await self.think()
        await self.step("cart", "GET", f"/cart/{user}")
        if random.random() < 0.25:
            return "abandoned"
        await self.think()
        bought = await self.step("checkout", "POST", f"/checkout/{user}")
        return "bought" if bought else "failed"

    async def visitor(self, number: int) -> None:
        """Visits one after the other, for ever, under changing names."""
        await asyncio.sleep(random.uniform(0.0, self.think_s))
        while True:
            end = await self.visit(f"{number}-{random.randrange(100_000)}")
            self.visits.labels(end).inc()
            await self.think()

    def app(self) -> Starlette:
        """Serves /metrics and runs the visitors."""

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            tasks = [asyncio.create_task(self.keep_pace())]
            tasks += [asyncio.create_task(self.visitor(n)) for n in range(self.users)]
            yield
            for task in tasks:
                task.cancel()
            await self.client.aclose()

        return Starlette(routes=[Route("/metrics", self._export)], lifespan=lifespan)

    async def _export(self, _: Request) -> Response:
        return Response(generate_latest(self.metrics.registry), media_type="text/plain")


def main() -> None:
    """Run the visitors until the supervisor ends the process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--users", type=int, default=24)
    parser.add_argument("--think", type=float, default=1.4, help="mean pause in seconds")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    app = Visitors(given.target, given.users, given.think, given.seed).app()
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
