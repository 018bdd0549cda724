"""Faults in PostgreSQL and Redis, made by clients that do what bad clients do."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import psycopg
import redis.asyncio

from testbed.config.schema import HISTORY_ROWS
from testbed.stack import Stack

SPIN = """
local found = 0
for i = 1, tonumber(ARGV[1]) do found = (found * 31 + i) % 65521 end
return found
"""
REPORT = (
    "SELECT note, customer, sum(total_cents) OVER (PARTITION BY customer ORDER BY note) "
    "FROM order_history WHERE id > %s ORDER BY note DESC, customer OFFSET %s"
)
ARCHIVE = "INSERT INTO order_archive SELECT * FROM order_history WHERE id % 8 = {part}"


@asynccontextmanager
async def _running(*works: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run endless works beside the block; a work that failed by itself fails the block's end."""
    tasks = [asyncio.ensure_future(work()) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end


@asynccontextmanager
async def table_lock(stack: Stack, held_s: float, free_s: float) -> AsyncIterator[None]:
    """A migration that keeps locking ``stock`` for all others, time and again."""

    async def migrate() -> None:
        async with await psycopg.AsyncConnection.connect(
            stack.layout.postgres_url, application_name="migration"
        ) as connection:
            while True:
                async with connection.transaction():
                    await connection.execute("LOCK TABLE stock IN ACCESS EXCLUSIVE MODE")
                    await asyncio.sleep(random.uniform(0.7, 1.3) * held_s)
                await asyncio.sleep(random.uniform(0.7, 1.3) * free_s)

    async with _running(migrate):
        yield


@asynccontextmanager
async def disk_pressure(stack: Stack, reports: int) -> AsyncIterator[None]:
    """Sorts that do not fit into memory and a bulk copy: temporary files, WAL, checkpoints."""

    async def report() -> None:
        async with await psycopg.AsyncConnection.connect(
            stack.layout.postgres_url, application_name="report", autocommit=True
        ) as connection:
            while True:
                start = random.randrange(HISTORY_ROWS // 4)
                await connection.execute(REPORT, (start, HISTORY_ROWS - start))

    async def archive() -> None:
        async with await psycopg.AsyncConnection.connect(
            stack.layout.postgres_url, application_name="archive", autocommit=True
        ) as connection:
            part = 0
            while True:
                part = (part + 1) % 8
                await connection.execute(ARCHIVE.format(part=part).encode())
                await connection.execute("CHECKPOINT")
                if part == 0:
                    await connection.execute("TRUNCATE order_archive")

    async with _running(archive, *[report] * reports):
        yield
    async with await psycopg.AsyncConnection.connect(
        stack.layout.postgres_url, autocommit=True
    ) as connection:
        await connection.execute("TRUNCATE order_archive")


@asynccontextmanager
async def redis_eviction(
    stack: Stack, first_bytes_per_s: float, bytes_per_s: float, ramp_s: float, value_bytes: int = 20_000
) -> AsyncIterator[None]:
    """A client without a limit writes ever more large values, so the shop's keys are evicted."""
    client = redis.asyncio.Redis.from_url(stack.layout.redis_url)

    async def fill() -> None:
        number, pause, began, owed = 0, 0.1, time.monotonic(), 0.0
        while True:
            ramp = min(1.0, (time.monotonic() - began) / ramp_s)
            owed += (first_bytes_per_s + ramp * (bytes_per_s - first_bytes_per_s)) * pause / value_bytes
            pipe = client.pipeline(transaction=False)
            while owed >= 1.0:
                number, owed = number + 1, owed - 1.0
                pipe.set(f"session:{number}", random.randbytes(value_bytes), ex=3600)
            await pipe.execute()
            await asyncio.sleep(pause)

    async with _running(fill):
        yield
    await client.flushdb()
    await client.aclose()


@asynccontextmanager
async def redis_slow_scripts(stack: Stack, iterations: int, every_s: float) -> AsyncIterator[None]:
    """Long Lua scripts, which keep Redis from serving anyone else while they run."""
    client = redis.asyncio.Redis.from_url(stack.layout.redis_url)

    async def spin() -> None:
        while True:
            began = time.monotonic()
            await client.eval(SPIN, 0, str(int(iterations * random.uniform(0.5, 1.5))))
            spent = time.monotonic() - began
            await asyncio.sleep(max(0.0, random.uniform(0.5, 1.5) * every_s - spent))

    async with _running(spin):
        yield
    await client.aclose()
