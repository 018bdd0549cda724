"""The latest events of each tenant, numbered: a stream that broke goes on behind the last one it brought."""

import asyncio
import re
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

_DEPTH = 1000


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it is sent."""

    number: int
    name: str
    data: bytes


class EventLog:
    """Kept in memory: after a restart, or in another process, an id is not known, and its owner starts anew.

    Readers hold a place in it and not a queue of their own, so that a slow one costs nothing; one that falls
    behind the log's depth starts anew too.

    >>> log = EventLog()
    >>> at = log.end("shop")
    >>> log.append("shop", "progress", b"{}")
    >>> [event.name for event in log.after("shop", at)], log.after("shop", "of another process-7")
    (['progress'], None)
    """

    def __init__(self, depth: int = _DEPTH) -> None:
        self._epoch = uuid4().hex[:12]
        self._ends: dict[str, int] = defaultdict(int)
        self._events: dict[str, deque[Event]] = defaultdict(lambda: deque(maxlen=depth))
        self._news: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.listeners = 0
        """How many streams are open."""
        self.closed = False

    def append(self, tenant: str, name: str, data: bytes) -> None:
        """Add an event, and wake who waits for it."""
        self._ends[tenant] += 1
        self._events[tenant].append(Event(self._ends[tenant], name, data))
        self._wake(tenant)

    def end(self, tenant: str) -> str:
        """The id of the latest event, or of the place before the first."""
        return self.id_of(self._ends[tenant])

    def id_of(self, number: int) -> str:
        """The id of the event of this number."""
        return f"{self._epoch}-{number}"

    def after(self, tenant: str, event_id: str) -> list[Event] | None:
        """What came after this id; None where that is not known: another process's, or too long ago."""
        epoch, _, number = event_id.rpartition("-")
        if epoch != self._epoch or not re.fullmatch(r"[0-9]{1,15}", number):
            return None
        missed = self._ends[tenant] - int(number)
        kept = self._events[tenant]
        if not 0 <= missed <= len(kept):
            return None
        return list(kept)[len(kept) - missed :]

    async def wait(self, tenant: str) -> None:
        """Return when another event has come, or when the process goes down."""
        if not self.closed:
            await self._news[tenant].wait()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Counts an open stream."""
        self.listeners += 1
        try:
            yield
        finally:
            self.listeners -= 1

    def close(self) -> None:
        """End every stream, so that the server can go down without waiting for their clients."""
        self.closed = True
        for tenant in list(self._news):
            self._wake(tenant)

    def _wake(self, tenant: str) -> None:
        news = self._news.pop(tenant, None)
        if news is not None:
            news.set()
