"""Which database a URL names, and the engine for it."""

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from patternwatch.contracts.errors import InputError

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}
_EXAMPLES = "Set PATTERNWATCH_DATABASE_URL to sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE"


def parsed_url(url: str) -> URL:
    """The URL with its driver; raises InputError where it cannot be read."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise InputError(f"The database URL cannot be read: {error}", _EXAMPLES) from error
    return parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))


def place_of(url: str) -> str:
    """Which database it is, for people: without its password, a file by its whole path.

    >>> place_of("postgresql://me:secret@db/tokens")
    'postgresql://me:***@db/tokens'
    >>> place_of("sqlite:////var/lib/tokens.db")
    '/var/lib/tokens.db'
    """
    parsed = parsed_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        return str(Path(parsed.database).absolute())
    return make_url(url).render_as_string(hide_password=True)


def engine_of(url: URL) -> AsyncEngine:
    """The engine; raises InputError for what is no database of ours, or lacks its driver."""
    shown = url.render_as_string(hide_password=True)
    kind = url.get_backend_name()
    if kind not in ("sqlite", "postgresql"):
        raise InputError(f"{shown} is neither SQLite nor PostgreSQL", _EXAMPLES)
    if kind == "sqlite" and url.database in (None, "", ":memory:"):
        raise InputError(f"{shown} names no file", _EXAMPLES)
    # A connection that broke while it lay idle is replaced before it is used, and one that broke without a
    # word in the midst of a statement is not waited for until the operating system gives it up.
    patient = {"pool_pre_ping": True, "connect_args": {"timeout": 10, "command_timeout": 60}}
    try:
        # Errors go into logs, and values are what alerts and reports hold.
        return create_async_engine(url, hide_parameters=True, **(patient if kind == "postgresql" else {}))
    except ModuleNotFoundError as error:
        raise InputError(
            f"{shown} needs the driver {error.name}, which is not installed",
            "Install it with pip install 'patternwatch[postgres]'",
        ) from error
    except (ArgumentError, InvalidRequestError) as error:
        raise InputError(f"{shown} names no database that serves here: {error}", _EXAMPLES) from error
