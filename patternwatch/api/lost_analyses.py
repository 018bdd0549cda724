"""Ends analyses whose request vanished before a worker took it: nobody else knows that they were promised.

Whatever a worker has begun to plan, the workers end by themselves. What no worker has heard of is known here
alone; its end goes to the topic `progress`, so that everybody reads the same. A report that comes yet
beats it.
"""

import asyncio
from collections.abc import Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError

from patternwatch.api.context import AppContext
from patternwatch.api.read_model.database_errors import in_words
from patternwatch.api.read_model.silent_analyses import SilentAnalysis, silent_analyses
from patternwatch.contracts.errors import PatternwatchError
from patternwatch.contracts.topics import PROGRESS, REQUESTS, record_key
from patternwatch.kafka.lost_records import Fate, Sought, fates
from patternwatch.kafka.topics import topic_name

log = structlog.get_logger(__name__)

_MAX_PAUSE_S = 60.0
_AGAIN = "start the analysis again"
_WORDS: dict[Fate, str] = {
    "waiting": "",
    "gone": (
        "Its request vanished from the topic {topic} before a worker took it (the topic was made again, its "
        f"retention.ms is too short, or Kafka was restored): {_AGAIN}"
    ),
    "passed": (
        "The workers went past its request on the topic {topic} without a word (the offsets of their group "
        f"{{group}} were moved): {_AGAIN}"
    ),
    "elsewhere": f"Its request lies in another Kafka cluster than the one that is in use now: {_AGAIN}",
}


async def end_lost_regularly(context: AppContext) -> None:
    """Look for such analyses again and again, until cancelled; what goes wrong is logged, and tried again."""
    while True:
        await asyncio.sleep(min(context.settings.lost_after_s / 4, _MAX_PAUSE_S))
        if not context.feed_state.check().ok:
            continue  # what it has not read yet may tell of them
        try:
            await end_lost(context)
        except (SQLAlchemyError, OSError, PatternwatchError) as error:
            log.warning("lost_analyses.not_ended", error=type(error).__name__, reason=in_words(error))


async def end_lost(context: AppContext) -> int:
    """End what is lost now; how many analyses."""
    now_ms = context.clock()
    silent = await silent_analyses(context.read_model, now_ms - round(context.settings.lost_after_s * 1000))
    found = await _fates(context, silent)
    ended = 0
    for analysis in silent:
        reason = _why_lost(context, analysis, found, now_ms)
        if reason:
            failed = analysis.progress.model_copy(update={"stage": "failed", "note": reason, "at_ms": now_ms})
            await context.publisher.publish(PROGRESS, failed)
            context.metrics.analyses_lost.labels(failed.tenant).inc()
            log.warning("analysis.lost", tenant=failed.tenant, request_id=failed.request_id, reason=reason)
            ended += 1
    return ended


async def _fates(context: AppContext, silent: Sequence[SilentAnalysis]) -> dict[Sought, Fate]:
    sought = [one for analysis in silent if (one := _sought(analysis)) is not None]
    settings = context.settings
    return await fates(settings.kafka, REQUESTS, settings.group, sought) if sought else {}


def _sought(analysis: SilentAnalysis) -> Sought | None:
    progress = analysis.progress
    if analysis.at is None:
        return None
    return Sought(record_key(progress.tenant, progress.request_id), analysis.at)


def _why_lost(context: AppContext, analysis: SilentAnalysis, found: dict[Sought, Fate], now_ms: int) -> str:
    """Why nobody will end it; empty where somebody may."""
    sought = _sought(analysis)
    if sought is None:  # of an earlier release, or of a topic that is gone: it was kept for so long at most
        silent_h = (now_ms - analysis.progress.at_ms) // 3_600_000
        is_lost = silent_h >= REQUESTS.retention_hours
        return f"Nothing was heard of it for {silent_h} h: {_AGAIN}" if is_lost else ""
    fate = found[sought]
    if fate != "elsewhere" and analysis.progress.stage != "accepted":
        return ""  # the workers know it
    topic = topic_name(context.settings.kafka, REQUESTS)
    return _WORDS[fate].format(topic=topic, group=context.settings.group)
