"""What the event streams are told of a batch of the feed's changes."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from patternwatch.api.read_model import tables
from patternwatch.api.read_model.alert_analyses import analyses_with_reports
from patternwatch.api.read_model.rows import ReportHeader
from patternwatch.api.read_model.stored_events import NewEvent
from patternwatch.api.schemas.reports import ReportRevision
from patternwatch.contracts.codec import encode
from patternwatch.contracts.progress import Progress
from patternwatch.contracts.report import Report


@dataclass(slots=True)
class Changes:
    """What a batch has changed: every stage of an analysis, reports, and analyses that an alert has joined.

    A conclusion is told to all when its report can be read: it comes over another topic, and brings both.
    """

    _progress: list[Progress] = field(default_factory=list)
    _reports: dict[tuple[str, str], Report] = field(default_factory=dict)
    _states: dict[tuple[str, str], None] = field(default_factory=dict)

    def moved_on(self, progress: Progress) -> None:
        """An analysis has come to another stage."""
        self._progress.append(progress)

    def is_readable(self, report: Report) -> None:
        """A revision of a report can be read."""
        self._reports[report.tenant, report.report_id] = report
        self._states[report.tenant, report.request_id] = None

    def was_joined(self, tenant: str, request_id: str) -> None:
        """Those who follow an analysis that an alert has joined load the alert's row anew."""
        self._states[tenant, request_id] = None

    async def events(self, db: AsyncConnection) -> list[NewEvent]:
        """Everything of it in order, as it stands within this transaction."""
        told = [
            _progress_event(one, await _is_readable(db, one))
            for one in self._progress
            # The state of its analysis is told below, with the report.
            if not (one.report_id and (one.tenant, one.request_id) in self._states)
        ]
        for tenant, request_id in self._states:
            a = tables.analyses.c
            wanted = analyses_with_reports().where(a.tenant == tenant, a.request_id == request_id)
            row = (await db.execute(wanted)).one_or_none()
            if row is not None:
                state = Progress.model_validate(row._asdict())
                told.append(_progress_event(state, not state.report_id or row.readable_report_id is not None))
        return told + [_revision_event(report) for report in self._reports.values()]


async def _is_readable(db: AsyncConnection, progress: Progress) -> bool:
    if not progress.report_id:
        return True
    r = tables.reports.c
    wanted = select(r.revision).where(r.tenant == progress.tenant, r.report_id == progress.report_id)
    return (await db.execute(wanted)).first() is not None


def _progress_event(progress: Progress, readable: bool) -> NewEvent:
    return NewEvent(
        progress.tenant,
        "progress" if readable else "concluding",
        progress.request_id,
        progress.report_id,
        encode(progress),
    )


def _revision_event(report: Report) -> NewEvent:
    data = ReportRevision.of(ReportHeader.of(report)).model_dump_json().encode()
    return NewEvent(report.tenant, "revision", report.request_id, report.report_id, data)
