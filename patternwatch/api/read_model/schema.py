"""Brings a database to the tables of this release, whatever release made it (Alembic)."""

from typing import Any

import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from patternwatch.api.read_model import tables
from patternwatch.contracts.errors import InputError

log = structlog.get_logger(__name__)

_VERSIONS = "patternwatch_revision"
"""Not Alembic's own name for it: other programs may use Alembic in the same database."""
_LAYOUTS = "patternwatch_layout"
_FIRST_LAYOUT = 7
"""Before there were revisions a table held the layout's number, and 7 is the first revision."""


def upgrade(db: Connection) -> None:
    """Bring the tables to the newest revision, within the transaction of this connection.

    Raises InputError where a newer release has made them, or where the database cannot hold every text.
    """
    _require_unicode(db)
    config, scripts = _config(db)
    newest = scripts.get_current_head()
    found = MigrationContext.configure(db, opts=migration_options()).get_current_revision()
    if found == newest:
        return
    if found is None:
        _adopt(db, config)
    elif found not in {script.revision for script in scripts.walk_revisions()}:
        raise InputError(
            f"The database is at revision {found}, and this release knows revisions up to {newest}",
            "A newer release has been here: run that one, or give this one an empty database, which it "
            "fills from the topics",
        )
    command.upgrade(config, "head")
    log.info("read_model.migrated", from_revision=found or "none", to_revision=newest)


def _require_unicode(db: Connection) -> None:
    """A record with one letter that the encoding lacks would be passed over; SQL_ASCII keeps any."""
    if db.dialect.name != "postgresql":
        return
    encoding = str(db.execute(text("SHOW server_encoding")).scalar())
    if encoding not in ("UTF8", "SQL_ASCII"):
        raise InputError(
            f"The database is encoded in {encoding}, which lacks letters that labels may have",
            "Make one with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0, and name it in "
            "PATTERNWATCH_DATABASE_URL",
        )


def migration_options() -> dict[str, Any]:
    """What Alembic is to know of our tables: which are ours, and that a change is all or nothing."""
    return {
        "target_metadata": tables.metadata,
        "version_table": _VERSIONS,
        "transactional_ddl": True,
        "include_name": _is_ours,
    }


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Other tables in the database are not ours to change, such as that of the tokens."""
    return kind != "table" or name in tables.metadata.tables or name == _LAYOUTS


def _config(db: Connection) -> tuple[Config, ScriptDirectory]:
    config = Config()
    config.set_main_option("script_location", "patternwatch.api.read_model:migrations")
    config.attributes["connection"] = db
    return config, ScriptDirectory.from_config(config)


def _adopt(db: Connection, config: Config) -> None:
    """What stands in a database without a revision: nothing, the first tables, or older ones."""
    there = {name for name in inspect(db).get_table_names() if _is_ours(name, "table", None)}
    if not there:
        return
    asked = text(f"SELECT number FROM {_LAYOUTS}")
    number = db.execute(asked).scalar() if _LAYOUTS in there else None
    if number == _FIRST_LAYOUT:
        command.stamp(config, "0001")
        there = {_LAYOUTS}
    else:
        # From before 0.2.0, or half made: the topics fill it again.
        log.warning("read_model.rebuilt", found_layout=number, layout=_FIRST_LAYOUT)
    for name in sorted(there):
        db.exec_driver_sql(f'DROP TABLE "{name}"')
