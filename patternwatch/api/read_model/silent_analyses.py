"""Analyses that are under way and of which nothing was heard for a while, with where their request lies."""

from dataclasses import dataclass

from sqlalchemy import select

from patternwatch.api.read_model import tables
from patternwatch.api.read_model.database import Database
from patternwatch.contracts.progress import TERMINAL_STAGES, Progress
from patternwatch.kafka.producer import RecordPosition

_MOST = 1000
"""Of one look: the longest silent ones, whose end lets the next ones be seen."""


@dataclass(frozen=True, slots=True)
class SilentAnalysis:
    """How far it has come, and where its latest request lies on its topic; None where nobody kept that."""

    progress: Progress
    at: RecordPosition | None


async def silent_analyses(database: Database, before_ms: int) -> list[SilentAnalysis]:
    """Those of which nothing was heard since then, the longest silent first."""
    n = tables.analyses.c
    wanted = (
        select(tables.analyses)
        .where(n.stage.not_in(TERMINAL_STAGES), n.at_ms < before_ms)
        .order_by(n.at_ms)
        .limit(_MOST)
    )
    found = []
    for row in await database.rows(wanted):
        progress = Progress.model_validate({name: getattr(row, name) for name in _PROGRESS})
        at = None
        if row.request_cluster is not None:
            at = RecordPosition(row.request_cluster, row.request_partition, row.request_offset)
        found.append(SilentAnalysis(progress, at))
    return found


_PROGRESS = tuple(name for name in Progress.model_fields if name != "schema_version")
