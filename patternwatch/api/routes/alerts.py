"""Alerts: in by Alertmanager's webhook, out as a list."""

from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException

from patternwatch.api.alertmanager import alerts_of, read_webhook
from patternwatch.api.commands import accept_alerts
from patternwatch.api.context import API, UseContext, UseTenant
from patternwatch.api.http.problems import problems
from patternwatch.api.schemas.alerts import AcceptedAlert, AlertList, AlertRead, WebhookAccepted

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
    """Take an Alertmanager webhook of version 4. Answered when Kafka holds every alert of it."""
    _require_json(request)
    webhook = read_webhook(await request.body())
    if webhook.truncated_alerts:
        log.warning("webhook.truncated", tenant=tenant.id, missing=webhook.truncated_alerts)
    alerts = alerts_of(webhook, tenant.id, context.clock())
    started = await accept_alerts(context, alerts)
    accepted = [
        AcceptedAlert(fingerprint=alert.fingerprint, status=alert.status, request_id=request_id)
        for alert, request_id in zip(alerts, started, strict=True)
    ]
    return WebhookAccepted(accepted=len(accepted), alerts=accepted)


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
