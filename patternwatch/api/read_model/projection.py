"""How a record changes the read model. Every change may be applied again, and in another order.

An alert yields to one received later, an analysis never goes back a stage, a report yields to a higher
revision only, and what lies before a tombstone on the topic stays deleted.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from patternwatch.api.read_model import tables
from patternwatch.api.read_model.bodies import packed
from patternwatch.api.read_model.rows import ReportHeader
from patternwatch.api.read_model.severity import urgency
from patternwatch.api.read_model.tombstones import is_void, keep_latest
from patternwatch.api.read_model.upsert import higher, not_lower, upsert, upsert_all
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.base import Message
from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import UndecodableError
from patternwatch.contracts.joined_alerts import JoinedAlert
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.matchers import format_selector
from patternwatch.contracts.progress import Progress, Stage
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.topics import LABELLED_EXAMPLES, REPORTS
from patternwatch.kafka.producer import RecordPosition

STAGE_RANKS: dict[Stage, int] = {
    "accepted": 0,
    "planned": 1,
    "analysing": 2,
    "concluded": 3,
    "quiet": 3,
    "failed": 3,
}

_PLACE = ("request_cluster", "request_partition", "request_offset")
_ABOUT = ("requested_at_ms", "selector", "alert_fingerprint", "window", "compared_with")
"""What an analysis is about, as its request or its report says; its stage comes with its progress."""


async def apply_alerts(db: AsyncConnection, alerts: Sequence[Alert]) -> None:
    """Keep each alert as it was last received."""
    rows = [
        {
            "tenant": alert.tenant,
            "fingerprint": alert.fingerprint,
            "replica_key": alert.replica_key,
            "status": alert.status,
            "urgency": urgency(alert),
            "starts_at_ms": alert.starts_at_ms,
            "received_at_ms": alert.received_at_ms,
            "body": storable(alert),
        }
        for alert in alerts
    ]
    await upsert_all(db, tables.alerts, rows, newer=not_lower("received_at_ms"))


async def apply_alert(db: AsyncConnection, alert: Alert) -> None:
    """Keep the alert as it was last received."""
    await apply_alerts(db, [alert])


async def apply_joined(db: AsyncConnection, joined: Sequence[JoinedAlert]) -> None:
    """Keep which analysis each alert belongs to."""
    columns = set(tables.joined_alerts.c.keys())
    rows = [one.model_dump(include=columns) for one in joined]
    await upsert_all(db, tables.joined_alerts, rows, newer=not_lower("at_ms"))


async def known_analyses(db: AsyncConnection, wanted: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these analyses, each by tenant and request id, are in the read model."""
    of_tenants: dict[str, list[str]] = defaultdict(list)
    for tenant, request_id in wanted:
        of_tenants[tenant].append(request_id)
    a, found = tables.analyses.c, set[tuple[str, str]]()
    for tenant, ids in of_tenants.items():
        known = select(a.request_id).where(a.tenant == tenant, a.request_id.in_(ids))
        found |= {(tenant, request_id) for request_id in await db.scalars(known)}
    return found


async def apply_requests(
    db: AsyncConnection, requests: Sequence[tuple[AnalysisRequest, RecordPosition | None]]
) -> None:
    """Keep what each analysis is about, and where its request lies; its stage stays where it already is."""
    rows = [
        _stage_row(_accepted(request)) | _about(request, format_selector(request.matchers)) | _placed(at)
        for request, at in requests
    ]
    await upsert_all(db, tables.analyses, rows, changes=(*_ABOUT, *_PLACE))


async def apply_request(
    db: AsyncConnection, request: AnalysisRequest, at: RecordPosition | None = None
) -> None:
    """Keep what the analysis is about, and where its request lies; its stage stays where it already is."""
    await apply_requests(db, [(request, at)])


async def apply_progress(db: AsyncConnection, progress: Progress) -> bool:
    """Move the analysis on; False where it was already there or further."""
    stages = _stage_row(progress)
    row = stages | {"requested_at_ms": progress.at_ms}
    return await upsert(db, tables.analyses, row, changes=tuple(stages), newer=_further)


