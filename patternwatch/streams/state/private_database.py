"""A database of this process alone, for what a worker must know and rarely asks about.

A week of alerts is half a million of them: as objects they take a gigabyte in every worker. The topic is the
truth, so nothing here has to outlive the process, and nothing is synced.
Source: SQLite documentation, "In-Memory Databases", section "Temporary Databases".
"""

import sqlite3

CACHE_KIB = 1024
"""Of its pages in memory, the upper ones of its indexes mostly. The others lie in a file without a name,
under TMPDIR (/var/tmp or /tmp); the system keeps in memory what it has room for."""


def private_database(schema: str) -> sqlite3.Connection:
    """An empty database with these tables; it is gone when it is closed or the process ends.

    >>> database = private_database("CREATE TABLE seen (name TEXT PRIMARY KEY)")
    >>> _ = database.execute("INSERT INTO seen VALUES (?)", ("a",))
    >>> database.execute("SELECT name FROM seen").fetchall()
    [('a',)]
    """
    database = sqlite3.connect("", isolation_level=None)
    database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    database.execute("PRAGMA journal_mode = MEMORY")  # a full disk ends one statement, not the whole
    database.executescript(schema)
    return database
