"""A database of this process alone, for what a worker must know and rarely asks about.

A week of alerts is half a million of them: as objects they take a gigabyte in every worker. The topic is the
truth, so nothing here has to outlive the process, and nothing is synced.
Source: SQLite documentation, "In-Memory Databases", section "Temporary Databases".
"""

import sqlite3
from collections.abc import Callable
from typing import Any

import structlog

log = structlog.get_logger()

CACHE_KIB = 1024
"""Of its pages in memory, the upper ones of its indexes mostly. The others lie in a file without a name,
under TMPDIR (/var/tmp or /tmp); the system keeps in memory what it has room for."""


class StateLostError(Exception):
    """What the database held is lost: it is filled from its topic again."""


class PrivateDatabase:
    """A database with these tables, empty at first; it is gone when the process ends.

    Where its file cannot be written (a full disk, no folder for it), SQLite can no longer tell what it holds,
    neither what was written before. Then another one begins, in memory alone, and `on_lost` is called.

    >>> database = PrivateDatabase("CREATE TABLE seen (name TEXT PRIMARY KEY)")
    >>> _ = database.execute("INSERT INTO seen VALUES (?)", ("a",))
    >>> database.execute("SELECT name FROM seen").fetchall()
    [('a',)]
    """

    def __init__(self, schema: str) -> None:
        self._schema = schema
        self._has_file = True
        self._database = self._begun("")
        self.on_lost: Callable[[], object] = lambda: None
        """Called when all is lost; who owns it has it filled again."""

    def execute(self, statement: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        """The cursor of this statement; raises StateLostError where what was kept is lost."""
        try:
            return self._database.execute(statement, values)
        except sqlite3.OperationalError as error:
            if not self._has_file:
                raise
            log.error(
                "private_database.lost",
                reason=str(error),
                remedy="Make room under TMPDIR, and start this worker again when it suits: until then it "
                "keeps in memory what it had on disk, read from its topic again",
            )
            self._has_file = False
            self._database.close()
            self._database = self._begun(":memory:")
            self.on_lost()
            raise StateLostError(str(error)) from error

    def _begun(self, name: str) -> sqlite3.Connection:
        database = sqlite3.connect(name, isolation_level=None)
        database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        database.execute("PRAGMA journal_mode = MEMORY")
        database.executescript(self._schema)
        return database
