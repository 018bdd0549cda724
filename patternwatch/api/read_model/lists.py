"""The lists that the routes read, page by page; every query names its tenant."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Row, Select, and_, func, select

from patternwatch.api.read_model import tables
from patternwatch.api.read_model.database import Database
from patternwatch.api.read_model.paging import Cursor, Page, SortKey, next_cursor, page_of
from patternwatch.api.read_model.rows import AlertState, AnalysisState, ReportHeader
from patternwatch.contracts.codec import decode
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.messages import Alert
from patternwatch.contracts.series import Window

_ALERTS, _ANALYSES = tables.alerts.c, tables.analyses.c
_REPORTS, _EXAMPLES = tables.reports.c, tables.examples.c

_URGENT_FIRST: SortKey = (
    (_ALERTS.urgency, False),
    (_ALERTS.starts_at_ms, True),
    (_ALERTS.fingerprint, False),
)
_LATEST_ANALYSIS: SortKey = ((_ANALYSES.requested_at_ms, True), (_ANALYSES.request_id, True))
_LATEST_REPORT: SortKey = ((_REPORTS.published_at_ms, True), (_REPORTS.report_id, True))
_LATEST_EXAMPLE: SortKey = ((_EXAMPLES.labelled_at_ms, True), (_EXAMPLES.example_id, True))

_Found: TypeAlias = tuple[Sequence[Row[Any]], int, Cursor | None]
"""The rows of a page, how many the list has in all, and where the next page begins."""


class Lists(Database):
    """The database with the queries for pages of lists."""

    async def alerts(
        self, tenant: str, status: str | None, limit: int, before: Cursor | None = None
    ) -> Page[AlertState]:
        """Alerts by urgency, then the latest first; each with its latest analysis."""
        which = [_ALERTS.tenant == tenant, *([_ALERTS.status == status] if status else [])]
        columns = (_ALERTS.body, _ALERTS.urgency, _ALERTS.starts_at_ms, _ALERTS.fingerprint)
        rows, total, following = await self._page(select(*columns), which, _URGENT_FIRST, limit, before)
        found = [Alert.model_validate_json(row.body) for row in rows]
        fingerprints = [a.same_as or a.fingerprint for a in found]
        latest = await self._latest_analyses(tenant, fingerprints)
        joined = await self._joined_analyses(tenant, fingerprints)
        states = [
            _alert_state(alert, latest.get(fingerprint), joined.get(fingerprint))
            for alert, fingerprint in zip(found, fingerprints, strict=True)
        ]
        return Page(states, total, following)

    async def alert_counts(self, tenant: str) -> dict[str, int]:
        """How many alerts there are in each status."""
        wanted = select(_ALERTS.status, func.count().label("alerts")).where(_ALERTS.tenant == tenant)
        return {row.status: int(row.alerts) for row in await self.rows(wanted.group_by(_ALERTS.status))}

    async def analyses(self, tenant: str, limit: int, before: Cursor | None = None) -> Page[AnalysisState]:
        """Analyses, the latest first."""
        which = [_ANALYSES.tenant == tenant]
        rows, total, following = await self._page(
            analyses_with_reports(), which, _LATEST_ANALYSIS, limit, before
        )
        return Page([analysis_state(row) for row in rows], total, following)

    async def reports(self, tenant: str, limit: int, before: Cursor | None = None) -> Page[ReportHeader]:
        """Reports, the latest first."""
        which = [_REPORTS.tenant == tenant]
        wanted = select(_REPORTS.header, _REPORTS.published_at_ms, _REPORTS.report_id)
        rows, total, following = await self._page(wanted, which, _LATEST_REPORT, limit, before)
        return Page([ReportHeader.model_validate_json(row.header) for row in rows], total, following)

    async def examples(self, tenant: str, limit: int, before: Cursor | None = None) -> Page[LabelledExample]:
        """What this tenant taught, the latest first."""
        which = [_EXAMPLES.tenant == tenant]
        wanted = select(_EXAMPLES.body, _EXAMPLES.labelled_at_ms, _EXAMPLES.example_id)
        rows, total, following = await self._page(wanted, which, _LATEST_EXAMPLE, limit, before)
        return Page([decode(row.body, LabelledExample) for row in rows], total, following)

    async def _page(
        self,
        wanted: Select[Any],
        which: list[ColumnElement[bool]],
        key: SortKey,
        limit: int,
        before: Cursor | None,
    ) -> _Found:
        rows = await self.rows(page_of(wanted.where(*which), key, before, limit))
        (counted,) = await self.rows(select(func.count().label("rows")).where(*which))
        return rows[:limit], int(counted.rows), next_cursor(rows, key, limit)

    async def _latest_analyses(self, tenant: str, fingerprints: list[str]) -> dict[str, Row[Any]]:
        wanted = (
            analyses_with_reports()
            .where(_ANALYSES.tenant == tenant, _ANALYSES.alert_fingerprint.in_(fingerprints))
            .order_by(_ANALYSES.requested_at_ms)
        )
        return {row.alert_fingerprint: row for row in await self.rows(wanted)}

    async def _joined_analyses(self, tenant: str, fingerprints: list[str]) -> dict[str, Row[Any]]:
        """By alert, the analysis of another one that it has joined, and which firing of it has."""
        j = tables.joined_alerts
        wanted = (
            analyses_with_reports()
            .join(j, and_(j.c.tenant == _ANALYSES.tenant, j.c.request_id == _ANALYSES.request_id))
            .add_columns(j.c.fingerprint.label("joined_by"), j.c.starts_at_ms.label("joined_starts_at_ms"))
            .where(
                j.c.tenant == tenant,
                j.c.fingerprint.in_(fingerprints),
                j.c.request_id != j.c.own_request_id,
            )
        )
        return {row.joined_by: row for row in await self.rows(wanted)}


def analyses_with_reports() -> Select[Any]:
    """Analyses, and whether their report can be read (it may have been deleted, or be on its way)."""
    a, r = tables.analyses, tables.reports
    readable = r.c.report_id.label("readable_report_id")
    joined = a.outerjoin(r, and_(a.c.tenant == r.c.tenant, a.c.report_id == r.c.report_id))
    return select(a, readable).select_from(joined)


def analysis_state(row: Row[Any]) -> AnalysisState:
    """The state in a row of `analyses_with_reports`."""
    fields = row._asdict()
    fields["report_id"] = fields.pop("readable_report_id") or ""
    window = fields["window"]
    fields["window"] = Window.model_validate_json(window) if window else None
    return AnalysisState.model_validate(fields)


def _alert_state(alert: Alert, own: Row[Any] | None, joined: Row[Any] | None) -> AlertState:
    """The alert with its latest analysis: its own, one by hand, or the one that this firing has joined."""
    if joined is not None and joined.joined_starts_at_ms != alert.starts_at_ms:
        joined = None
    made = [row for row in (own, joined) if row is not None]
    if not made:
        return AlertState(**dict(alert))
    analysis = max(made, key=lambda row: row.requested_at_ms)
    if analysis is joined:
        return _state_of(alert, analysis, joined=str(analysis.title))
    # One that was made since the alert began: by hand, or before the alert grew old.
    looked_at = analysis.requested_at_ms >= alert.starts_at_ms
    told = alert.model_copy(update={"not_analysed": ""}) if looked_at else alert
    return _state_of(told, analysis)


def _state_of(alert: Alert, analysis: Row[Any], joined: str = "") -> AlertState:
    return AlertState(
        **dict(alert),
        joined=joined,
        request_id=analysis.request_id,
        stage=analysis.stage,
        done=analysis.done,
        of=analysis.of,
        note=analysis.note,
        report_id=analysis.readable_report_id,
    )
