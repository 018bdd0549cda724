"""The lists that the routes read, page by page; every query names its tenant."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from patternwatch.api.read_model import tables
from patternwatch.api.read_model.alert_analyses import analyses_with_reports, analysis_state, with_analyses
from patternwatch.api.read_model.audit_entries import AuditEntry, audit_entry
from patternwatch.api.read_model.database import Database
from patternwatch.api.read_model.paging import Cursor, Page, SortKey, next_cursor, page
from patternwatch.api.read_model.rows import AlertState, AnalysisState, ReportHeader
from patternwatch.api.read_model.severity import RESOLVED
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.codec import decode
from patternwatch.contracts.labelled_examples import LabelledExample

T = TypeVar("T")

_ALERTS, _ANALYSES = tables.alerts.c, tables.analyses.c
_REPORTS, _EXAMPLES, _AUDIT = tables.reports.c, tables.examples.c, tables.audit.c

_URGENT_FIRST: SortKey = (
    (_ALERTS.urgency, False),
    (_ALERTS.starts_at_ms, True),
    (_ALERTS.fingerprint, False),
)
_LATEST_ANALYSIS: SortKey = ((_ANALYSES.requested_at_ms, True), (_ANALYSES.request_id, True))
_LATEST_REPORT: SortKey = ((_REPORTS.published_at_ms, True), (_REPORTS.report_id, True))
_LATEST_EXAMPLE: SortKey = ((_EXAMPLES.labelled_at_ms, True), (_EXAMPLES.example_id, True))
_LATEST_AUDIT_ENTRY: SortKey = ((_AUDIT.at_ms, True), (_AUDIT.number, True))

_Found: TypeAlias = tuple[Sequence[Row[Any]], int, Cursor | None]
"""The rows of a page, how many the list has in all, and where the next page begins."""


class Lists(Database):
    """The database with the queries for pages of lists."""

    async def alerts(
        self, tenant: str, status: str | None, limit: int, before: Cursor | None = None
    ) -> Page[AlertState]:
        """Alerts by urgency, then the latest first; each with its latest analysis."""
        which = [_ALERTS.tenant == tenant, *_of_status(status)]
        columns = (_ALERTS.body, _ALERTS.urgency, _ALERTS.starts_at_ms, _ALERTS.fingerprint)

        def read(db: Connection) -> Page[AlertState]:
            rows, total, following = _page(db, select(*columns), which, _URGENT_FIRST, limit, before)
            found = [Alert.model_validate_json(row.body) for row in rows]
            return Page(with_analyses(db, tenant, found), total, following)

        return await self.read(read)

    async def alert_counts(self, tenant: str) -> dict[str, int]:
        """How many alerts there are in each status."""

        def read(db: Connection) -> dict[str, int]:
            return {
                status: _count(db, [_ALERTS.tenant == tenant, *_of_status(status)])
                for status in ("firing", "resolved")
            }

        return await self.read(read)

    async def analyses(self, tenant: str, limit: int, before: Cursor | None = None) -> Page[AnalysisState]:
        """Analyses, the latest first."""
        which = [_ANALYSES.tenant == tenant]
        return await self._list(
            analyses_with_reports(), which, _LATEST_ANALYSIS, limit, before, analysis_state
        )

    async def reports(self, tenant: str, limit: int, before: Cursor | None = None) -> Page[ReportHeader]:
        """Reports, the latest first."""
        wanted = select(_REPORTS.header, _REPORTS.published_at_ms, _REPORTS.report_id)
        which = [_REPORTS.tenant == tenant]
        return await self._list(
            wanted,
            which,
            _LATEST_REPORT,
            limit,
            before,
            lambda row: ReportHeader.model_validate_json(row.header),
        )

    async def examples(self, tenant: str, limit: int, before: Cursor | None = None) -> Page[LabelledExample]:
        """What this tenant taught, the latest first."""
        wanted = select(_EXAMPLES.body, _EXAMPLES.labelled_at_ms, _EXAMPLES.example_id)
        which = [_EXAMPLES.tenant == tenant]
        return await self._list(
            wanted, which, _LATEST_EXAMPLE, limit, before, lambda row: decode(row.body, LabelledExample)
        )

    async def audit(self, tenant: str, limit: int, before: Cursor | None = None) -> Page[AuditEntry]:
        """What was done in this tenant, the latest first."""
        which = [_AUDIT.tenant == tenant]
        return await self._list(select(tables.audit), which, _LATEST_AUDIT_ENTRY, limit, before, audit_entry)

    async def _list(
        self,
        wanted: Select[Any],
        which: list[ColumnElement[bool]],
        key: SortKey,
        limit: int,
        before: Cursor | None,
        made: Callable[[Row[Any]], T],
    ) -> Page[T]:
        def read(db: Connection) -> Page[T]:
            rows, total, following = _page(db, wanted, which, key, limit, before)
            return Page([made(row) for row in rows], total, following)

        return await self.read(read)


def _page(
    db: Connection,
    wanted: Select[Any],
    which: list[ColumnElement[bool]],
    key: SortKey,
    limit: int,
    before: Cursor | None,
) -> _Found:
    rows = page(db, wanted.where(*which), key, before, limit)
    return rows[:limit], _count(db, which), next_cursor(rows, key, limit)


def _count(db: Connection, which: list[ColumnElement[bool]]) -> int:
    return int(db.execute(select(func.count()).where(*which)).scalar_one())


def _of_status(status: str | None) -> list[ColumnElement[bool]]:
    """A status is a range of urgencies, by which the alerts lie in order."""
    if status is None:
        return []
    return [_ALERTS.urgency == RESOLVED if status == "resolved" else _ALERTS.urgency < RESOLVED]
