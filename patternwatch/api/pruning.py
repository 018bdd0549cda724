"""Deletes what is old enough to go, in small batches, so that nobody who reads or writes waits for it.

A report goes as if somebody had deleted it, with a tombstone on its topic: else the topic would grow for
ever, and a database that is built again would show what is gone.
"""

import asyncio
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from patternwatch.api.commands import delete_reports
from patternwatch.api.context import AppContext
from patternwatch.api.read_model.database_errors import in_words
from patternwatch.api.read_model.retention import (
    Keep,
    Kind,
    aged_ids,
    forget_aged,
    forget_events,
    tenants_of,
)
from patternwatch.contracts.errors import PatternwatchError

log = structlog.get_logger(__name__)

_BATCH = 200
_PAUSE_S = 0.05
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS


async def prune_regularly(context: AppContext) -> None:
    """Prune again and again, until cancelled; what goes wrong is logged, and tried again the next time."""
    while True:
        try:
            pruned = await prune(context)
        except (SQLAlchemyError, OSError, PatternwatchError) as error:
            log.warning("retention.failed", error=type(error).__name__, reason=in_words(error))
        else:
            if any(pruned.values()):
                log.info("retention.pruned", **pruned)
        await asyncio.sleep(context.settings.retention.every_s)


async def prune(context: AppContext) -> dict[str, int]:
    """Delete everything that may go now; how many of each kind."""
    settings, now_ms = context.settings.retention, context.clock()
    keeps: dict[Kind, Keep] = {
        "reports": Keep(now_ms - settings.report_days * _DAY_MS, settings.max_reports),
        "analyses": Keep(now_ms - settings.analysis_days * _DAY_MS, settings.max_analyses),
        "alerts": Keep(now_ms - settings.alert_days * _DAY_MS, settings.max_alerts),
        "audit": Keep(now_ms - settings.audit_days * _DAY_MS, settings.max_audit_entries),
    }
    pruned: dict[str, int] = {}
    for tenant in await context.read_model.read(tenants_of):
        for kind, keep in keeps.items():
            pruned[kind] = pruned.get(kind, 0) + await _prune(context, kind, tenant, keep, now_ms)
    events = Keep(now_ms - settings.event_hours * _HOUR_MS, settings.max_events)
    pruned["events"] = await _prune_events(context, events)
    return pruned


async def _prune(context: AppContext, kind: Kind, tenant: str, keep: Keep, now_ms: int) -> int:
    pruned = 0

    def found(db: Any) -> list[str]:
        return aged_ids(db, kind, tenant, keep, now_ms, _BATCH)

    while ids := await context.read_model.read(found):
        if kind == "reports":
            await delete_reports(context, tenant, ids)
        else:
            async with context.read_model.writing() as db:
                await forget_aged(db, kind, tenant, ids)
        context.metrics.pruned.labels(kind).inc(len(ids))
        pruned += len(ids)
        await asyncio.sleep(_PAUSE_S)
    return pruned


async def _prune_events(context: AppContext, keep: Keep) -> int:
    pruned = 0
    while True:
        async with context.read_model.writing() as db:
            count = await forget_events(db, keep, 10 * _BATCH)
        if not count:
            return pruned
        context.metrics.pruned.labels("events").inc(count)
        pruned += count
        await asyncio.sleep(_PAUSE_S)
