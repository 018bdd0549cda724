"""The database of the read model: SQLite in a file, or PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from sqlalchemy import Row, Select, delete, event, insert, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    InvalidRequestError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from patternwatch.api.read_model import tables
from patternwatch.contracts.errors import InputError

log = structlog.get_logger(__name__)

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}
_EXAMPLES = "Set PATTERNWATCH_DATABASE_URL to sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE"
_TURN = text("SELECT pg_advisory_xact_lock(7203911)")
"""Held by PostgreSQL until the transaction ends; the number means `patternwatch writes` to nobody else."""


class Database:
    """Connections, tables and transactions.

    Reads may run side by side; writes take turns, and a transaction is all or nothing.
    """

    def __init__(self, url: str) -> None:
        """Connect at first use; raises InputError for a URL or a driver that does not serve."""
        self._engine = _engine(_parsed(url))
        self._postgres = self._engine.dialect.name == "postgresql"
        self._writing = asyncio.Lock()

    async def open(self) -> None:
        """Make the tables, anew where an older layout is found."""
        async with self.writing() as db:
            await db.run_sync(tables.layouts.create, checkfirst=True)
            found = (await db.execute(select(tables.layouts.c.number))).scalar()
            if found not in (None, tables.LAYOUT):
                log.warning("read_model.rebuilt", found_layout=found, layout=tables.LAYOUT)
                await db.run_sync(tables.metadata.drop_all)
                await db.execute(delete(tables.layouts))
            await db.run_sync(tables.metadata.create_all)
            if found != tables.LAYOUT:
                await db.execute(insert(tables.layouts).values(number=tables.LAYOUT))

    async def close(self) -> None:
        """Let go of every connection."""
        await self._engine.dispose()

    async def ping(self) -> None:
        """One trivial query; raises what the database raises."""
        async with self._connected() as db:
            await db.execute(text("SELECT 1"))

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, committed at the end, rolled back on an error."""
        async with self._writing, self._connected() as db, db.begin():
            if self._postgres:
                # Other processes write the same rows, in an order of their own: that would end in deadlocks.
                await db.execute(_TURN)
            yield db

    async def rows(self, wanted: Select[Any]) -> Sequence[Row[Any]]:
        """All rows of this query."""
        async with self._connected() as db:
            found: Sequence[Row[Any]] = (await db.execute(wanted)).all()
            return found

    async def row(self, wanted: Select[Any]) -> Row[Any] | None:
        """The only row of this query, None where there is none."""
        async with self._connected() as db:
            found: Row[Any] | None = (await db.execute(wanted)).one_or_none()
            return found

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        try:
            db = await self._engine.connect()
        except SQLAlchemyError:
            raise
        except Exception as error:
            # asyncpg's own errors and those of sockets, of which SQLAlchemy makes none of its own.
            raise OperationalError("connect", None, error) from error
        try:
            yield db
        finally:
            await db.close()


def refuses_value(error: Exception) -> bool:
    """Whether the database cannot hold a value, such as a number that is too large for its column.

    Drivers tell it in different ways: SQLite's by OverflowError, asyncpg by a ValueError before it sends
    the value or by an SQLSTATE of class 22 (PostgreSQL, appendix A, "Data Exception") after.
    """
    if isinstance(error, (DataError, OverflowError)):
        return True
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else None
    return isinstance(cause, ValueError) or str(getattr(cause, "sqlstate", "")).startswith("22")


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise InputError(f"The database URL cannot be read: {error}", _EXAMPLES) from error
    return parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))


def _engine(url: URL) -> AsyncEngine:
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise InputError(f"{shown} is neither SQLite nor PostgreSQL", _EXAMPLES)
    try:
        # A connection that broke while it lay idle is replaced before it is used.
        engine = create_async_engine(url, pool_pre_ping=url.get_backend_name() == "postgresql")
    except ModuleNotFoundError as error:
        raise InputError(
            f"{shown} needs the driver {error.name}, which is not installed",
            "Install it with pip install 'patternwatch[postgres]'",
        ) from error
    except (ArgumentError, InvalidRequestError) as error:
        raise InputError(f"{shown} names no database that serves here: {error}", _EXAMPLES) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _set_pragmas)
    return engine


def _set_pragmas(connection: Any, _record: Any) -> None:
    # Readers do not wait for the feed's transactions; a lost last transaction is read again.
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
