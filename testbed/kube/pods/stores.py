"""Redis and PostgreSQL as pods use them: measured, with a bounded pool and reconnection."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg

from testbed.kube.caller import CallError
from testbed.kube.exposition import Exposition
from testbed.kube.resolver import resolve

REDIS_PORT, POSTGRES_PORT = 6379, 5432
TIMEOUT_S = 2.0
WAIT_BOUNDS = (0.005, 0.1, 1.0)
Connection = psycopg.AsyncConnection[tuple[Any, ...]]


def command(*parts: bytes | str) -> bytes:
    r"""A command in the protocol of Redis.

    >>> command("GET", "a")
    b'*2\r\n$3\r\nGET\r\n$1\r\na\r\n'
    """
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in encoded)


class Redis:
    """One connection to a Redis Service, commands one after the other."""

    def __init__(self, dns: str, service: str, page: Exposition) -> None:
        self._dns, self._service, self._page = dns, service, page
        self._lock = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, *parts: bytes | str) -> Any:
        """Send a command and give its answer.

        Raises:
            CallError: Redis cannot be reached, was too slow or refused the command.
        """
        started, outcome = time.perf_counter(), "error"
        try:
            async with self._lock:
                found = await asyncio.wait_for(self._ask(parts), TIMEOUT_S)
            outcome = "ok"
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            if self._streams:
                self._streams[1].close()
            self._streams = None
            raise CallError(503, f"{self._service}: {type(error).__name__} {error}") from error
        finally:
            seconds = time.perf_counter() - started
            self._page.count("redis_client_requests_total", 1, outcome=outcome)
            self._page.count("redis_client_request_duration_seconds_sum", seconds)
        return found

    async def _ask(self, parts: Sequence[bytes | str]) -> Any:
        if self._streams is None:
            address = (await resolve(self._dns, self._service))[0]
            self._streams = await asyncio.open_connection(address, REDIS_PORT)
        self._streams[1].write(command(*parts))
        return await self._read(self._streams[0])

    async def _read(self, reader: asyncio.StreamReader) -> Any:
        line = (await reader.readuntil(b"\r\n"))[:-2]
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            raise CallError(503, f"{self._service}: {rest.decode()}")
        if kind == b"$":
            return None if rest == b"-1" else (await reader.readexactly(int(rest) + 2))[:-2]
        if kind == b"*":
            return [await self._read(reader) for _ in range(int(rest))]
        return int(rest) if kind == b":" else rest.decode()


class Pool:
    """At most so many connections to PostgreSQL, lent one at a time."""

    def __init__(self, dns: str, service: str, page: Exposition, size: int) -> None:
        self._dns, self._service, self._page, self._size = dns, service, page, size
        self._free: asyncio.Queue[Connection | None] = asyncio.Queue()
        for _ in range(size):
            self._free.put_nowait(None)
        self._waiting = 0

    def export(self) -> None:
        """Put the pool's state onto the page."""
        page = self._page
        page.gauge("db_pool_connections", self._free.qsize(), state="idle")
        page.gauge("db_pool_connections", self._size - self._free.qsize(), state="used")
        page.gauge("db_pool_waiting_requests", self._waiting)

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Connection]:
        """A connection; it is thrown away where the work with it failed.

        Raises:
            CallError: None became free in time, or the database failed.
        """
        started = time.perf_counter()
        self._waiting += 1
        try:
            connection = await asyncio.wait_for(self._free.get(), TIMEOUT_S)
        except TimeoutError as error:
            self._page.count("db_pool_timeouts_total", 1)
            raise CallError(503, "no free connection in the pool") from error
        finally:
            self._waiting -= 1
            self._page.observe("db_pool_wait_seconds", time.perf_counter() - started, WAIT_BOUNDS)
        kept = None
        try:
            connection = connection or await self._connect()
            yield connection
            kept = connection
        except (psycopg.Error, OSError) as error:
            self._page.count("db_errors_total", 1)
            raise CallError(503, f"{self._service}: {type(error).__name__} {error}") from error
        finally:
            if kept is None and connection is not None:
                await asyncio.shield(connection.close())
            self._free.put_nowait(kept)

    async def run(self, sql: bytes, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement, measured; gives its rows."""
        async with self.lent() as connection:
            started = time.perf_counter()
            cursor = await connection.execute(sql, values)
            found = await cursor.fetchall() if cursor.description else []
            verb = sql.split(b" ", 1)[0].decode().lower()
            self._page.count("db_query_duration_seconds_sum", time.perf_counter() - started, verb=verb)
            self._page.count("db_query_duration_seconds_count", 1, verb=verb)
            return found

    async def _connect(self) -> Connection:
        address = (await resolve(self._dns, self._service))[0]
        url = f"postgresql://postgres@{address}:{POSTGRES_PORT}/shop"
        return await psycopg.AsyncConnection.connect(
            url, autocommit=True, connect_timeout=2, options="-c statement_timeout=2500"
        )
