"""Visitors of both applications: an open loop, so that a slow system is asked as often as a fast one.

``load.json`` in the shared folder holds factors on the rate of each application; beside them the rate
follows a slow wave and a random walk. What visitors see (``user_*``) is the user-facing indicator.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from testbed.kube.caller import Caller, CallError
from testbed.kube.exposition import CONTENT_TYPE, Exposition
from testbed.kube.identity import Identity
from testbed.kube.mesh import Mesh
from testbed.kube.network import CLUSTER_DNS, GATEWAY
from testbed.kube.wire import Answer, Request, serve
from testbed.load import CATEGORIES, Pace

PORT = 9300
MAX_SESSIONS = 200
SESSIONS_A_SECOND = {"shop": 1.6, "media": 2.5}
THINK_S = 0.5
POLL_S = 0.35
PROCESSED_WITHIN_S = 8.0
PRODUCTS = 1200
BOUNDS_S = (0.025, 0.1, 0.5, 2.5)


class Visitors:
    """All visitors with what they saw."""

    def __init__(self, state: Path, seed: int) -> None:
        self.page = Exposition()
        self._state, self._random, self._pace = state, random.Random(seed), Pace(seed)
        own = Identity("visitors", "outside", "visitors", "v1", "", GATEWAY, CLUSTER_DNS, str(state))
        self._caller = Caller(CLUSTER_DNS, Mesh(own), timeout_s=6.0)
        self._sessions: set[asyncio.Task[None]] = set()

    def factors(self) -> dict[str, float]:
        """Factors on the rates, as the shared file says now."""
        path = self._state / "load.json"
        return dict(json.loads(path.read_text())) if path.exists() else {}

    async def arrive(self) -> None:
        """Start sessions for ever, by a Poisson process."""
        while True:
            pace, factors = self._pace.step(time.time()), self.factors()
            self.page.gauge("user_sessions", len(self._sessions))
            rates = {app: rate * pace * factors.get(app, 1.0) for app, rate in SESSIONS_A_SECOND.items()}
            until = time.monotonic() + 1.0
            while (now := time.monotonic()) < until:
                pause = self._random.expovariate(sum(rates.values()))
                await asyncio.sleep(min(pause, until - now))
                if pause < until - now:
                    app = self._random.choices(list(rates), list(rates.values()))[0]
                    self._begin(self._shop() if app == "shop" else self._media())

    def _begin(self, session: Coroutine[Any, Any, None]) -> None:
        if len(self._sessions) >= MAX_SESSIONS:
            self.page.count("user_sessions_turned_away_total", 1)
            session.close()
            return
        task = asyncio.create_task(session)
        self._sessions.add(task)
        task.add_done_callback(self._sessions.discard)

    async def _step(self, app: str, action: str, method: str, path: str, body: Any = None) -> Any:
        started, code = time.perf_counter(), "200"
        service = "frontend.shop" if app == "shop" else "ingest.media"
        try:
            return await self._caller.call(service, method, path, body)
        except CallError as error:
            code = str(error.code)
            return None
        finally:
            self._saw(app, action, code, time.perf_counter() - started)

    def _saw(self, app: str, action: str, code: str, seconds: float) -> None:
        self.page.count("user_steps_total", 1, app=app, action=action, code=code)
        self.page.observe("user_step_duration_seconds", seconds, BOUNDS_S, app=app, action=action)

    async def _shop(self) -> None:
        draw, user = self._random, f"{self._random.getrandbits(40):x}"
        await self._step("shop", "home", "GET", f"/home/{draw.randrange(CATEGORIES)}")
        for _ in range(draw.randint(1, 3)):
            await asyncio.sleep(draw.expovariate(1 / THINK_S))
            product = min(PRODUCTS - 1, int(draw.expovariate(1 / 80)))
            await self._step("shop", "product", "GET", f"/product/{product}")
            await self._step("shop", "add", "POST", f"/cart/{user}", {"product": product})
        await asyncio.sleep(draw.expovariate(1 / THINK_S))
        if draw.random() < 0.6:
            await self._step("shop", "checkout", "POST", f"/checkout/{user}")

    async def _media(self) -> None:
        job, started = f"{self._random.getrandbits(48):x}", time.perf_counter()
        if await self._step("media", "upload", "POST", f"/upload/{job}") is None:
            return
        while (waited := time.perf_counter() - started) < PROCESSED_WITHIN_S:
            await asyncio.sleep(POLL_S)
            state = await self._step("media", "status", "GET", f"/status/{job}")
            if state and state["done"]:
                self._saw("media", "processed", "200", time.perf_counter() - started)
                return
        self._saw("media", "processed", "504", waited)

    async def export(self, _: Request) -> Answer:
        """The page that Prometheus reads."""
        return Answer(200, self.page.text().encode(), content_type=CONTENT_TYPE)


async def _run(state: Path, seed: int) -> None:
    visitors = Visitors(state, seed)
    await serve(visitors.export, GATEWAY, PORT)
    await visitors.arrive()


def main() -> None:
    """Run until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    given = parser.parse_args()
    asyncio.run(_run(given.state, given.seed))


if __name__ == "__main__":
    main()
