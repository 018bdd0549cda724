"""From a request to Kafka, and at once into the read model, so that the caller sees what it did.

The feed brings the same records again a moment later; applying them twice changes nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from patternwatch.api.access import audit
from patternwatch.api.context import AppContext
from patternwatch.api.read_model.database_errors import in_words, is_away
from patternwatch.api.read_model.projection import apply_alerts, apply_example, apply_request
from patternwatch.api.read_model.tombstones import forget
from patternwatch.api.read_model.watches import apply_watch
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.errors import RecordTooLargeError
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.topics import (
    ALERTS,
    LABELLED_EXAMPLES,
    REPORTS,
    REQUESTS,
    WATCH_DEFINITIONS,
    WATCH_STATES,
    Topic,
    record_key,
)
from patternwatch.contracts.watches import Watch

log = structlog.get_logger(__name__)

T = TypeVar("T")

_AT_ONCE = 200
"""Records that are sent together and kept in one transaction: between two of them others may write. Of all
who wait for room in a batch each is woken as one goes out: thousands take longer than any of them has."""


async def accept_alerts(context: AppContext, alerts: list[Alert]) -> list[RecordTooLargeError | None]:
    """Pass alerts on; for each None, or why it is too large to be passed on."""
    refused: list[RecordTooLargeError | None] = []
    for some in _pieces(alerts):
        errors = await asyncio.gather(*(_accept_alert(context, alert) for alert in some))
        taken = [alert for alert, error in zip(some, errors, strict=True) if error is None]
        await _show(context, partial(apply_alerts, alerts=taken))
        for alert in taken:
            context.metrics.alerts.labels(alert.tenant, alert.status).inc()
        refused += errors
    return refused


async def _accept_alert(context: AppContext, alert: Alert) -> RecordTooLargeError | None:
    try:
        await context.publisher.publish(ALERTS, alert)
    except RecordTooLargeError as error:
        return error
    return None


async def accept_request(context: AppContext, request: AnalysisRequest) -> None:
    """Start one analysis."""
    audit.note(request_id=request.request_id, title=request.title)
    at = await context.publisher.publish(REQUESTS, request)
    await _show(context, lambda db: apply_request(db, request, at))
    context.metrics.analyses.labels(request.tenant).inc()


async def accept_example(context: AppContext, example: LabelledExample) -> None:
    """Teach this; the workers read it before they make their next report."""
    audit.note(example_id=example.example_id, name=example.name)
    at = await context.publisher.publish(LABELLED_EXAMPLES, example)
    await _show(context, lambda db: apply_example(db, example, at))


async def accept_watch(context: AppContext, watch: Watch) -> None:
    """Watch this, or change how; the workers follow within a look."""
    audit.note(watch=watch.name, paused=watch.paused, mutes=len(watch.mutes))
    at = await context.publisher.publish(WATCH_DEFINITIONS, watch)
    async with context.read_model.writing() as db:
        await apply_watch(db, watch, at)


async def delete_reports(context: AppContext, tenant: str, report_ids: list[str]) -> None:
    """Delete these reports for good. A revision published later than its tombstone makes a new report."""
    await _delete(context, REPORTS, tenant, report_ids)


async def delete_examples(context: AppContext, tenant: str, example_ids: list[str]) -> None:
    """Take these examples back."""
    await _delete(context, LABELLED_EXAMPLES, tenant, example_ids)


async def delete_watch(context: AppContext, tenant: str, name: str) -> None:
    """End this watch, and forget how it did."""
    for topic in (WATCH_DEFINITIONS, WATCH_STATES):
        await _delete(context, topic, tenant, [name])


async def _delete(context: AppContext, topic: Topic, tenant: str, keys: list[str]) -> None:
    """A tombstone on the topic each, then in the read model."""
    audit.note_ids(f"{topic.name} deleted", keys)
    for some in _pieces(keys):
        sent = await asyncio.gather(
            *(context.publisher.send(topic, record_key(tenant, key), None) for key in some)
        )
        async with context.read_model.writing() as db:
            await forget(db, topic, tenant, dict(zip(some, sent, strict=True)))


async def _show(context: AppContext, apply: Callable[[AsyncConnection], Awaitable[object]]) -> None:
    """Write it into the read model at once, where that takes it: Kafka has it, and the feed brings it again.

    An error for what will be done all the same would have it asked for once more.
    """
    try:
        async with context.read_model.writing() as db:
            await apply(db)
    except DBAPIError as error:
        if not is_away(error):
            raise
        log.warning("read_model.behind", error=type(error).__name__, reason=in_words(error))


def _pieces(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[first : first + _AT_ONCE] for first in range(0, len(items), _AT_ONCE))
