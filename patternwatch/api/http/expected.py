"""How many a caller means to delete: what nobody has seen is not deleted along with the rest."""

from typing import Annotated, TypeAlias

from fastapi import Query

from patternwatch.contracts.errors import ConflictError

ExpectedCount: TypeAlias = Annotated[
    int | None,
    Query(
        ge=0, description="Delete only if there are just as many; else nothing is deleted, and 409 answered"
    ),
]


def require_count(expected: int | None, found: int, what: str) -> None:
    """Raise ConflictError where there are not as many as the caller expects."""
    if expected is None or expected == found:
        return
    there = f"There is 1 {what}" if found == 1 else f"There are {found} {what}s"
    raise ConflictError(
        f"{there} now, not {expected}: nothing was deleted",
        "Look at the list again, and then delete what it shows",
    )
