"""The shop's PostgreSQL pool and Redis client, both measured."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import redis.asyncio
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from testbed.shop.metrics import LATENCY_BUCKETS
from testbed.shop.settings import ShopSettings

Answer = TypeVar("Answer")
Connection = AsyncConnection[tuple[Any, ...]]


class Database:
    """A bounded connection pool whose waiting and use are exported.

    Waiting for a connection longer than ``pool_timeout_s`` raises ``psycopg_pool.PoolTimeout``.
    """

    def __init__(self, settings: ShopSettings, registry: CollectorRegistry, application: str) -> None:
        self.pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            settings.postgres,
            min_size=2,
            max_size=settings.pool_size,
            timeout=settings.pool_timeout_s,
            max_idle=30.0,  # so that a window leaves no connections to the next one
            kwargs={"application_name": application},
            open=False,
        )
        stats = self.pool.get_stats

        def gauge(name: str, text: str, read: Callable[[], float]) -> None:
            Gauge(name, text, registry=registry).set_function(read)

        gauge("db_pool_max_connections", "Limit.", lambda: float(self.pool.max_size))
        gauge("db_pool_connections", "Open now.", lambda: float(stats().get("pool_size", 0)))
        gauge("db_pool_idle", "Free now.", lambda: float(stats().get("pool_available", 0)))
        gauge(
            "db_pool_in_use",
            "Lent now.",
            lambda: float(stats().get("pool_size", 0) - stats().get("pool_available", 0)),
        )
        gauge("db_pool_waiting", "Callers waiting.", lambda: float(stats().get("requests_waiting", 0)))
        self.acquire_seconds = Histogram(
            "db_pool_acquire_seconds",
            "Time to get a connection.",
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.timeouts = Counter("db_pool_timeouts", "Callers that got no connection.", registry=registry)
        self.query_seconds = Histogram(
            "db_query_duration_seconds",
            "Time of a statement.",
            ["statement"],
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.errors = Counter("db_errors", "Failed statements.", ["statement"], registry=registry)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Borrow a connection for one transaction; it goes back at the end of the block."""
        started = time.perf_counter()
        try:
            lent = await self.pool.getconn()
        except Exception:
            self.timeouts.inc()
            raise
        finally:
            self.acquire_seconds.observe(time.perf_counter() - started)
        try:
            async with lent:
                yield lent
        finally:
            await self.pool.putconn(lent)

    async def fetch(
        self, connection: Connection, statement: str, sql: str, values: Sequence[Any] = ()
    ) -> list[tuple[Any, ...]]:
        """Run one statement, timed under its short name; rows, or none where it returns none."""
        started = time.perf_counter()
        try:
            cursor = await connection.execute(sql.encode(), values)
            return await cursor.fetchall() if cursor.description else []
        except Exception:
            self.errors.labels(statement).inc()
            raise
        finally:
            self.query_seconds.labels(statement).observe(time.perf_counter() - started)


class Cache:
    """A Redis client that times every command and counts failures."""

    def __init__(self, settings: ShopSettings, registry: CollectorRegistry) -> None:
        self.client: redis.asyncio.Redis = redis.asyncio.Redis.from_url(
            settings.redis, socket_timeout=2.0, socket_connect_timeout=1.0, decode_responses=True
        )
        self.seconds = Histogram(
            "redis_client_command_seconds",
            "Time of a Redis command.",
            ["command"],
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.errors = Counter("redis_client_errors", "Failed Redis commands.", ["command"], registry=registry)

    async def timed(self, command: str, call: Awaitable[Answer]) -> Answer:
        """Await one command, timed under its name."""
        started = time.perf_counter()
        try:
            return await call
        except redis.RedisError:
            self.errors.labels(command).inc()
            raise
        finally:
            self.seconds.labels(command).observe(time.perf_counter() - started)
