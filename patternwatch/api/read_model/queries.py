"""What the routes and the feed read: alerts, analyses, reports and examples of one tenant at a time."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select

from patternwatch.api.read_model import tables
from patternwatch.api.read_model.database import Database
from patternwatch.api.read_model.rows import AlertState, AnalysisState, ReportHeader, StoredReport
from patternwatch.contracts.codec import decode
from patternwatch.contracts.errors import NotFoundError
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.messages import Alert, Progress
from patternwatch.contracts.series import Window

_KEYS_OF_A_QUERY = 1000
"""A database takes some 32,000 values in one query."""


class ReadModel(Database):
    """The database with its queries. Every query names its tenant."""

    async def alerts(self, tenant: str, status: str | None, limit: int) -> list[AlertState]:
        """The latest alerts, each with its latest analysis."""
        wanted = select(tables.alerts.c.body).where(tables.alerts.c.tenant == tenant)
        if status is not None:
            wanted = wanted.where(tables.alerts.c.status == status)
        wanted = wanted.order_by(tables.alerts.c.received_at_ms.desc(), tables.alerts.c.fingerprint).limit(
            limit
        )
        found = [Alert.model_validate_json(row.body) for row in await self.rows(wanted)]
        latest = await self._latest_analyses(tenant, [a.same_as or a.fingerprint for a in found])
        return [_alert_state(alert, latest.get(alert.same_as or alert.fingerprint)) for alert in found]

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

    async def analyses(self, tenant: str, limit: int) -> list[AnalysisState]:
        """The latest analyses."""
        t = tables.analyses
        wanted = (
            _analyses()
            .where(t.c.tenant == tenant)
            .order_by(t.c.requested_at_ms.desc(), t.c.request_id)
            .limit(limit)
        )
        return [_analysis_state(row) for row in await self.rows(wanted)]

    async def analysis(self, tenant: str, request_id: str) -> AnalysisState:
        """One analysis; raises NotFoundError."""
        return _analysis_state(await self._analysis(tenant, request_id))

    async def _analysis(self, tenant: str, request_id: str) -> Row[Any]:
        t = tables.analyses
        row = await self.row(_analyses().where(t.c.tenant == tenant, t.c.request_id == request_id))
        if row is None:
            raise NotFoundError(
                f"There is no analysis {request_id!r} of tenant {tenant!r}",
                "List the latest with GET /analyses; old ones are known by their reports only",
            )
        return row

    async def reports(
        self, tenant: str, limit: int, before: tuple[int, str] | None
    ) -> tuple[list[ReportHeader], tuple[int, str] | None]:
        """A page of the latest reports, and where the next one begins."""
        t = tables.reports
        wanted = select(t.c.header, t.c.published_at_ms, t.c.report_id).where(t.c.tenant == tenant)
        if before is not None:
            at_ms, report_id = before
            earlier = and_(t.c.published_at_ms == at_ms, t.c.report_id < report_id)
            wanted = wanted.where(or_(t.c.published_at_ms < at_ms, earlier))
        wanted = wanted.order_by(t.c.published_at_ms.desc(), t.c.report_id.desc()).limit(limit + 1)
        rows = await self.rows(wanted)
        page = rows[:limit]
        more = (page[-1].published_at_ms, page[-1].report_id) if len(rows) > limit else None
        return [ReportHeader.model_validate_json(row.header) for row in page], more

    async def report(self, tenant: str, report_id: str) -> StoredReport:
        """One report, whole; raises NotFoundError."""
        t = tables.reports
        row = await self.row(
            select(t.c.revision, t.c.body).where(t.c.tenant == tenant, t.c.report_id == report_id)
        )
        if row is None:
            raise _no_report(tenant, report_id)
        return StoredReport(row.revision, row.body)

    async def report_header(self, tenant: str, report_id: str) -> ReportHeader:
        """One report without its findings; raises NotFoundError."""
        t = tables.reports
        row = await self.row(select(t.c.header).where(t.c.tenant == tenant, t.c.report_id == report_id))
        if row is None:
            raise _no_report(tenant, report_id)
        return ReportHeader.model_validate_json(row.header)

    async def has_report(self, tenant: str, report_id: str) -> bool:
        """Whether this report can be read."""
        t = tables.reports
        wanted = select(t.c.revision).where(t.c.tenant == tenant, t.c.report_id == report_id)
        return await self.row(wanted) is not None

    async def report_ids(self, tenant: str) -> list[str]:
        """Every report of this tenant."""
        t = tables.reports
        return [row.report_id for row in await self.rows(select(t.c.report_id).where(t.c.tenant == tenant))]

    async def examples(self, tenant: str) -> list[LabelledExample]:
        """Everything that this tenant taught, the latest first."""
        t = tables.examples
        wanted = (
            select(t.c.body).where(t.c.tenant == tenant).order_by(t.c.labelled_at_ms.desc(), t.c.example_id)
        )
        return [decode(row.body, LabelledExample) for row in await self.rows(wanted)]

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

    async def _latest_analyses(self, tenant: str, fingerprints: list[str]) -> dict[str, Row[Any]]:
        t = tables.analyses
        wanted = (
            _analyses()
            .where(t.c.tenant == tenant, t.c.alert_fingerprint.in_(fingerprints))
            .order_by(t.c.requested_at_ms)
        )
        return {row.alert_fingerprint: row for row in await self.rows(wanted)}


def _no_report(tenant: str, report_id: str) -> NotFoundError:
    return NotFoundError(
        f"There is no report {report_id!r} of tenant {tenant!r}", "List them with GET /reports"
    )


def _analyses() -> Select[Any]:
    """Analyses, and whether their report can be read (it may have been deleted, or be on its way)."""
    a, r = tables.analyses, tables.reports
    readable = r.c.report_id.label("readable_report_id")
    joined = a.outerjoin(r, and_(a.c.tenant == r.c.tenant, a.c.report_id == r.c.report_id))
    return select(a, readable).select_from(joined)


def _analysis_state(row: Row[Any]) -> AnalysisState:
    fields = row._asdict()
    fields["report_id"] = fields.pop("readable_report_id") or ""
    window = fields["window"]
    fields["window"] = Window.model_validate_json(window) if window else None
    return AnalysisState.model_validate(fields)


def _alert_state(alert: Alert, analysis: Row[Any] | None) -> AlertState:
    if analysis is None:
        return AlertState(**dict(alert))
    # One that was made since the alert began: by hand, or before the alert grew old.
    looked_at = analysis.requested_at_ms >= alert.starts_at_ms
    return AlertState(
        **(dict(alert) | ({"not_analysed": ""} if looked_at else {})),
        request_id=analysis.request_id,
        stage=analysis.stage,
        report_id=analysis.readable_report_id,
    )
