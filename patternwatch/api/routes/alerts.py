"""Alerts: in by the webhook, out as a list."""

import asyncio
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException

from patternwatch.analysis.alert_rules import why_not_analysed
from patternwatch.api.alertmanager import Rejected, alerts_of, read_webhook
from patternwatch.api.commands import accept_alerts
from patternwatch.api.context import API, AppContext, UseContext, UseTenant
from patternwatch.api.http.problems import problems
from patternwatch.api.schemas.alerts import (
    AcceptedAlert,
    AlertList,
    AlertRead,
    RejectedAlert,
    WebhookAccepted,
)
from patternwatch.contracts.messages import Alert

log = structlog.get_logger(__name__)

router = APIRouter(prefix=API + "/tenants/{tenant}", tags=["alerts"])

_WEBHOOK_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/AlertmanagerWebhook"}}},
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
    alerts, rejected = await asyncio.to_thread(_read, raw, context, tenant.id)
    for one in rejected:
        log.warning("webhook.alert_rejected", tenant=tenant.id, index=one.index, reason=one.reason)
    started = await accept_alerts(context, alerts)
    accepted = [
        AcceptedAlert(
            fingerprint=alert.fingerprint,
            status=alert.status,
            request_id=request_id,
            not_analysed=alert.not_analysed,
        )
        for alert, request_id in zip(alerts, started, strict=True)
    ]
    return WebhookAccepted(
        accepted=len(accepted),
        alerts=accepted,
        rejected=[RejectedAlert(index=one.index, reason=one.reason) for one in rejected],
    )


# Where Prometheus, vmalert and rulers post when this webhook is given to them as an Alertmanager's address.
router.add_api_route(
    "/webhooks/alertmanager/api/v2/alerts",
    post_alertmanager_webhook,
    methods=["POST"],
    status_code=202,
    include_in_schema=False,
)


def _read(raw: bytes, context: AppContext, tenant: str) -> tuple[list[Alert], list[Rejected]]:
    """The group's alerts, each with why it is not analysed."""
    group, now_ms = read_webhook(raw), context.clock()
    if group.truncated:
        log.warning("webhook.truncated", tenant=tenant, missing=group.truncated)
    alerts, rejected = alerts_of(group, tenant, now_ms)
    return [_judged(alert, context, now_ms) for alert in alerts], rejected


def _judged(alert: Alert, context: AppContext, now_ms: int) -> Alert:
    reason = why_not_analysed(alert, context.settings.analysis, now_ms)
    return alert.model_copy(update={"not_analysed": reason}) if reason else alert


@router.get("/alerts", responses=problems(404, 422))
async def list_alerts(
    context: UseContext,
    tenant: UseTenant,
    status: Annotated[Literal["firing", "resolved"] | None, Query(description="Only these")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> AlertList:
    """Alerts, the latest first, each with its latest analysis."""
    found = await context.read_model.alerts(tenant.id, status, limit)
    return AlertList(alerts=[AlertRead.from_state(alert) for alert in found])


def _require_json(request: Request) -> None:
    """A form of some other site cannot send JSON without asking first, so nothing else is taken."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, f"The body is {kind or 'of no type'}, not application/json")
