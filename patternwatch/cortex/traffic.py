"""What was asked of a source while something was done: requests, and bytes of their answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Traffic:
    """Requests that were sent, tries again included, and bytes that came back, unpacked."""

    requests: int = 0
    bytes: int = 0


_COUNTING: ContextVar[Traffic | None] = ContextVar("traffic", default=None)


@contextmanager
def counted_traffic() -> Iterator[Traffic]:
    """Count while this is open, also in tasks that are started in it.

    >>> with counted_traffic() as traffic:
    ...     note_request()
    ...     note_bytes(1200)
    >>> note_request()
    >>> traffic
    Traffic(requests=1, bytes=1200)
    """
    traffic = Traffic()
    token = _COUNTING.set(traffic)
    try:
        yield traffic
    finally:
        _COUNTING.reset(token)


def note_request() -> None:
    """A request is sent."""
    counting = _COUNTING.get()
    if counting is not None:
        counting.requests += 1


def note_bytes(count: int) -> None:
    """So many bytes of an answer are there."""
    counting = _COUNTING.get()
    if counting is not None:
        counting.bytes += count
