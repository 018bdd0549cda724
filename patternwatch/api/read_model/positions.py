"""Where the feed goes on: stored with what was read."""

from sqlalchemy import and_, delete
from sqlalchemy.ext.asyncio import AsyncConnection

from patternwatch.api.read_model import tables
from patternwatch.api.read_model.upsert import upsert


async def move_position(db: AsyncConnection, cluster: str, topic: str, partition: int, to: int) -> None:
    """The feed goes on from here; never backwards."""
    row = {"cluster": cluster, "topic": topic, "partition": partition, "next_offset": to}
    await upsert(db, tables.positions, row, newer=lambda old, new: new.next_offset > old.next_offset)


async def reset_position(db: AsyncConnection, cluster: str, topic: str, partition: int) -> None:
    """The topic was made anew: what we know of its offsets is void."""
    p, d = tables.positions, tables.deletions
    here = and_(p.c.cluster == cluster, p.c.topic == topic, p.c.partition == partition)
    await db.execute(delete(p).where(here))
    await db.execute(delete(d).where(d.c.cluster == cluster))
