"""Turns between the processes of one database: who looks for what is there and adds what is not is alone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TypeAlias

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

log = structlog.get_logger(__name__)

Connecting: TypeAlias = Callable[[], AbstractAsyncContextManager[AsyncConnection]]

WAIT_S = 10.0
"""For another process, which may stand still with the lock in its hand; longer than Kafka is waited for."""

# Two keys of 32 bits are another space than one of 64, where the feed has its locks
# (PostgreSQL, "Advisory Lock Functions"). The number means `patternwatch starts` to nobody else.
_TURN = text("SELECT pg_advisory_xact_lock(7203913, hashtext(:about))")
_WAIT = text(f"SET LOCAL lock_timeout = '{WAIT_S:g}s'")


class ProcessTurns:
    """Turns within this process; over a database that several share, between all of them.

    connecting  gives a connection of that database; None where nobody else can use it
    """

    def __init__(self, connecting: Connecting | None) -> None:
        self._connecting = connecting
        # One at a time, so that waiting for others holds one connection of the pool and no more.
        self._here = asyncio.Lock()

    @asynccontextmanager
    async def turn(self, about: str) -> AsyncIterator[None]:
        """Be alone with this; after `WAIT_S` go on beside whoever does not end.

        What this guards against is worth less than the work that it would hold up.
        """
        async with self._here:
            if self._connecting is None:
                yield
                return
            async with self._connecting() as db:
                transaction = await db.begin()
                try:
                    await db.execute(_WAIT)
                    await db.execute(_TURN, {"about": about})
                except DBAPIError as error:
                    log.warning("turn.not_alone", about=about, waited_s=WAIT_S, reason=str(error.orig))
                try:
                    yield
                finally:
                    with suppress(DBAPIError):  # nothing was written here, and a lost session has let go
                        await transaction.rollback()