@dataclass(frozen=True, slots=True)
class StorableReport:
    """A report with what is stored of it: made beside the event loop, since a large one takes tens of ms."""

    report: Report
    row: dict[str, Any]

    @classmethod
    def of(cls, report: Report) -> "StorableReport":
        """Encode and compress it; raises UndecodableError where it holds what JSON cannot."""
        row = {
            "tenant": report.tenant,
            "report_id": report.report_id,
            "request_id": report.request_id,
            "revision": report.revision,
            "published_at_ms": report.published_at_ms or report.requested_at_ms,
            "next_look_ms": report.next_look_ms,
            "header": storable(ReportHeader.of(report)),
            "body": packed(storable(report)),
        }
        return cls(report, row)


async def apply_report(db: AsyncConnection, report: Report | StorableReport, at: RecordPosition) -> bool:
    """Keep the report, and conclude its analysis.

    False where this revision, a higher one or a later tombstone is there already.
    """
    stored = report if isinstance(report, StorableReport) else StorableReport.of(report)
    report, row = stored.report, stored.row
    if await is_void(db, REPORTS, report.tenant, report.report_id, at):
        return False
    if not await upsert(db, tables.reports, row, newer=higher("revision")):
        return False
    conclusion = Progress(
        request_id=report.request_id,
        tenant=report.tenant,
        trigger=report.trigger,
        title=report.title,
        stage="failed" if report.status == "failed" else "concluded",
        note=report.reason,
        report_id=report.report_id,
        at_ms=row["published_at_ms"],
    )
    stages = _stage_row(conclusion)
    concluded = stages | _about(report, report.selector)
    await upsert(db, tables.analyses, concluded, changes=_ABOUT)
    # Its shard counts are known from the progress only, so they are left as they are.
    told = tuple(name for name in stages if name not in ("done", "of"))
    await upsert(db, tables.analyses, concluded, changes=told, newer=_further)
    return True


async def apply_example(db: AsyncConnection, example: LabelledExample, at: RecordPosition) -> None:
    """Keep what was last said of this window, unless it was taken back later."""
    row = {
        "tenant": example.tenant,
        "example_id": example.example_id,
        "labelled_at_ms": example.labelled_at_ms,
        "body": storable(example),
    }
    await keep_latest(db, LABELLED_EXAMPLES, row, "labelled_at_ms", at)


def storable(message: Message) -> bytes:
    """The message as JSON; raises UndecodableError where it cannot be JSON again."""
    try:
        return encode(message)
    except TypeError as error:
        # JSON may hold larger whole numbers than anyone downstream takes.
        raise UndecodableError(f"A {type(message).__name__} that cannot be stored: {error}") from error


def _accepted(request: AnalysisRequest) -> Progress:
    return Progress(
        request_id=request.request_id,
        tenant=request.tenant,
        trigger=request.trigger,
        title=request.title,
        stage="accepted",
        at_ms=request.requested_at_ms,
    )


def _about(told: AnalysisRequest | Report, selector: str) -> dict[str, Any]:
    return {
        "requested_at_ms": told.requested_at_ms,
        "selector": selector,
        "alert_fingerprint": told.alert.fingerprint if told.alert else None,
        "window": told.window.model_dump_json(),
        "compared_with": told.compare,
    }


def _placed(at: RecordPosition | None) -> dict[str, Any]:
    return dict(zip(_PLACE, (None, None, None) if at is None else astuple(at), strict=True))


def _stage_row(progress: Progress) -> dict[str, Any]:
    return progress.model_dump(exclude={"schema_version"}) | {"stage_rank": STAGE_RANKS[progress.stage]}


def _further(old: Any, new: Any) -> ColumnElement[bool]:
    later = or_(new.at_ms > old.at_ms, and_(new.at_ms == old.at_ms, new.done > old.done))
    return or_(new.stage_rank > old.stage_rank, and_(new.stage_rank == old.stage_rank, later))
