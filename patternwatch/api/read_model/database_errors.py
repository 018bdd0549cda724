"""What a database's refusal means: a value that it cannot hold, a database that is away, and what to do.

Drivers tell it in different ways: SQLite's by its own codes (sqlite.org/rescode.html), asyncpg by SQLSTATE
(PostgreSQL, appendix A), of which SQLAlchemy makes no classes.
"""

import sqlite3
from typing import cast

from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError

_AWAY = (
    "08",  # connection
    "25006",  # read only, as a standby is
    "28",  # login
    "3D",  # no such database
    "40",  # rolled back: deadlock, conflict with recovery
    "42501",  # a right is lacking
    "53",  # resources: disk, memory, connections
    "55P03",  # a lock that was not to be had in time
    "57",  # an operator, a start or an end, statement_timeout
    "58",  # the system below
)
_SQL_STATES = {
    "25006": "It is read-only, as a standby is: name the primary, or lift default_transaction_read_only",
    "28": "Check its user and password, and pg_hba.conf",
    "3D": "Make that database (CREATE DATABASE), or name one that is there",
    "42501": "Give the role CREATE on the schema, or run `patternwatch migrate` as the owner of the tables "
    "and give it SELECT, INSERT, UPDATE, DELETE on them, and USAGE on their sequences",
    "53100": "Make room on its disk",
    "57014": "Raise its statement_timeout for this role, or end what holds its tables (pg_stat_activity)",
    "57P03": "It starts, stops or recovers: wait until it takes connections",
    "53300": "Raise its max_connections, or end other connections",
}
_SQLITE_CODES = {
    sqlite3.SQLITE_BUSY: "Another program has the file open: end that one",
    sqlite3.SQLITE_CORRUPT: "Remove the file: another is filled from the topics. Tokens in it are lost",
    sqlite3.SQLITE_NOTADB: "Name another file, or remove this one: another is filled from the topics",
    sqlite3.SQLITE_FULL: "Make room on its disk",
    sqlite3.SQLITE_IOERR: "See in the system's log whether its disk is full, read-only or broken",
    sqlite3.SQLITE_READONLY: "Let this process write the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "Name a file, in a folder that this process can write to",
}
_ELSE = "Start its database, or set PATTERNWATCH_DATABASE_URL to one that answers"


def refuses_value(error: Exception) -> bool:
    """Whether the database cannot hold a value, such as a number that is too large for its column.

    SQLite tells it by OverflowError, asyncpg by a ValueError before it sends the value or by an SQLSTATE of
    class 22 ("Data Exception") after.
    """
    if isinstance(error, (DataError, OverflowError)):
        return True
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else None
    return isinstance(cause, ValueError) or _sql_state(error).startswith("22")


def is_away(error: DBAPIError) -> bool:
    """Whether it is the database that cannot answer now, and no statement of ours that is wrong.

    >>> is_away(OperationalError("connect", None, ConnectionRefusedError()))
    True
    """
    told = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
    return told or _sql_state(error).startswith(_AWAY)


def remedy(error: DBAPIError) -> str:
    """What an operator can do about a database that cannot be used.

    >>> remedy(OperationalError("connect", None, ConnectionRefusedError()))
    'Start its database, or set PATTERNWATCH_DATABASE_URL to one that answers'
    """
    code = cast("int", getattr(error.orig, "sqlite_errorcode", 0)) & 0xFF  # the rest tells details
    state = _sql_state(error)
    by_state = (todo for begins, todo in _SQL_STATES.items() if state.startswith(begins))
    return _SQLITE_CODES.get(code) or next(by_state, _ELSE)


def in_words(error: Exception) -> str:
    """An error for a log line or a person: of a database that is away what it says and what to do.

    SQLAlchemy adds the statement, which tells something of a fault of ours only.

    >>> in_words(OperationalError("SELECT 1", None, ConnectionRefusedError("refused")))
    'refused. Start its database, or set PATTERNWATCH_DATABASE_URL to one that answers'
    >>> in_words(OSError("no room"))
    'no room'
    """
    if isinstance(error, DBAPIError) and is_away(error):
        return f"{error.orig}. {remedy(error)}"
    return str(error)


def _sql_state(error: Exception) -> str:
    orig = getattr(error, "orig", None)
    told = (getattr(each, "sqlstate", None) for each in (orig, getattr(orig, "__cause__", None)))
    return next((str(state) for state in told if state), "")
