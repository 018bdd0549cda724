"""The latest events of each tenant, numbered: a stream that broke goes on behind the last one it brought."""

import asyncio
import re
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile

_DEPTH = 1000


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it is sent; numbers ascend, and a tenant's are not all there are."""

    number: int
    name: str
    data: bytes


class EventLog:
    """Kept in memory, in every process the same: an id of one is known to all that share its database.

    Readers hold a place in it and not a queue of their own, so that a slow one costs nothing; one that falls
    behind the log's depth starts anew.

    >>> log = EventLog()
    >>> log.begin("1f2e3d", 41)
    >>> at = log.end()
    >>> log.append("shop", Event(42, "progress", b"{}"))
    >>> [event.name for event in log.after("shop", at)], log.after("shop", "of another database-41")
    (['progress'], None)
    """

    def __init__(self, depth: int = _DEPTH) -> None:
        self._epoch, self._floor, self._end = "", 0, 0
        self._depth = depth
        self._floors: dict[str, int] = {}
        self._events: dict[str, deque[Event]] = defaultdict(deque)
        self._news: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.listeners = 0
        """How many streams are open."""
        self.closed = False

    def begin(self, epoch: str, number: int) -> None:
        """The log holds everything after this number of this epoch."""
        self._epoch, self._floor, self._end = epoch, number, number

    def append(self, tenant: str, event: Event) -> None:
        """Add an event, and wake who waits for it."""
        self._end = event.number
        kept = self._events[tenant]
        kept.append(event)
        if len(kept) > self._depth:
            self._floors[tenant] = kept.popleft().number
        self._wake(tenant)

    def reach(self, number: int) -> None:
        """Nothing that these streams are told comes up to this number."""
        self._end = number

    def end(self) -> str:
        """The id of the latest event, or of the place before the first."""
        return self.id_of(self._end)

    def id_of(self, number: int) -> str:
        """The id of the event of this number."""
        return f"{self._epoch}-{number}"

    def is_ahead(self, event_id: str) -> bool:
        """Whether another process has told of this event, and this one has not read it yet."""
        number = self._number(event_id)
        return number is not None and number > self._end

    def after(self, tenant: str, event_id: str) -> list[Event] | None:
        """What came after this id; None where that is not known: another database's, or too long ago."""
        number = self._number(event_id)
        if number is None or not self._floors.get(tenant, self._floor) <= number <= self._end:
            return None
        later = list(takewhile(lambda event: event.number > number, reversed(self._events.get(tenant, ()))))
        return later[::-1]

    def _number(self, event_id: str) -> int | None:
        epoch, _, number = event_id.rpartition("-")
        known = epoch == self._epoch and re.fullmatch(r"[0-9]{1,15}", number)
        return int(number) if known else None

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
