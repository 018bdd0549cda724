"""What is deleted stays deleted: what lies before a tombstone on its topic is void."""

from typing import Any

from sqlalchemy import and_, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from patternwatch.api.read_model import tables
from patternwatch.api.read_model.upsert import higher, not_lower, upsert, upsert_all
from patternwatch.contracts.topics import (
    LABELLED_EXAMPLES,
    REPORTS,
    WATCH_DEFINITIONS,
    WATCH_STATES,
    Topic,
)
from patternwatch.kafka.producer import RecordPosition

DELETABLE = {
    REPORTS.name: (tables.reports, "report_id"),
    LABELLED_EXAMPLES.name: (tables.examples, "example_id"),
    WATCH_DEFINITIONS.name: (tables.watches, "name"),
    WATCH_STATES.name: (tables.watch_states, "watch"),
}
"""Table and id of what a null value on its topic deletes."""


async def apply_tombstone(
    db: AsyncConnection, topic: Topic, tenant: str, key: str, at: RecordPosition
) -> None:
    """What has this id is deleted on its topic: delete it here."""
    d = tables.deletions
    if await is_void(db, topic, tenant, key, at):
        return
    await _delete(db, topic, tenant, [key])
    here = and_(d.c.cluster == at.cluster, d.c.topic == topic.name)
    await db.execute(delete(d).where(here, d.c.tenant == tenant, d.c.id == key))


async def forget(db: AsyncConnection, topic: Topic, tenant: str, sent: dict[str, RecordPosition]) -> None:
    """We have just sent tombstones: delete these ids now, and keep what lies before the tombstones deleted.

    sent  where the tombstone of each id lies
    """
    await _delete(db, topic, tenant, list(sent))
    rows: list[dict[str, Any]] = [
        {"cluster": at.cluster, "topic": topic.name, "tenant": tenant, "id": key, "offset": at.offset}
        for key, at in sent.items()
    ]
    await upsert_all(db, tables.deletions, rows, newer=higher("offset"))


async def keep_latest(
    db: AsyncConnection, topic: Topic, row: dict[str, Any], changed_by: str, at: RecordPosition
) -> None:
    """Keep a row of what this topic holds, unless it was deleted later or a later one is there.

    changed_by  the column that tells which of two is the later one; of equals the second
    """
    table, named = DELETABLE[topic.name]
    if await is_void(db, topic, row["tenant"], row[named], at):
        return
    await upsert(db, table, row, newer=not_lower(changed_by))


async def is_void(db: AsyncConnection, topic: Topic, tenant: str, key: str, at: RecordPosition) -> bool:
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


async def _delete(db: AsyncConnection, topic: Topic, tenant: str, keys: list[str]) -> None:
    table, named = DELETABLE[topic.name]
    await db.execute(delete(table).where(table.c.tenant == tenant, table.c[named].in_(keys)))
