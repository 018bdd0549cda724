"""Pages of a list: where one ends the next begins, whatever is added meanwhile (keyset pagination)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select

T = TypeVar("T")

Cursor: TypeAlias = tuple[int | str, ...]
"""The sort key of the last row of a page."""

SortKey: TypeAlias = Sequence[tuple[ColumnElement[Any], bool]]
"""Columns to sort by, each with whether it descends; together they are unique within a tenant."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list, how many it has in all, and where its next page begins."""

    rows: list[T]
    total: int
    next: Cursor | None


def pages_of(wanted: Select[Any], key: SortKey, before: Cursor | None) -> list[Select[Any]]:
    """Queries whose rows, one query after the other, are those behind a cursor, in order.

    Each is one range of an index over the key: with the conditions joined by OR, databases read everything
    behind the cursor and sort it. A cursor may be shorter than the key: it then stands before every row that
    begins with it.
    """
    ordered = wanted.order_by(*(column.desc() if descends else column.asc() for column, descends in key))
    if before is None:
        return [ordered]
    # First the rows that share most of the cursor.
    return [ordered.where(*_behind(key, before[: place + 1])) for place in reversed(range(len(before)))]


def _behind(key: SortKey, before: Cursor) -> list[ColumnElement[bool]]:
    """Equal to the cursor but for its last part, and behind it there."""
    *same, ((column, descends), value) = zip(key, before, strict=False)
    equal = [other == known for (other, _), known in same]
    return [*equal, column < value if descends else column > value]


def page(
    db: Connection, wanted: Select[Any], key: SortKey, before: Cursor | None, limit: int
) -> list[Row[Any]]:
    """The rows behind a cursor; one row more than asked for tells that others follow."""
    found: list[Row[Any]] = []
    for query in pages_of(wanted, key, before):
        found += db.execute(query.limit(limit + 1 - len(found))).all()
        if len(found) > limit:
            break
    return found


def next_cursor(rows: Sequence[Any], key: SortKey, limit: int) -> Cursor | None:
    """The cursor of the page behind these rows, as `page` found them; None where they are the last."""
    if len(rows) <= limit:
        return None
    return tuple(rows[limit - 1]._mapping[column] for column, _ in key)
