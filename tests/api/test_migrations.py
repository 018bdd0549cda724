"""Databases that other releases made: brought to this one's tables with their rows, or refused with words."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.schema import CreateIndex
from typer.testing import CliRunner, Result

from patternwatch.api.app import create_app
from patternwatch.api.read_model import tables
from patternwatch.api.read_model.database import Database
from patternwatch.api.read_model.projection import apply_alert, apply_report
from patternwatch.api.read_model.queries import ReadModel
from patternwatch.api.read_model.schema import migration_options, upgrade
from patternwatch.api.settings import ApiSettings
from patternwatch.cli.main import app
from patternwatch.contracts.access_settings import AccessSettings
from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import InputError
from tests.fakes.api import context_of
from tests.fakes.audit import an_audit_entry
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import a_position, a_report, an_alert
from tests.fakes.publisher import FakePublisher

OLD = Path(__file__).parents[1] / "fixtures" / "read_model_7"
"""The statements of the release before there were revisions, as it sent them."""

NEWEST = "0005"
URGENT = "patternwatch_alerts_urgent"

ROWS: dict[str, dict[str, Any]] = {
    "alerts": {
        "tenant": "a",
        "fingerprint": "f1",
        "replica_key": "",
        "status": "firing",
        "urgency": 2,
        "starts_at_ms": NOW_MS,
        "received_at_ms": NOW_MS,
        "body": encode(an_alert()),
    },
    "reports": {
        "tenant": "a",
        "report_id": "r1",
        "request_id": "r1",
        "revision": 1,
        "published_at_ms": NOW_MS,
        "header": encode(a_report()).replace(b'"findings":', b'"findings_total":2,"omitted_":'),
        "body": encode(a_report()),
    },
    "positions": {"cluster": "c", "topic": "t", "partition": 0, "next_offset": 7},
}


async def make_old(url: str, layout: int | None = 7, only: str = "") -> None:
    """A database as it was, with some rows; `only` makes but the statements that name this."""
    model = ReadModel(url)
    kind = "postgresql" if model.is_shared else "sqlite"
    async with model.writing() as db:
        for statement in (OLD / f"{kind}.sql").read_text().split(";"):
            if statement.strip() and only in statement:
                await db.exec_driver_sql(statement)
        if layout is not None:
            await db.execute(text("INSERT INTO patternwatch_layout VALUES (:number)"), {"number": layout})
        if not only:
            for name, row in ROWS.items():
                names, values = ", ".join(row), ", ".join(f":{column}" for column in row)
                added = f"INSERT INTO patternwatch_{name} ({names}) VALUES ({values})"
                await db.execute(text(added), row)
    await model.close()


async def opened(url: str) -> ReadModel:
    model = ReadModel(url)
    await model.open()
    return model


def differences(db: Connection) -> list[Any]:
    found = list(compare_metadata(MigrationContext.configure(db, opts=migration_options()), tables.metadata))
    if db.dialect.name == "sqlite":
        # SQLite does not tell which columns of an index descend: compare the statement.
        (made,) = [str(CreateIndex(i)) for i in tables.alerts.indexes if i.name == URGENT]
        there = text("SELECT sql FROM sqlite_master WHERE name = :name")
        assert db.execute(there, {"name": URGENT}).scalar() == made
        found = [each for each in found if getattr(each[1], "name", "") != URGENT]
    return found


async def test_a_new_database_has_the_tables_of_the_models(database_url: str) -> None:
    model = await opened(database_url)
    assert await model.read(differences) == []
    await model.close()


async def test_an_old_database_keeps_its_rows_and_gets_the_tables_of_the_models(database_url: str) -> None:
    await make_old(database_url)
    model = await opened(database_url)
    assert await model.read(differences) == []
    assert [alert.fingerprint for alert in (await model.alerts("a", None, 10)).rows] == ["f1"]
    assert [header.report_id for header in (await model.reports("a", 10)).rows] == ["r1"]
    assert (await model.report("a", "r1")).body == ROWS["reports"]["body"]
    assert await model.positions("c") == {("t", 0): 7}
    async with model.writing() as db:
        await apply_report(db, a_report(revision=2), a_position(1))
    assert (await model.report_header("a", "r1")).revision == 2
    await model.close()
    again = await opened(database_url)
    assert (await again.alerts("a", None, 10)).total == 1
    await again.close()


@pytest.mark.parametrize(("layout", "only"), [(6, ""), (8, ""), (None, "layout"), (None, "alerts")])
async def test_an_older_or_half_made_database_is_made_anew(
    database_url: str, layout: int | None, only: str
) -> None:
    await make_old(database_url, layout, only)
    model = await opened(database_url)
    assert await model.read(differences) == []
    assert await model.positions("c") == {}
    async with model.writing() as db:
        await apply_alert(db, an_alert())
    await model.close()
    again = await opened(database_url)
    assert (await again.alerts("a", None, 10)).total == 1
    await again.close()


async def test_the_database_of_a_newer_release_is_refused_and_left_as_it_is(database_url: str) -> None:
    model = await opened(database_url)
    async with model.writing() as db:
        await apply_alert(db, an_alert())
        await db.execute(text("UPDATE patternwatch_revision SET version_num = '9999'"))
    await model.close()
    with pytest.raises(InputError, match=f"revision 9999, .* up to {NEWEST}") as told:
        await opened(database_url)
    assert "A newer release has been here" in told.value.remedy
    async with model.writing() as db:
        assert (await db.execute(text("SELECT count(*) FROM patternwatch_alerts"))).scalar() == 1
    await model.close()


async def test_a_migration_that_fails_leaves_the_old_tables(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_old(database_url)

    def failing(db: Connection) -> None:
        upgrade(db)
        raise OSError("the disk is full")

    monkeypatch.setattr("patternwatch.api.read_model.database.schema.upgrade", failing)
    with pytest.raises(OSError, match="full"):
        await opened(database_url)
    model = ReadModel(database_url)
    found = await model.read(lambda db: set(inspect(db).get_table_names()))
    await model.close()
    assert "patternwatch_layout" in found
    assert "patternwatch_events" not in found


async def test_another_programs_tables_are_left_alone(database_url: str) -> None:
    model = ReadModel(database_url)
    async with model.writing() as db:
        await db.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        await db.execute(text("CREATE TABLE theirs (id INTEGER)"))
        await db.execute(text("CREATE TABLE patternwatch_tokens (id INTEGER)"))
        await db.execute(text("CREATE TABLE patternwatch_layout (number INTEGER)"))
    await model.close()
    model = await opened(database_url)
    found = await model.read(lambda db: set(inspect(db).get_table_names()))
    assert {
        "alembic_version",
        "theirs",
        "patternwatch_tokens",
        "patternwatch_revision",
        "patternwatch_alerts",
    } <= found
    await model.close()


async def migrate(url: str) -> Result:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PATTERNWATCH_DATABASE_URL", url)
        return await asyncio.to_thread(CliRunner().invoke, app, ["migrate"])


async def test_the_command_migrates_without_the_api(database_url: str) -> None:
    await make_old(database_url)
    done = await migrate(database_url)
    assert (done.exit_code, done.stdout) == (0, "The tables are those of this release.\n"), done.stderr
    model = ReadModel(database_url)
    assert await model.read(differences) == []
    await model.close()


async def test_a_role_that_may_change_no_tables_serves_after_it(postgres_url: str, tmp_path: Path) -> None:
    """As docs/operations.md says; the table of the tokens was not made, and the API could not start."""
    done = await migrate(postgres_url)
    assert done.exit_code == 0, done.stderr
    role = postgres_url.rsplit("/", 1)[1]
    owner = Database(postgres_url)
    async with owner.writing() as db:
        for statement in (
            f"CREATE ROLE {role} LOGIN",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
            f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
        ):
            await db.execute(text(statement))
    await owner.close()
    url = postgres_url.replace("postgres@", f"{role}@")
    settings = ApiSettings(database_url=url, web_dir=tmp_path, access=AccessSettings(mode="token"))
    context = context_of(settings, FakePublisher())
    api = create_app(context, feed=False)
    async with api.router.lifespan_context(api):
        await context.read_model.keep_audit_entry(an_audit_entry())
        async with context.read_model.writing() as db:
            await apply_alert(db, an_alert())


async def test_a_second_user_of_a_sqlite_file_is_told_so(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/m.db"
    model = await opened(url)
    done = await migrate(url)
    assert done.exit_code == 2
    assert "Another process uses the read model" in done.stderr
    assert "PostgreSQL" in done.stderr
    with pytest.raises(InputError, match="Another process uses"):
        await opened(url)
    await model.close()
    assert (await migrate(url)).exit_code == 0
    with pytest.raises(InputError, match="cannot be used: No such file"):
        await opened(f"sqlite:///{tmp_path}/nowhere/m.db")
