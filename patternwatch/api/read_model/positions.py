"""Where the feed goes on: stored with what was read."""

from collections.abc import Mapping

from sqlalchemy import and_, delete
from sqlalchemy.ext.asyncio import AsyncConnection

from patternwatch.api.read_model import tables
from patternwatch.api.read_model.upsert import higher, upsert_all
from patternwatch.kafka.offsets import Partition


async def move_positions(db: AsyncConnection, cluster: str, to: Mapping[Partition, int]) -> None:
    """The feed goes on from these offsets; never backwards."""
    rows = [
        {"cluster": cluster, "topic": topic, "partition": partition, "next_offset": offset}
        for (topic, partition), offset in to.items()
    ]
    await upsert_all(db, tables.positions, rows, newer=higher("next_offset"))


async def reset_position(db: AsyncConnection, cluster: str, topic: str, partition: int) -> None:
    """The topic was made anew: what we know of its offsets is void."""
    p, d = tables.positions, tables.deletions
    here = and_(p.c.cluster == cluster, p.c.topic == topic, p.c.partition == partition)
    await db.execute(delete(p).where(here))
    await db.execute(delete(d).where(d.c.cluster == cluster))
