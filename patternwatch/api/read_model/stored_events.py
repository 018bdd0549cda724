"""Events of the streams as they are stored: each process on this database reads them, by number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import uuid4

from sqlalchemy import Connection, Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from patternwatch.api.read_model import tables

EventName: TypeAlias = Literal["progress", "revision", "concluding"]
"""`concluding` is a progress whose report cannot be read yet: for who follows that analysis only."""

_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that is to be stored; its data are a Progress or a ReportRevision as JSON."""

    tenant: str
    name: EventName
    request_id: str
    report_id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class StoredEvent(NewEvent):
    """An event in its place: numbers ascend in the order of the transactions, with gaps."""

    number: int


async def store_events(db: AsyncConnection, events: Sequence[NewEvent], now_ms: int) -> None:
    """Add events, in order."""
    rows = [
        {
            "tenant": event.tenant,
            "name": event.name,
            "request_id": event.request_id,
            "report_id": event.report_id,
            "data": event.data,
            "at_ms": now_ms,
        }
        for event in events
    ]
    if rows:
        await db.execute(insert(tables.events), rows)


def events_after(db: Connection, number: int) -> list[StoredEvent]:
    """The next events after this number, at most 500."""
    t = tables.events
    wanted = select(t).where(t.c.number > number).order_by(t.c.number).limit(_AT_A_TIME)
    return [_event(row) for row in db.execute(wanted)]


def latest_events(db: Connection, limit: int) -> list[StoredEvent]:
    """The latest events, in order."""
    t = tables.events
    rows = db.execute(select(t).order_by(t.c.number.desc()).limit(limit)).all()
    return [_event(row) for row in reversed(rows)]


def epoch_of(db: Connection) -> str | None:
    """Which count the numbers belong to; None where none has begun."""
    return db.execute(select(tables.event_epochs.c.epoch)).scalar()


async def begin_epoch(db: AsyncConnection) -> str:
    """The epoch; a new one where none has begun."""
    found = await db.run_sync(epoch_of)
    if found is None:
        found = uuid4().hex[:12]
        await db.execute(insert(tables.event_epochs), {"epoch": found})
    return found


def _event(row: Row[tuple[object, ...]]) -> StoredEvent:
    fields = row._asdict()
    del fields["at_ms"]
    return StoredEvent(**fields)
