"""Watches and how they do, as the read model keeps them."""

from sqlalchemy import Connection, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from patternwatch.api.read_model import tables
from patternwatch.api.read_model.database import Database
from patternwatch.api.read_model.projection import storable
from patternwatch.api.read_model.tombstones import keep_latest
from patternwatch.contracts.codec import decode
from patternwatch.contracts.topics import WATCH_DEFINITIONS, WATCH_STATES
from patternwatch.contracts.watch_states import WatchState
from patternwatch.contracts.watches import Watch
from patternwatch.kafka.producer import RecordPosition


async def apply_watch(db: AsyncConnection, watch: Watch, at: RecordPosition) -> None:
    """Keep a watch as it was last changed, unless it was ended later."""
    row = {
        "tenant": watch.tenant,
        "name": watch.name,
        "changed_at_ms": watch.changed_at_ms,
        "body": storable(watch),
    }
    await keep_latest(db, WATCH_DEFINITIONS, row, "changed_at_ms", at)


async def apply_watch_state(db: AsyncConnection, state: WatchState, at: RecordPosition) -> None:
    """Keep how a watch does at its latest look."""
    row = {"tenant": state.tenant, "watch": state.watch, "at_ms": state.at_ms, "body": storable(state)}
    await keep_latest(db, WATCH_STATES, row, "at_ms", at)


class WatchQueries(Database):
    """The database with the queries for watches; every one names its tenant."""

    async def watches(self, tenant: str) -> list[Watch]:
        """Every watch that was made as data, by name."""
        t = tables.watches
        rows = await self.rows(select(t.c.body).where(t.c.tenant == tenant).order_by(t.c.name))
        return [decode(row.body, Watch) for row in rows]

    async def watch(self, tenant: str, name: str) -> Watch | None:
        """One of them."""
        t = tables.watches
        row = await self.row(select(t.c.body).where(t.c.tenant == tenant, t.c.name == name))
        return None if row is None else decode(row.body, Watch)

    async def watch_count(self, tenant: str) -> int:
        """How many there are."""
        t = tables.watches
        (row,) = await self.rows(select(func.count().label("watches")).where(t.c.tenant == tenant))
        return int(row.watches)

    async def watch_states(self, tenant: str) -> dict[str, WatchState]:
        """How each watch of this tenant does, by its name; those of the settings too."""
        t = tables.watch_states

        def read(db: Connection) -> dict[str, WatchState]:
            rows = db.execute(select(t.c.watch, t.c.body).where(t.c.tenant == tenant))
            return {row.watch: decode(row.body, WatchState) for row in rows}

        return await self.read(read)
