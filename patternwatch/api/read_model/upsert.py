"""Insert rows, or change those that are there, in the words of either database."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Newer: TypeAlias = Callable[[Any, Any], ColumnElement[bool]]
"""Given the columns of the row that is there and of the one that comes: whether to replace it.

A function of a module, or one of `higher` and `not_lower`: the statement is kept by it.
"""


@cache
def higher(column: str) -> Newer:
    """A row with a higher value there replaces the one that is there."""
    return lambda old, new: new[column] > old[column]


@cache
def not_lower(column: str) -> Newer:
    """A row with a higher value there, or with the same, replaces the one that is there."""
    return lambda old, new: new[column] >= old[column]


async def upsert(
    db: AsyncConnection,
    table: Table,
    row: dict[str, Any],
    changes: tuple[str, ...] | None = None,
    newer: Newer | None = None,
) -> bool:
    """Insert the row, or change these columns (all of them) where `newer(old, new)`; whether it did."""
    done = await db.execute(_statement(db.dialect.name, table, tuple(row), changes, newer), row)
    return done.rowcount > 0


async def upsert_all(
    db: AsyncConnection,
    table: Table,
    rows: Sequence[dict[str, Any]],
    changes: tuple[str, ...] | None = None,
    newer: Newer | None = None,
) -> None:
    """The same for rows of the same columns, in order, with one round trip for all of them."""
    if rows:
        await db.execute(_statement(db.dialect.name, table, tuple(rows[0]), changes, newer), list(rows))


@cache
def _statement(
    dialect_name: str,
    table: Table,
    columns: tuple[str, ...],
    changes: tuple[str, ...] | None,
    newer: Newer | None,
) -> Any:
    """The statement, kept: with its columns of `excluded` it takes longer to make than to execute."""
    dialect = postgresql if dialect_name == "postgresql" else sqlite
    key = [column.name for column in table.primary_key]
    wanted = dialect.insert(table)
    new = wanted.excluded
    return wanted.on_conflict_do_update(
        index_elements=key,
        set_={name: new[name] for name in changes or columns if name not in key},
        where=None if newer is None else newer(table.c, new),
    )
