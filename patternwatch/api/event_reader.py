"""From the stored events to the open event streams of this process."""

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError

from patternwatch.api.broadcast import Broadcaster
from patternwatch.api.event_log import Event, EventLog
from patternwatch.api.read_model.database import Database
from patternwatch.api.read_model.database_errors import in_words
from patternwatch.api.read_model.stored_events import (
    StoredEvent,
    begin_epoch,
    events_after,
    latest_events,
)
from patternwatch.contracts.codec import decode
from patternwatch.contracts.errors import MessageError
from patternwatch.contracts.progress import Progress

log = structlog.get_logger(__name__)

_POLL_S = 0.2
_RETRY_S = 2.0
_AT_THE_START = 10_000


class EventReader:
    """Tells this process's streams what the feed has stored, in order, each event once.

    Other processes than the feed's ask for new events five times a second. PostgreSQL's NOTIFY would tell
    them sooner, but is lost with a connection and does not pass poolers, so they would have to ask all the
    same.
    """

    def __init__(self, database: Database, event_log: EventLog, broadcaster: Broadcaster) -> None:
        self._database, self._log, self._broadcaster = database, event_log, broadcaster
        self._reached: int | None = None
        self._reading = asyncio.Lock()

    async def begin(self) -> None:
        """Know the events that are there already, so that a stream that broke goes on here; once."""
        async with self._reading:
            if self._reached is not None:
                return
            async with self._database.writing() as db:
                epoch = await begin_epoch(db)
            found = await self._database.read(lambda db: latest_events(db, _AT_THE_START))
            self._log.begin(epoch, found[0].number - 1 if found else 0)
            for event in found:
                self._keep(event)
            self._reached = found[-1].number if found else 0

    async def catch_up(self) -> None:
        """Tell everything that has been stored up to now."""
        await self.begin()
        async with self._reading:
            while found := await self._database.read(lambda db: events_after(db, self._reached or 0)):
                for event in found:
                    self._keep(event)
                    self._reached = event.number
                    self._broadcast(event)

    async def follow(self) -> None:
        """Tell what other processes store, until cancelled."""
        while True:
            try:
                await self.catch_up()
            except (SQLAlchemyError, OSError) as error:
                log.warning("events.not_read", reason=in_words(error), again_in_s=_RETRY_S)
                await asyncio.sleep(_RETRY_S)
            await asyncio.sleep(_POLL_S)

    def _broadcast(self, event: StoredEvent) -> None:
        if event.name == "revision":
            return
        try:
            self._broadcaster.send(decode(event.data, Progress))
        except MessageError as error:
            # Another release may have written it; its browsers load anew from the read model.
            log.warning("events.not_readable", number=event.number, reason=str(error))

    def _keep(self, event: StoredEvent) -> None:
        if event.name == "concluding":
            self._log.reach(event.number)
        else:
            self._log.append(event.tenant, Event(event.number, event.name, event.data))
