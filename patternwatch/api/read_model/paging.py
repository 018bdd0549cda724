"""Pages of a list: where one ends the next begins, whatever is added meanwhile (keyset pagination)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_

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


def page_of(wanted: Select[Any], key: SortKey, before: Cursor | None, limit: int) -> Select[Any]:
    """The query for the rows behind a cursor, in order; one row more than asked for tells that others follow.

    A cursor may be shorter than the key: it then stands before every row that begins with it.
    """
    if before is not None:
        wanted = wanted.where(_behind(key, before))
    order = [column.desc() if descends else column.asc() for column, descends in key]
    return wanted.order_by(*order).limit(limit + 1)


def _behind(key: SortKey, before: Cursor) -> ColumnElement[bool]:
    cases = []
    for place, ((column, descends), value) in enumerate(zip(key, before, strict=False)):
        same = [other == known for (other, _), known in zip(key[:place], before, strict=False)]
        cases.append(and_(*same, column < value if descends else column > value))
    return or_(*cases)


def next_cursor(rows: Sequence[Any], key: SortKey, limit: int) -> Cursor | None:
    """The cursor of the page behind these rows, as `page_of` found them; None where they are the last."""
    if len(rows) <= limit:
        return None
    return tuple(rows[limit - 1]._mapping[column] for column, _ in key)
