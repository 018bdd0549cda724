"""`next` of one page as `before` of the following one: the sort key of its last row, joined by `~`."""

from typing import Annotated, TypeAlias

from fastapi import Query

from patternwatch.api.read_model.paging import Cursor

_TOLD = "`next` of the page before"
_TIME = r"\d{1,16}"
_ID = r"(?s:.{0,1000})"

Before: TypeAlias = Annotated[
    str | None, Query(pattern=rf"^{_TIME}(~{_ID})?$", description=f"{_TOLD}, or a time in ms")
]
"""Of a list whose latest rows come first."""

BeforeNumbered: TypeAlias = Annotated[str | None, Query(pattern=rf"^{_TIME}~\d{{1,18}}$", description=_TOLD)]
"""Of a list whose latest rows come first, and whose rows have numbers."""

BeforeUrgent: TypeAlias = Annotated[
    str | None, Query(pattern=rf"^\d{{1,2}}~-?{_TIME}~{_ID}$", description=_TOLD)
]
"""Of a list whose most urgent rows come first."""


def read_cursor(before: str | None, numbers: int = 1) -> Cursor | None:
    """What a page before told as `next`: so many numbers, then an id, which may hold any character.

    >>> read_cursor("17~a~b"), read_cursor("3~17~f", numbers=2), read_cursor("17"), read_cursor(None)
    ((17, 'a~b'), (3, 17, 'f'), (17,), None)
    """
    if before is None:
        return None
    parts = before.split("~", numbers)
    return (*map(int, parts[:numbers]), *parts[numbers:])


def write_cursor(cursor: Cursor | None) -> str | None:
    """The cursor as `next`.

    >>> write_cursor((3, 17, "f"))
    '3~17~f'
    """
    return None if cursor is None else "~".join(map(str, cursor))
