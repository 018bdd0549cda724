"""Faults that live inside a shop service and are switched over HTTP.

Every hazard consumes what it claims to: the CPU hog burns cycles in a thread, the leak keeps memory
and searches it, the pool leak keeps real connections. None of them writes to a metric.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
import zlib

import psycopg

from testbed.shop.stores import Database

HAZARDS = ("cpu_hog", "memory_leak", "latency", "errors", "pool_leak", "stuck_worker")


class Hazards:
    """The switches of one service. All are off at the start."""

    def __init__(self, database: Database | None = None) -> None:
        self.active: dict[str, dict[str, float]] = {}
        self._database = database
        self._ended: dict[str, asyncio.Event] = {}
        self._kept: list[tuple[str, bytes]] = []
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, name: str, settings: dict[str, float]) -> None:
        """Switch a hazard on; ``settings`` are its strengths, all numbers.

        Raises:
            ValueError: There is no such hazard.
        """
        if name not in HAZARDS:
            raise ValueError(f"no hazard {name!r}; there are {', '.join(HAZARDS)}")
        self.active[name] = settings
        self._ended.setdefault(name, asyncio.Event())
        if name == "cpu_hog":
            for _ in range(int(settings.get("threads", 1))):
                threading.Thread(target=self._burn, daemon=True).start()
        if name == "pool_leak":
            self._tasks.append(asyncio.create_task(self._leak_connections(settings)))

    def stop(self, name: str) -> None:
        """Switch a hazard off and give back what it held."""
        self.active.pop(name, None)
        if name in self._ended:
            self._ended.pop(name).set()
        if name == "memory_leak":
            self._kept.clear()

    async def wait_until_off(self, name: str) -> None:
        """Return at once when a hazard is off, else when it is switched off."""
        if name in self._ended:
            await self._ended[name].wait()

    async def before_request(self) -> None:
        """Apply the hazards that slow every request."""
        if "latency" in self.active:
            setting = self.active["latency"]
            await asyncio.sleep(random.lognormvariate(0.0, 0.35) * setting.get("seconds", 0.4))
        if "memory_leak" in self.active:
            self._remember(self.active["memory_leak"])

    def request_fails(self) -> bool:
        """Whether a request fails by the hazard of errors, which comes in bursts."""
        if "errors" not in self.active:
            return False
        setting = self.active["errors"]
        on = time.monotonic() % setting.get("period_s", 14.0) < setting.get("on_s", 8.0)
        return on and random.random() < setting.get("ratio", 0.5)

    def _burn(self) -> None:
        value = 1
        while "cpu_hog" in self.active:
            for _ in range(20_000):
                value = (value * 1103515245 + 12345) & 0x7FFFFFFF

    def _remember(self, setting: dict[str, float]) -> None:
        """Keep a history of requests for ever and look through all of it, as leaks often do."""
        for _ in range(int(setting.get("entries", 20))):
            body = random.randbytes(int(setting.get("bytes", 5000)))
            self._kept.append((f"user-{random.randrange(1000)}", body))
        for _, body in self._kept:
            zlib.crc32(body)

    async def _leak_connections(self, setting: dict[str, float]) -> None:
        """Keep taking connections and hold each for a while in an open transaction."""
        assert self._database is not None, "pool_leak needs a service with a database"
        holders: set[asyncio.Task[None]] = set()
        while "pool_leak" in self.active:
            held = asyncio.create_task(self._hold_connection(setting))
            holders.add(held)
            held.add_done_callback(holders.discard)
            await asyncio.sleep(setting.get("every_s", 2.0))
        for held in holders:
            held.cancel()

    async def _hold_connection(self, setting: dict[str, float]) -> None:
        assert self._database is not None
        try:
            lent = await self._database.pool.getconn(timeout=10.0)
        except psycopg.Error:  # no connection is left, which is the point of this hazard
            return
        try:
            await lent.execute(b"SELECT 1")
            await asyncio.sleep(random.uniform(0.6, 1.4) * setting.get("hold_s", 18.0))
        finally:
            await lent.rollback()
            await self._database.pool.putconn(lent)
