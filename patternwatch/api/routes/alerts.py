"""Alerts: in by the webhook, out as a list."""

import asyncio
from collections import defaultdict
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException

from patternwatch.analysis.planning.alert_rules import why_not_analysed
from patternwatch.analysis.planning.requests import request_for_alert
from patternwatch.analysis.report.alert_replicas import replica_key, same_in_words, told_before
from patternwatch.api.alertmanager import Rejected, alerts_of, read_webhook
from patternwatch.api.commands import accept_alerts
from patternwatch.api.context import API, AppContext, UseContext, UseTenant
from patternwatch.api.http.cursors import BeforeUrgent, read_cursor, write_cursor
from patternwatch.api.http.problems import problems
from patternwatch.api.schemas.alerts import (
    AcceptedAlert,
    AlertCounts,
    AlertList,
    AlertRead,
    RejectedAlert,
    WebhookAccepted,
)
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.errors import InputError
from patternwatch.contracts.ids import request_id_for_alert
from patternwatch.contracts.settings import TenantSettings

log = structlog.get_logger(__name__)

router = APIRouter(prefix=API + "/tenants/{tenant}", tags=["alerts"])

_WEBHOOK_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [
                        {"$ref": "#/components/schemas/AlertmanagerWebhook"},
                        {"type": "array", "items": {"$ref": "#/components/schemas/WebhookAlert"}},
                    ]
                }
            }
        },
    }
}


@router.post(
    "/webhooks/alertmanager",
    status_code=202,
    responses=problems(400, 404, 413, 415, 422, 503),
    openapi_extra=_WEBHOOK_BODY,
)
async def post_alertmanager_webhook(
    request: Request, context: UseContext, tenant: UseTenant
) -> WebhookAccepted:
    """Take a group of alerts from Alertmanager, Grafana or a sender of Alertmanager's API.

    Answered when Kafka holds every alert of it that can be read; the others are named in the answer. 422
    where none can be.
    """
    _require_json(request)
    raw = await request.body()
    # A large group takes seconds to read: event streams and health checks go on meanwhile.
    alerts, rejected, left_out = await asyncio.to_thread(_read, raw, context, tenant)
    alerts = await _once_for_all_replicas(alerts, context)
    refused = await accept_alerts(context, list(alerts.values()))
    too_large = dict(zip(alerts, refused, strict=True))
    rejected += [Rejected(index, str(error)) for index, error in too_large.items() if error is not None]
    for one in rejected:
        log.warning("webhook.alert_rejected", tenant=tenant.id, index=one.index, reason=one.reason)
    if left_out:
        log.warning("webhook.truncated", tenant=tenant.id, missing=left_out)
    context.metrics.alerts_missed.labels(tenant.id, "rejected").inc(len(rejected))
    context.metrics.alerts_missed.labels(tenant.id, "truncated").inc(left_out)
    if alerts and None not in refused:
        raise next(error for error in refused if error is not None)
    accepted = [_accepted(alert) for index, alert in alerts.items() if too_large[index] is None]
    return WebhookAccepted(
        accepted=len(accepted),
        alerts=accepted,
        rejected=[RejectedAlert(index=one.index, reason=one.reason) for one in rejected],
        truncated=left_out,
    )


# Where Prometheus, vmalert and rulers post when this webhook is given to them as an Alertmanager's address.
router.add_api_route(
    "/webhooks/alertmanager/api/v2/alerts",
    post_alertmanager_webhook,
    methods=["POST"],
    status_code=202,
    include_in_schema=False,
)


def _read(
    raw: bytes, context: AppContext, tenant: TenantSettings
) -> tuple[dict[int, Alert], list[Rejected], int]:
    """The group's alerts by their place, each with why it is not analysed; how many its sender left out."""
    group, now_ms = read_webhook(raw), context.clock()
    alerts, rejected = alerts_of(group, tenant.id, now_ms)
    judged = {index: _judged(alert, context, tenant, now_ms) for index, alert in alerts.items()}
    return judged, rejected, group.truncated


def _judged(alert: Alert, context: AppContext, tenant: TenantSettings, now_ms: int) -> Alert:
    settings = context.settings.analysis
    reason = why_not_analysed(alert, settings, now_ms)
    if alert.status == "firing" and not reason:
        try:
            request_for_alert(alert, tenant, settings, now_ms)
        except InputError as error:  # as the worker would find, after an analysis was promised
            reason = str(error)
    key = replica_key(alert.labels, settings.replica_labels)
    return alert.model_copy(update={"not_analysed": reason, "replica_key": key})


async def _once_for_all_replicas(alerts: dict[int, Alert], context: AppContext) -> dict[int, Alert]:
    """The same; what an alert of another replica starts already is not started again."""
    asking = {i: alert for i, alert in alerts.items() if alert.replica_key and not alert.not_analysed}
    if not asking:
        return alerts
    tenant = next(iter(asking.values())).tenant
    known = await context.read_model.alerts_of_replicas(tenant, (a.replica_key for a in asking.values()))
    latest: dict[str, dict[str, Alert]] = defaultdict(dict)
    for alert in known:
        latest[alert.replica_key][alert.fingerprint] = alert
    for index, alert in asking.items():
        others = latest[alert.replica_key]
        other = told_before(alert, others.values())
        if other is not None:
            reason = same_in_words(alert, other) if alert.status == "firing" else ""
            told = {"same_as": other.fingerprint, "not_analysed": reason}
            alerts[index] = alert.model_copy(update=told)
        others[alert.fingerprint] = alerts[index]
    return alerts


def _starts_one(alert: Alert) -> bool:
    return alert.status == "firing" and not alert.not_analysed


def _accepted(alert: Alert) -> AcceptedAlert:
    own_id = request_id_for_alert(alert.tenant, alert.fingerprint, alert.starts_at_ms)
    return AcceptedAlert(
        fingerprint=alert.fingerprint,
        status=alert.status,
        request_id=own_id if _starts_one(alert) else None,
        not_analysed=alert.not_analysed,
    )


@router.get("/alerts", responses=problems(404, 422))
async def list_alerts(
    context: UseContext,
    tenant: UseTenant,
    status: Annotated[Literal["firing", "resolved"] | None, Query(description="Only these")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: BeforeUrgent = None,
) -> AlertList:
    """Alerts, each with its latest analysis: the firing ones first and by severity, then the resolved ones.

    Within a severity, and among the resolved ones, the latest first.
    """
    counts = await context.read_model.alert_counts(tenant.id)
    page = await context.read_model.alerts(tenant.id, status, limit, read_cursor(before, numbers=2))
    return AlertList(
        alerts=[AlertRead.from_state(alert) for alert in page.rows],
        counts=AlertCounts(firing=counts.get("firing", 0), resolved=counts.get("resolved", 0)),
        total=page.total,
        next=write_cursor(page.next),
    )


def _require_json(request: Request) -> None:
    """A form of some other site cannot send JSON without asking first, so nothing else is taken."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        said = f"The body is {kind or 'of no type'}"
        raise HTTPException(415, f"{said}: send it with Content-Type: application/json")
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity":
        raise HTTPException(415, f"The body is compressed ({encoding[:40]}): send it as it is")
