"""The database of the read model: SQLite in a file, or PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from patternwatch.api.read_model import schema
from patternwatch.api.read_model.database_url import engine_of, parsed_url
from patternwatch.api.read_model.leadership import AdvisoryLock, Leadership, OnlyProcess
from patternwatch.api.read_model.process_turns import ProcessTurns
from patternwatch.api.read_model.sqlite_file import SameFile, SqliteLock, SqliteReader, writer_pragmas

T = TypeVar("T")

_TURN = text("SELECT pg_advisory_xact_lock(7203911)")
"""Held by PostgreSQL until the transaction ends; the number means `patternwatch writes` to nobody else."""


class Database:
    """Connections, tables and transactions.

    Reads may run side by side; writes take turns, and a transaction is all or nothing.
    """

    def __init__(self, url: str) -> None:
        """Connect at first use; raises InputError for a URL or a driver that does not serve."""
        parsed = parsed_url(url)
        self._engine: AsyncEngine = engine_of(parsed)
        self.is_shared = self._engine.dialect.name == "postgresql"
        """Whether several processes may use it at the same time."""
        self._file = None if self.is_shared else _File(parsed, self._engine)
        self._writing = asyncio.Lock()
        self.turns = ProcessTurns(self._connected if self.is_shared else None)

    async def open(self) -> None:
        """Bring the tables to this release; raises InputError where this process must not use them."""
        if self._file is not None:
            self._file.lock.take()
        try:
            async with self.writing() as db:
                await db.run_sync(schema.upgrade)
            if self._file is not None:
                self._file.same.remember()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Let go of every connection."""
        await self._engine.dispose()
        if self._file is not None:
            self._file.close()

    async def ping(self) -> None:
        """One trivial query; raises what the database raises, and InputError where its file is another."""
        if self._file is not None:
            self._file.same.check()
        await self.read(lambda db: db.execute(text("SELECT 1")).all())

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, committed at the end, rolled back on an error."""
        async with self._writing, self._connected() as db, self._turn(db):
            yield db

    @asynccontextmanager
    async def _turn(self, db: AsyncConnection) -> AsyncIterator[None]:
        async with db.begin():
            if self.is_shared:
                # Other processes write the same rows, in an order of their own: that would end in deadlocks.
                await db.execute(_TURN)
            else:
                # Python's driver begins a transaction at the first change of a row, not of a table.
                await db.exec_driver_sql("BEGIN IMMEDIATE")
            yield

    @asynccontextmanager
    async def leading(self, waiting: Callable[[], object]) -> AsyncIterator[Leadership]:
        """Wait until no other process feeds this database; from then on this one alone does.

        waiting  called again and again meanwhile
        """
        if not self.is_shared:
            yield OnlyProcess(self.writing)
            return
        lock = AdvisoryLock(self._connected, self._turn)
        try:
            await lock.take(waiting)
            yield lock
        finally:
            await lock.release()

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` makes of a connection, with all its queries; it runs in a thread of its own."""
        if self._file is not None:
            return await self._file.reader.read(work)
        async with self._connected() as db:
            return await db.run_sync(work)

    async def rows(self, wanted: Select[Any]) -> Sequence[Row[Any]]:
        """All rows of this query."""
        return await self.read(lambda db: db.execute(wanted).all())

    async def row(self, wanted: Select[Any]) -> Row[Any] | None:
        """The only row of this query, None where there is none."""
        return await self.read(lambda db: db.execute(wanted).one_or_none())

    def _connected(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return connected(self._engine)


class _File:
    """What SQLite needs beside the connection that writes."""

    def __init__(self, url: URL, engine: AsyncEngine) -> None:
        event.listen(engine.sync_engine, "connect", writer_pragmas)
        self.lock, self.same, self.reader = SqliteLock(url), SameFile(url), SqliteReader(url)

    def close(self) -> None:
        self.reader.close()
        self.lock.release()


@asynccontextmanager
async def connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection; whatever keeps it from being made is an OperationalError."""
    try:
        db = await engine.connect()
    except SQLAlchemyError:
        raise
    except Exception as error:
        # asyncpg's own errors and those of sockets, of which SQLAlchemy makes none of its own.
        raise OperationalError("connect", None, error) from error
    try:
        yield db
    except TimeoutError as error:
        raise OperationalError("wait for the answer", None, error) from error
    finally:
        await db.close()
