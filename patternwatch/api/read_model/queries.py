"""What the routes and the feed read, one thing at a time; every query names its tenant."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, Select, func, select

from patternwatch.api.read_model import tables
from patternwatch.api.read_model.alert_analyses import analyses_with_reports, analysis_state
from patternwatch.api.read_model.audit_entries import AuditEntry, store_audit_entry
from patternwatch.api.read_model.lists import Lists
from patternwatch.api.read_model.rows import AnalysisState, ReportHeader, StoredReport
from patternwatch.api.read_model.watches import WatchQueries
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.codec import decode
from patternwatch.contracts.errors import NotFoundError
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.matchers import format_selector
from patternwatch.contracts.progress import TERMINAL_STAGES, Progress
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import Window

_KEYS_OF_A_QUERY = 1000
"""A database takes some 32,000 values in one query."""


class ReadModel(Lists, WatchQueries):
    """The database with its queries."""

    async def keep_audit_entry(self, entry: AuditEntry) -> None:
        """Add an entry to the audit log of its tenant, in a transaction of its own."""
        async with self.writing() as db:
            await store_audit_entry(db, entry)

    async def alert(self, tenant: str, fingerprint: str) -> Alert:
        """One alert; raises NotFoundError."""
        t = tables.alerts
        row = await self.row(select(t.c.body).where(t.c.tenant == tenant, t.c.fingerprint == fingerprint))
        if row is None:
            raise NotFoundError(
                f"There is no alert {fingerprint!r} of tenant {tenant!r}",
                "Alerts are known from their webhook on; list them with GET /alerts",
            )
        return Alert.model_validate_json(row.body)

    async def alerts_of_replicas(self, tenant: str, replica_keys: Iterable[str]) -> list[Alert]:
        """The alerts of these troubles, of all replicas."""
        t, keys = tables.alerts, sorted(set(replica_keys))
        found: list[Alert] = []
        for first in range(0, len(keys), _KEYS_OF_A_QUERY):
            some = t.c.replica_key.in_(keys[first : first + _KEYS_OF_A_QUERY])
            rows = await self.rows(select(t.c.body).where(t.c.tenant == tenant, some))
            found += [Alert.model_validate_json(row.body) for row in rows]
        return found

    async def progress(self, tenant: str, request_id: str) -> Progress:
        """The latest state of one analysis, as it was published; raises NotFoundError."""
        row = await self._analysis(tenant, request_id)
        return Progress.model_validate(row._asdict())

    async def analysis(self, tenant: str, request_id: str) -> AnalysisState:
        """One analysis; raises NotFoundError."""
        return analysis_state(await self._analysis(tenant, request_id))

    async def same_analysis(self, request: AnalysisRequest, since_ms: int) -> str | None:
        """Id of an analysis that a person has asked for since then and that shows the same rows; the latest.

        One that failed is none.
        """
        t = tables.analyses
        wanted = select(t.c.request_id, t.c.window).where(
            t.c.tenant == request.tenant,
            t.c.trigger == "manual",
            t.c.stage != "failed",
            t.c.requested_at_ms >= since_ms,
            t.c.title == request.title,
            t.c.selector == format_selector(request.matchers),
            t.c.compared_with == request.compare,
            t.c.alert_fingerprint.is_(None)
            if request.alert is None
            else t.c.alert_fingerprint == request.alert.fingerprint,
            t.c.window.is_not(None),
        )
        for row in await self.rows(wanted.order_by(t.c.requested_at_ms.desc())):
            if _shows_the_same(Window.model_validate_json(row.window), request.window):
                return str(row.request_id)
        return None

    async def analyses_by_hand(self, tenant: str, since_ms: int) -> list[tuple[int, bool]]:
        """When each analysis by hand since then was asked for, in order, and whether it is under way."""
        t = tables.analyses
        rows = await self.rows(
            select(t.c.requested_at_ms, t.c.stage)
            .where(t.c.tenant == tenant, t.c.trigger == "manual", t.c.requested_at_ms >= since_ms)
            .order_by(t.c.requested_at_ms)
        )
        return [(int(row.requested_at_ms), row.stage not in TERMINAL_STAGES) for row in rows]

    async def _analysis(self, tenant: str, request_id: str) -> Row[Any]:
        """This analysis, or the one that an alert has joined which was promised this one."""
        t = tables.analyses
        wanted = analyses_with_reports().where(t.c.tenant == tenant)
        row = await self.row(wanted.where(t.c.request_id == request_id))
        if row is None:
            row = await self.row(wanted.where(t.c.request_id.in_(_joined(tenant, request_id))))
        if row is None:
            raise NotFoundError(
                f"There is no analysis {request_id!r} of tenant {tenant!r}",
                "List the latest with GET /analyses; old ones are known by their reports only",
            )
        return row

    async def report(self, tenant: str, report_id: str) -> StoredReport:
        """One report, whole; raises NotFoundError."""
        t = tables.reports
        row = await self._report(select(t.c.revision, t.c.body), tenant, report_id)
        return StoredReport(row.revision, row.body)

    async def report_header(self, tenant: str, report_id: str) -> ReportHeader:
        """One report without its findings; raises NotFoundError."""
        row = await self._report(select(tables.reports.c.header), tenant, report_id)
        return ReportHeader.model_validate_json(row.header)

    async def _report(self, wanted: Select[Any], tenant: str, report_id: str) -> Row[Any]:
        """The row of this report, or of the one that answers an alert which was promised this one."""
        t = tables.reports
        row = await self.row(wanted.where(t.c.tenant == tenant, t.c.report_id == report_id))
        if row is None:
            joined = _joined(tenant, report_id)
            row = await self.row(wanted.where(t.c.tenant == tenant, t.c.report_id.in_(joined)))
        if row is None:
            raise _no_report(tenant, report_id)
        return row

    async def has_report(self, tenant: str, report_id: str) -> bool:
        """Whether this report can be read."""
        t = tables.reports
        wanted = select(t.c.revision).where(t.c.tenant == tenant, t.c.report_id == report_id)
        return await self.row(wanted) is not None

    async def report_ids(self, tenant: str) -> list[str]:
        """Every report of this tenant."""
        t = tables.reports
        return [row.report_id for row in await self.rows(select(t.c.report_id).where(t.c.tenant == tenant))]

    async def example_ids(self, tenant: str, name: str | None = None) -> list[str]:
        """Every example of this tenant, or those of one shape."""
        t = tables.examples
        wanted = select(t.c.body if name is not None else t.c.example_id).where(t.c.tenant == tenant)
        rows = await self.rows(wanted)
        if name is None:
            return [row.example_id for row in rows]
        found = (decode(row.body, LabelledExample) for row in rows)
        return [example.example_id for example in found if example.name == name]

    async def example(self, tenant: str, example_id: str) -> LabelledExample:
        """One example; raises NotFoundError."""
        t = tables.examples
        row = await self.row(select(t.c.body).where(t.c.tenant == tenant, t.c.example_id == example_id))
        if row is None:
            raise NotFoundError(
                f"There is no example {example_id!r} of tenant {tenant!r}", "List them with GET /examples"
            )
        return decode(row.body, LabelledExample)

    async def example_count(self, tenant: str) -> int:
        """How many examples this tenant has."""
        t = tables.examples
        (row,) = await self.rows(select(func.count().label("examples")).where(t.c.tenant == tenant))
        return int(row.examples)

    async def positions(self, cluster: str) -> dict[tuple[str, int], int]:
        """Where the feed goes on in this cluster, by topic and partition."""
        t = tables.positions
        rows = await self.rows(
            select(t.c.topic, t.c.partition, t.c.next_offset).where(t.c.cluster == cluster)
        )
        return {(row.topic, row.partition): row.next_offset for row in rows}


def _shows_the_same(one: Window, other: Window) -> bool:
    """Whether no row lies between their splits or their ends."""
    step = other.step_ms
    near = abs(one.split_ms - other.split_ms) < step and abs(one.end_ms - other.end_ms) < step
    return near and (one.step_ms, one.rows) == (step, other.rows)


def _joined(tenant: str, own_request_id: str) -> Select[tuple[str]]:
    """The analysis that an alert has joined instead of this one of its own."""
    j = tables.joined_alerts
    return select(j.c.request_id).where(j.c.tenant == tenant, j.c.own_request_id == own_request_id)


def _no_report(tenant: str, report_id: str) -> NotFoundError:
    return NotFoundError(
        f"There is no report {report_id!r} of tenant {tenant!r}", "List them with GET /reports"
    )
