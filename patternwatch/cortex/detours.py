"""Doors of a source that were refused and gone around: what for, and why, told to whoever collects that.

An analysis takes the next way and says nothing of it. `doctor` tells each: a detour costs time, and the
refusal names what to change.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from patternwatch.contracts.errors import SourceError

_LISTENING: ContextVar[dict[str, SourceError] | None] = ContextVar("detours", default=None)


@contextmanager
def detours() -> Iterator[dict[str, SourceError]]:
    """Collect refusals by the door that is gone around, the first of each, also in tasks started in it.

    >>> with detours() as found:
    ...     note_detour("POST", SourceError("403: no"))
    ...     note_detour("POST", SourceError("403: still no"))
    >>> {door: error.problem for door, error in found.items()}
    {'POST': '403: no'}
    """
    found: dict[str, SourceError] = {}
    token = _LISTENING.set(found)
    try:
        yield found
    finally:
        _LISTENING.reset(token)


def note_detour(door: str, error: SourceError) -> None:
    """Tell that a door was refused and another one is taken."""
    found = _LISTENING.get()
    if found is not None:
        found.setdefault(door, error)
