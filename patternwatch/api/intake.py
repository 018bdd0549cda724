"""From a request to Kafka, and at once into the read model, so that the caller sees what it did.

The feed brings the same records again a moment later; applying them twice changes nothing.
"""

import asyncio

from patternwatch.api.parts import Parts
from patternwatch.api.projection import apply_alert, apply_lesson, apply_request, forget
from patternwatch.contracts.codec import encode
from patternwatch.contracts.ids import request_id_for_alert
from patternwatch.contracts.lessons import Lesson
from patternwatch.contracts.messages import Alert, AnalysisRequest
from patternwatch.contracts.topics import ALERTS, LESSONS, REPORTS, REQUESTS, Topic, record_key


async def take_alerts(parts: Parts, alerts: list[Alert]) -> list[str | None]:
    """Pass alerts on; for each the id of the analysis that it starts, or None where it starts none."""
    await asyncio.gather(
        *(parts.publisher.send(ALERTS, record_key(a.tenant, a.fingerprint), encode(a)) for a in alerts)
    )
    async with parts.read_model.writing() as db:
        for alert in alerts:
            await apply_alert(db, alert)
    for alert in alerts:
        parts.metrics.alerts.labels(alert.tenant, alert.status).inc()
    starts = parts.settings.analysis.analyze_alerts
    return [
        request_id_for_alert(a.tenant, a.fingerprint, a.starts_at_ms)
        if starts and a.status == "firing"
        else None
        for a in alerts
    ]


async def take_request(parts: Parts, request: AnalysisRequest) -> None:
    """Start one analysis."""
    await parts.publisher.send(REQUESTS, record_key(request.tenant, request.request_id), encode(request))
    async with parts.read_model.writing() as db:
        await apply_request(db, request)
    parts.metrics.analyses.labels(request.tenant).inc()


async def take_lesson(parts: Parts, lesson: Lesson) -> None:
    """Teach this; the workers read it before they make their next report."""
    at = await parts.publisher.send(LESSONS, record_key(lesson.tenant, lesson.lesson_id), encode(lesson))
    async with parts.read_model.writing() as db:
        await apply_lesson(db, lesson, at)


async def delete_reports(parts: Parts, tenant: str, report_ids: list[str]) -> None:
    """Delete these reports for good. A revision published later than its tombstone makes a new report."""
    await _delete(parts, REPORTS, tenant, report_ids)


async def delete_lessons(parts: Parts, tenant: str, lesson_ids: list[str]) -> None:
    """Take these lessons back."""
    await _delete(parts, LESSONS, tenant, lesson_ids)


async def _delete(parts: Parts, topic: Topic, tenant: str, keys: list[str]) -> None:
    """A tombstone on the topic each, then in the read model."""
    sent = await asyncio.gather(*(parts.publisher.send(topic, record_key(tenant, key), None) for key in keys))
    async with parts.read_model.writing() as db:
        for key, at in zip(keys, sent, strict=True):
            await forget(db, topic, tenant, key, at)
