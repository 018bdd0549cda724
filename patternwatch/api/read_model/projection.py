"""How a record changes the read model. Every change may be applied again, and in another order.

An alert yields to one received later, an analysis never goes back a stage, a report yields to a higher
revision only, and what lies before a tombstone on the topic stays deleted.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Table, and_, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from patternwatch.api.read_model import tables
from patternwatch.api.read_model.rows import ReportHeader
from patternwatch.api.read_model.severity import urgency
from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import UndecodableError
from patternwatch.contracts.joined_alerts import JoinedAlert
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.matchers import format_selector
from patternwatch.contracts.messages import Alert, AnalysisRequest, Message, Progress, Stage
from patternwatch.contracts.report import Report
from patternwatch.contracts.topics import LABELLED_EXAMPLES, REPORTS, Topic
from patternwatch.kafka.producer import RecordPosition

STAGE_RANKS: dict[Stage, int] = {
    "accepted": 0,
    "planned": 1,
    "analysing": 2,
    "concluded": 3,
    "quiet": 3,
    "failed": 3,
}

_DELETABLE = {
    REPORTS.name: (tables.reports, "report_id"),
    LABELLED_EXAMPLES.name: (tables.examples, "example_id"),
}
"""Table and id of what a null value on its topic deletes."""

Newer: TypeAlias = Callable[[Any, Any], ColumnElement[bool]]
"""Given the columns of the row that is there and of the one that comes: whether to replace it."""


async def apply_alert(db: AsyncConnection, alert: Alert) -> None:
    """Keep the alert as it was last received."""
    row = {
        "tenant": alert.tenant,
        "fingerprint": alert.fingerprint,
        "replica_key": alert.replica_key,
        "status": alert.status,
        "urgency": urgency(alert),
        "starts_at_ms": alert.starts_at_ms,
        "received_at_ms": alert.received_at_ms,
        "body": _storable(alert),
    }
    await _upsert(db, tables.alerts, row, newer=lambda old, new: new.received_at_ms >= old.received_at_ms)


async def apply_joined(db: AsyncConnection, joined: JoinedAlert) -> None:
    """Keep which analysis the alert belongs to."""
    row = joined.model_dump(include=set(tables.joined_alerts.c.keys()))
    await _upsert(db, tables.joined_alerts, row, newer=lambda old, new: new.at_ms >= old.at_ms)


async def is_known(db: AsyncConnection, tenant: str, request_id: str) -> bool:
    """Whether this analysis is in the read model."""
    t = tables.analyses
    found = await db.execute(select(t.c.stage).where(t.c.tenant == tenant, t.c.request_id == request_id))
    return found.first() is not None


async def apply_request(db: AsyncConnection, request: AnalysisRequest) -> None:
    """Keep what the analysis is about; its stage stays where it already is."""
    about = {
        "requested_at_ms": request.requested_at_ms,
        "selector": format_selector(request.matchers),
        "alert_fingerprint": request.alert.fingerprint if request.alert else None,
        "window": request.window.model_dump_json(),
        "compared_with": request.compare,
    }
    accepted = Progress(
        request_id=request.request_id,
        tenant=request.tenant,
        trigger=request.trigger,
        title=request.title,
        stage="accepted",
        at_ms=request.requested_at_ms,
    )
    await _upsert(db, tables.analyses, _stage_row(accepted) | about, changes=tuple(about))


async def apply_progress(db: AsyncConnection, progress: Progress) -> bool:
    """Move the analysis on; False where it was already there or further."""
    stages = _stage_row(progress)
    row = stages | {"requested_at_ms": progress.at_ms}
    return await _upsert(db, tables.analyses, row, changes=tuple(stages), newer=_further)


async def apply_report(db: AsyncConnection, report: Report, at: RecordPosition) -> bool:
    """Keep the report, and conclude its analysis.

    False where this revision, a higher one or a later tombstone is there already.
    """
    if await _is_void(db, REPORTS, report.tenant, report.report_id, at):
        return False
    published_at_ms = report.published_at_ms or report.requested_at_ms
    row = {
        "tenant": report.tenant,
        "report_id": report.report_id,
        "request_id": report.request_id,
        "revision": report.revision,
        "published_at_ms": published_at_ms,
        "header": _storable(ReportHeader.of(report)),
        "body": _storable(report),
    }
    if not await _upsert(db, tables.reports, row, newer=lambda old, new: new.revision > old.revision):
        return False
    conclusion = Progress(
        request_id=report.request_id,
        tenant=report.tenant,
        trigger=report.trigger,
        title=report.title,
        stage="failed" if report.status == "failed" else "concluded",
        note=report.reason,
        report_id=report.report_id,
        at_ms=published_at_ms,
    )
    about = {
        "requested_at_ms": report.requested_at_ms,
        "selector": report.selector,
        "alert_fingerprint": report.alert.fingerprint if report.alert else None,
        "window": report.window.model_dump_json(),
        "compared_with": report.compare,
    }
    stages = _stage_row(conclusion)
    await _upsert(db, tables.analyses, stages | about, changes=tuple(about))
    # Its shard counts are known from the progress only, so they are left as they are.
    told = tuple(name for name in stages if name not in ("done", "of"))
    await _upsert(db, tables.analyses, stages | about, changes=told, newer=_further)
    return True


async def apply_example(db: AsyncConnection, example: LabelledExample, at: RecordPosition) -> None:
    """Keep what was last said of this window, unless it was taken back later."""
    if await _is_void(db, LABELLED_EXAMPLES, example.tenant, example.example_id, at):
        return
    row = {
        "tenant": example.tenant,
        "example_id": example.example_id,
        "labelled_at_ms": example.labelled_at_ms,
        "body": _storable(example),
    }
    await _upsert(db, tables.examples, row, newer=lambda old, new: new.labelled_at_ms >= old.labelled_at_ms)


async def apply_tombstone(
    db: AsyncConnection, topic: Topic, tenant: str, key: str, at: RecordPosition
) -> None:
    """The report or example with this id is deleted on its topic: delete it here."""
    d = tables.deletions
    if await _is_void(db, topic, tenant, key, at):
        return
    await _delete(db, topic, tenant, key)
    here = and_(d.c.cluster == at.cluster, d.c.topic == topic.name)
    await db.execute(delete(d).where(here, d.c.tenant == tenant, d.c.id == key))


async def forget(db: AsyncConnection, topic: Topic, tenant: str, key: str, at: RecordPosition) -> None:
    """We have just sent a tombstone: delete it now, and keep what lies before the tombstone deleted."""
    await _delete(db, topic, tenant, key)
    row = {"cluster": at.cluster, "topic": topic.name, "tenant": tenant, "id": key, "offset": at.offset}
    await _upsert(db, tables.deletions, row, newer=lambda old, new: new.offset > old.offset)


async def _delete(db: AsyncConnection, topic: Topic, tenant: str, key: str) -> None:
    table, named = _DELETABLE[topic.name]
    await db.execute(delete(table).where(table.c.tenant == tenant, table.c[named] == key))


async def move_position(db: AsyncConnection, cluster: str, topic: str, partition: int, to: int) -> None:
    """The feed goes on from here; never backwards, since another process may be ahead."""
    row = {"cluster": cluster, "topic": topic, "partition": partition, "next_offset": to}
    await _upsert(db, tables.positions, row, newer=lambda old, new: new.next_offset > old.next_offset)


async def reset_position(db: AsyncConnection, cluster: str, topic: str, partition: int) -> None:
    """The topic was made anew: what we know of its offsets is void."""
    p, d = tables.positions, tables.deletions
    here = and_(p.c.cluster == cluster, p.c.topic == topic, p.c.partition == partition)
    await db.execute(delete(p).where(here))
    await db.execute(delete(d).where(d.c.cluster == cluster))


async def _is_void(db: AsyncConnection, topic: Topic, tenant: str, key: str, at: RecordPosition) -> bool:
    """Whether a tombstone that we know of lies behind this record."""
    d = tables.deletions
    found = await db.execute(
        select(d.c.offset).where(
            d.c.cluster == at.cluster,
            d.c.topic == topic.name,
            d.c.tenant == tenant,
            d.c.id == key,
            d.c.offset > at.offset,
        )
    )
    return found.first() is not None


def _storable(message: Message) -> bytes:
    try:
        return encode(message)
    except TypeError as error:
        # JSON may hold larger whole numbers than anyone downstream takes.
        raise UndecodableError(f"A {type(message).__name__} that cannot be stored: {error}") from error


def _stage_row(progress: Progress) -> dict[str, Any]:
    return progress.model_dump(exclude={"schema_version"}) | {"stage_rank": STAGE_RANKS[progress.stage]}


def _further(old: Any, new: Any) -> ColumnElement[bool]:
    later = or_(new.at_ms > old.at_ms, and_(new.at_ms == old.at_ms, new.done > old.done))
    return or_(new.stage_rank > old.stage_rank, and_(new.stage_rank == old.stage_rank, later))


async def _upsert(
    db: AsyncConnection,
    table: Table,
    row: dict[str, Any],
    changes: tuple[str, ...] | None = None,
    newer: Newer | None = None,
) -> bool:
    """Insert the row, or change these columns (all of them) where `newer(old, new)`; whether it did."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    key = [column.name for column in table.primary_key]
    wanted = dialect.insert(table).values(row)
    new = wanted.excluded
    names = [name for name in (changes or row) if name not in key]
    done = await db.execute(
        wanted.on_conflict_do_update(
            index_elements=key,
            set_={name: new[name] for name in names},
            where=None if newer is None else newer(table.c, new),
        )
    )
    return done.rowcount > 0
