"""SQLite in a file: for one process, which reads beside the one connection that writes."""

import asyncio
import fcntl
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TextIO, TypeVar

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL

from patternwatch.contracts.errors import InputError

T = TypeVar("T")

_READERS = 4
_WRITER_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000")
"""Readers do not wait for the feed's transactions; a lost last transaction is read again."""
_READER_PRAGMAS = ("query_only=ON", "busy_timeout=5000")


class SqliteReader:
    """Runs a whole read in one thread: each hop between threads waits for the interpreter's lock.

    Through aiosqlite a list takes some twenty hops, and beside a busy feed each may wait for 5 ms.
    """

    def __init__(self, url: URL) -> None:
        arguments = {"check_same_thread": False}
        options = {"connect_args": arguments, "pool_size": _READERS, "hide_parameters": True}
        self._engine = create_engine(url.set(drivername="sqlite"), **options)
        event.listen(self._engine, "connect", _reader_pragmas)
        self._threads = ThreadPoolExecutor(_READERS, "read-model")

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` makes of a connection that cannot write."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, work)

    def _read(self, work: Callable[[Connection], T]) -> T:
        with self._engine.connect() as db:
            return work(db)

    def close(self) -> None:
        """Let go of every connection."""
        self._threads.shutdown()
        self._engine.dispose()


class SqliteLock:
    """Holds a database file for this process alone, until it is closed or the process ends."""

    def __init__(self, url: URL) -> None:
        self._path = Path(url.database or "").absolute()
        self._held: TextIO | None = None

    def take(self) -> None:
        """Raises InputError where another process has it, or where it cannot be made."""
        if self._held is not None:
            return
        lock = self._path.with_name(self._path.name + ".lock")
        try:
            held = lock.open("w")
        except OSError as error:
            raise InputError(
                f"The read model {self._path} cannot be used: {error.strerror}",
                "Set PATTERNWATCH_DATABASE_URL to a file in a folder that can be written to",
            ) from error
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            held.close()
            raise InputError(
                f"Another process uses the read model {self._path}, and SQLite serves one at a time",
                "Stop that one, or set PATTERNWATCH_DATABASE_URL to a file of this one's own, or to a "
                "PostgreSQL, which several share",
            ) from error
        self._held = held

    def release(self) -> None:
        """Others may have it."""
        if self._held is not None:
            self._held.close()
            self._held = None


class SameFile:
    """Notices that the file of a database was removed or replaced by another.

    SQLite goes on with the one that it has open, where nobody else finds what it writes.
    """

    def __init__(self, url: URL) -> None:
        self._path = Path(url.database or "").absolute()
        self._seen = (0, 0)

    def remember(self) -> None:
        """It is open now; raises OSError where it is not there."""
        self._seen = self._now()

    def check(self) -> None:
        """Raises InputError where it is not the one that was remembered."""
        try:
            same = self._now() == self._seen
        except OSError:
            same = False
        if not same:
            raise InputError(
                f"The file {self._path} was removed or replaced while it is open",
                "Start the API again: it takes what lies there, and reads the rest from Kafka",
            )

    def _now(self) -> tuple[int, int]:
        found = self._path.stat()
        return found.st_dev, found.st_ino


def writer_pragmas(connection: Any, _record: Any) -> None:
    """How the connection that writes is set up (an event of SQLAlchemy)."""
    _set(connection, _WRITER_PRAGMAS)


def _reader_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
    _set(connection, _READER_PRAGMAS)


def _set(connection: Any, pragmas: tuple[str, ...]) -> None:
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
