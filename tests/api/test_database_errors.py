"""A database that cannot be used says so with what to do; one that cannot answer now is asked again."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from patternwatch.api.app import create_app
from patternwatch.api.read_model.database_errors import is_away, refuses_value, remedy
from patternwatch.api.read_model.queries import ReadModel
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.errors import InputError
from tests.api.postgres import PostgresServer
from tests.fakes.api import context_of
from tests.fakes.publisher import FakePublisher


@asynccontextmanager
async def administered(url: str, *statements: str) -> AsyncIterator[str]:
    """A database over which somebody has said this; its URL."""
    model = ReadModel(url)
    async with model.writing() as db:
        for statement in statements:
            await db.execute(text(statement))
    await model.close()
    yield url


async def refused(url: str) -> DBAPIError:
    """What opening this read model raises."""
    model = ReadModel(url)
    with pytest.raises(DBAPIError) as told:
        await model.open()
    await model.close()
    return told.value


async def test_an_encoding_that_lacks_letters_is_refused_when_the_process_starts(
    postgres: PostgresServer,
) -> None:
    url = postgres.new_database("ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(InputError, match="encoded in LATIN1") as told:
        await ReadModel(url).open()
    assert "ENCODING 'UTF8'" in told.value.remedy
    kept = ReadModel(postgres.new_database("ENCODING 'SQL_ASCII' TEMPLATE template0"))
    await kept.open()
    await kept.close()


async def test_a_role_that_may_make_no_tables_is_told_what_it_lacks(postgres_url: str) -> None:
    name = postgres_url.rsplit("/", 1)[1]
    async with administered(postgres_url, f"CREATE ROLE {name} LOGIN") as url:
        error = await refused(url.replace("postgres@", f"{name}@"))
    assert remedy(error).startswith("Give the role CREATE on the schema, or run `patternwatch migrate`")


async def test_a_database_that_only_reads_is_told_as_one(postgres_url: str, tmp_path: Path) -> None:
    name = postgres_url.rsplit("/", 1)[1]
    read_only = f"ALTER DATABASE {name} SET default_transaction_read_only = on"
    async with administered(postgres_url, read_only) as url:
        error = await refused(url)
    assert is_away(error)
    assert remedy(error).startswith("It is read-only, as a standby is")


async def test_a_statement_that_takes_too_long_is_no_database_that_is_away(postgres_url: str) -> None:
    name = postgres_url.rsplit("/", 1)[1]
    impatient = f"ALTER DATABASE {name} SET statement_timeout = '200ms'"
    model = ReadModel(postgres_url)
    await model.open()
    async with administered(postgres_url, impatient) as url, model.writing() as db:
        await db.execute(text("LOCK TABLE patternwatch_revision"))
        error = await refused(url)
    await model.close()
    assert is_away(error)
    assert remedy(error).startswith("Raise its statement_timeout for this role, or end what holds")


async def test_a_database_that_is_not_there_is_told_as_one(postgres_url: str) -> None:
    error = await refused(postgres_url + "x")
    assert is_away(error)
    assert remedy(error).startswith("Make that database")


async def test_a_statement_that_is_wrong_is_a_fault_of_ours(database_url: str) -> None:
    model = ReadModel(database_url)
    await model.open()
    async with model.writing() as db:
        for wrong in ("SELECT nothing FROM nowhere", "INSERT INTO patternwatch_revision VALUES (NULL)"):
            with pytest.raises(DBAPIError) as told:
                async with db.begin_nested():
                    await db.execute(text(wrong))
            # SQLite has one class for a wrong statement and for a file that is away.
            assert not is_away(told.value) or not model.is_shared
            assert not refuses_value(told.value)
    await model.close()


async def test_a_file_that_is_no_database_or_is_damaged_or_locked_says_what_to_do(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.write_bytes(b"something else " * 1000)
    assert remedy(await refused(f"sqlite:///{other}")).startswith("Name another file, or remove this one")

    damaged = tmp_path / "damaged.db"
    model = ReadModel(f"sqlite:///{damaged}")
    await model.open()
    await model.close()
    damaged.write_bytes(damaged.read_bytes()[:5000] + b"\xff" * 50_000)
    assert remedy(await refused(f"sqlite:///{damaged}")).startswith("Remove the file: another is filled")

    locked = sqlite3.connect(tmp_path / "locked.db", isolation_level=None)
    locked.execute("CREATE TABLE theirs (id INTEGER)")
    locked.execute("BEGIN EXCLUSIVE")
    error = await refused(f"sqlite:///{tmp_path}/locked.db?timeout=0.1")
    locked.close()
    assert remedy(error) == "Another program has the file open: end that one"


async def test_requests_that_need_a_database_that_is_full_or_busy_are_asked_for_again(
    tmp_path: Path, publisher: FakePublisher, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What asyncpg raises for these is of no class by which SQLAlchemy tells an operator's matter."""
    settings = ApiSettings(database_url=postgres_url, web_dir=tmp_path)
    context = context_of(settings, publisher)
    await context.read_model.open()
    app = create_app(context, feed=False)
    path = "/api/v1/tenants/default/alerts"
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8080"
    ) as client:
        for state in ("53300", "57P03", "25006"):

            async def failing(*_args: object, state: str = state) -> None:
                raised = f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$"
                async with context.read_model.writing() as db:
                    await db.execute(text(raised))

            with monkeypatch.context() as patched:
                patched.setattr(context.read_model, "alerts", failing)
                answer = await client.get(path)
            assert answer.status_code == 503, state
            assert answer.headers["Retry-After"]

        async def all_in_use(*_args: object) -> None:
            raise PoolTimeoutError("QueuePool limit of size 5 overflow 10 reached")

        monkeypatch.setattr(context.read_model, "alerts", all_in_use)
        assert (await client.get(path)).status_code == 503
    await context.read_model.close()
