"""Which of several API processes feeds a database: the one whose session holds an advisory lock.

Everything that the feed writes goes over the very connection that holds the lock. So a process that has
lost it, by whatever fault, cannot write as the feed any more, and PostgreSQL gives the lock to another one
only after the transaction of the first has ended.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol, TypeAlias

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

log = structlog.get_logger(__name__)

Writing: TypeAlias = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
"""Begins one transaction, committed at the end, rolled back on an error."""
Connecting: TypeAlias = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
Turn: TypeAlias = Callable[[AsyncConnection], AbstractAsyncContextManager[None]]
"""One transaction on this connection."""

_LOCK = 7203912
"""The number means `patternwatch feeds` to nobody else."""
_TRY_S = _PING_S = 1.0
_PING_TIMEOUT_S = 5.0
SILENT_S = 20.0
"""Whoever holds the lock asks something every second: one that has not for so long is stopped or hangs."""

# Waiting in pg_advisory_lock would keep a snapshot open, and with it VACUUM from its work.
_TRY = text(f"SELECT pg_try_advisory_lock({_LOCK})")
# The server notices a host that is gone after some 15 s; the operating system's own default is two hours.
_KEEPALIVE = text(
    "SELECT set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '5', false),"
    " set_config('tcp_keepalives_count', '2', false)"
)
# A bigint's lock has its high half in classid, its low one in objid, and 1 in objsubid
# (PostgreSQL, "pg_locks").
_END_SILENT = text(
    "SELECT pid, pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid) "
    "WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = :lock AND objsubid = 1 "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND state <> 'active' AND clock_timestamp() - state_change > make_interval(secs => :silent_s)"
)


class Leadership(Protocol):
    """The right to feed a database."""

    def writing(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """One transaction of the feed; raises SQLAlchemyError where the right is lost."""
        ...

    async def keep(self) -> None:
        """Never returns; raises SQLAlchemyError or TimeoutError once the right is lost."""
        ...


class OnlyProcess:
    """Nobody else can use the database."""

    def __init__(self, writing: Writing) -> None:
        self.writing = writing

    async def keep(self) -> None:
        """Nothing takes it away."""
        await asyncio.Event().wait()


class AdvisoryLock:
    """The lock of a session of PostgreSQL, which ends with its connection."""

    def __init__(self, connecting: Connecting, turn: Turn) -> None:
        self._connecting, self._turn = connecting, turn
        self._held: AsyncConnection | None = None
        self._open = AsyncExitStack()
        self._using = asyncio.Lock()

    async def take(self, waiting: Callable[[], object]) -> None:
        """Try every second until it is free; end the session of a holder that is silent for too long."""
        db = await self._open.enter_async_context(self._connecting())
        self._held = db
        while True:
            async with db.begin():
                await db.execute(_KEEPALIVE)
                if (await db.execute(_TRY)).scalar():
                    return
            waiting()
            await _end_silent(db)
            await asyncio.sleep(_TRY_S)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, on the connection that holds the lock."""
        async with self._using:
            db = self._session()
            async with self._turn(db):
                yield db

    async def keep(self) -> None:
        """Ask something every second, so that a loss shows while the feed waits for records."""
        while True:
            await asyncio.sleep(_PING_S)
            async with self._using:
                asking = asyncio.create_task(self._ask())
                try:
                    # Not asyncio.timeout: what it cancels would wait for the lost connection to roll back.
                    await asyncio.wait({asking}, timeout=_PING_TIMEOUT_S)
                    if not asking.done():
                        raise TimeoutError(f"The database has not answered for {_PING_TIMEOUT_S:g} s")
                    asking.result()
                finally:
                    asking.cancel()

    async def _ask(self) -> None:
        db = self._session()
        async with db.begin():
            await db.execute(text("SELECT 1"))

    def _session(self) -> AsyncConnection:
        """The connection, as long as its session lasts: SQLAlchemy would begin another, without the lock."""
        if self._held is None or self._held.invalidated:
            lost = ConnectionError("The connection that held the lock is lost")
            raise OperationalError("feed the read model", None, lost)
        return self._held

    async def release(self) -> None:
        """Close the connection for good: the pool would keep the session, and the lock with it."""
        if self._held is not None:
            await self._held.invalidate()
            self._held = None
        await self._open.aclose()


async def _end_silent(db: AsyncConnection) -> None:
    try:
        async with db.begin():
            found = await db.execute(_END_SILENT, {"lock": _LOCK, "silent_s": SILENT_S})
            ended = [row.pid for row in found]
    except DBAPIError as error:
        # Such as a holder of another role, whose session is not ours to end.
        log.warning("feed.silent_leader_not_ended", reason=str(error.orig))
        return
    if ended:
        log.warning("feed.silent_leader_ended", backend_pids=ended, silent_s=SILENT_S)
