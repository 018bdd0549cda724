"""Which analysis a row of the lists shows: of each alert the latest, its own or one that it has joined."""

from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, select

from patternwatch.api.read_model import tables
from patternwatch.api.read_model.rows import AlertState, AnalysisState
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.series import Window

_ANALYSES = tables.analyses.c


def with_analyses(db: Connection, tenant: str, alerts: list[Alert]) -> list[AlertState]:
    """Each alert with the latest analysis made of it."""
    fingerprints = [alert.same_as or alert.fingerprint for alert in alerts]
    latest = _latest_analyses(db, tenant, fingerprints)
    joined = _joined_analyses(db, tenant, fingerprints)
    return [
        _alert_state(alert, latest.get(fingerprint), joined.get(fingerprint))
        for alert, fingerprint in zip(alerts, fingerprints, strict=True)
    ]


def _latest_analyses(db: Connection, tenant: str, fingerprints: list[str]) -> dict[str, Row[Any]]:
    """By alert, its latest analysis: an alert that flaps has had thousands."""
    of_these = (_ANALYSES.tenant == tenant, _ANALYSES.alert_fingerprint.in_(fingerprints))
    latest = (
        select(_ANALYSES.alert_fingerprint, func.max(_ANALYSES.requested_at_ms).label("requested_at_ms"))
        .where(*of_these)
        .group_by(_ANALYSES.alert_fingerprint)
        .subquery()
    )
    wanted = (
        analyses_with_reports()
        .join(
            latest,
            and_(
                latest.c.alert_fingerprint == _ANALYSES.alert_fingerprint,
                latest.c.requested_at_ms == _ANALYSES.requested_at_ms,
            ),
        )
        .where(*of_these)
    )
    return {row.alert_fingerprint: row for row in db.execute(wanted)}


def _joined_analyses(db: Connection, tenant: str, fingerprints: list[str]) -> dict[str, Row[Any]]:
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
    return {row.joined_by: row for row in db.execute(wanted)}


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
        return AlertState.model_construct(**alert.__dict__)
    analysis = max(made, key=lambda row: row.requested_at_ms)
    if analysis is joined:
        return _state_of(alert, analysis, joined=str(analysis.title))
    # One that was made since the alert began: by hand, or before the alert grew old.
    looked_at = analysis.requested_at_ms >= alert.starts_at_ms
    told = alert.model_copy(update={"not_analysed": ""}) if looked_at else alert
    return _state_of(told, analysis)


def _state_of(alert: Alert, analysis: Row[Any], joined: str = "") -> AlertState:
    return AlertState.model_construct(  # of what was valid when it was stored: a list has hundreds
        **alert.__dict__,
        joined=joined,
        request_id=analysis.request_id,
        stage=analysis.stage,
        done=analysis.done,
        of=analysis.of,
        note=analysis.note,
        report_id=analysis.readable_report_id,
    )
