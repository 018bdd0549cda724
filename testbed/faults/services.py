"""Faults inside a shop service, on a link of the relay, and crashes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from testbed.ports import HOST
from testbed.stack import Stack

SWITCH_TIMEOUT_S = 20.0


@asynccontextmanager
async def switched(port: int, path: str, settings: dict[str, float]) -> AsyncIterator[None]:
    """PUT a switch, and DELETE it at the end."""
    url = f"http://{HOST}:{port}{path}"
    async with httpx.AsyncClient(timeout=SWITCH_TIMEOUT_S) as client:
        (await client.put(url, json=settings)).raise_for_status()
        try:
            yield
        finally:
            (await client.delete(url)).raise_for_status()


@asynccontextmanager
async def hazard(stack: Stack, service: str, name: str, **settings: float) -> AsyncIterator[None]:
    """Switch a hazard inside a shop service on."""
    async with switched(stack.layout.ports[service], f"/hazards/{name}", settings):
        yield


@asynccontextmanager
async def slow_link(stack: Stack, link: str, delay_s: float, jitter_s: float) -> AsyncIterator[None]:
    """Delay every chunk of a link in both directions."""
    settings = {"delay_s": delay_s, "jitter_s": jitter_s}
    async with switched(stack.layout.ports["relay"], f"/links/{link}", settings):
        yield


@asynccontextmanager
async def crash_loop(stack: Stack, service: str, alive_s: float) -> AsyncIterator[None]:
    """Kill -9 a service again and again, shortly after the supervisor has brought it back."""

    async def crash() -> None:
        while True:
            stack.supervisor.kill(service)
            await asyncio.sleep(random.uniform(0.6, 1.4) * alive_s)

    task = asyncio.create_task(crash())
    try:
        yield
    finally:
        task.cancel()
