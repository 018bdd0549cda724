"""The body that Alertmanager posts to a webhook receiver, version 4.

Source: Alertmanager configuration, "webhook_config", and the bodies that Alertmanager 0.25 posted
(tests/fixtures/wire).
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from patternwatch.contracts.errors import WebhookError
from patternwatch.contracts.ids import alert_fingerprint
from patternwatch.contracts.messages import Alert

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,18}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REMEDY = "Point a webhook_config of Alertmanager 0.16 or newer here; it posts version 4"

LabelName = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Fingerprint = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{0,128}$")]


class WebhookAlert(BaseModel):
    """One alert of the group."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: Literal["firing", "resolved"]
    labels: dict[LabelName, str]
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at: str = Field(alias="startsAt", description="RFC 3339, up to nanoseconds")
    ends_at: str = Field(
        default="", alias="endsAt", description="RFC 3339; 0001-01-01T00:00:00Z while the alert fires"
    )
    generator_url: str = Field(default="", alias="generatorURL")
    fingerprint: Fingerprint = ""


class AlertmanagerWebhook(BaseModel):
    """A group of alerts."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: Literal["4"]
    group_key: str = Field(default="", alias="groupKey")
    truncated_alerts: int = Field(default=0, alias="truncatedAlerts", ge=0)
    receiver: str = ""
    status: str = ""
    alerts: list[WebhookAlert]


def read_webhook(raw: bytes) -> AlertmanagerWebhook:
    """Read the body; raises WebhookError that names the first field that is not as it should be."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise WebhookError(f"The body is not JSON: {error}", _REMEDY) from error
    if not isinstance(body, dict):
        raise WebhookError(f"The body is a JSON {type(body).__name__}, not an object", _REMEDY)
    version = body.get("version")
    if version != "4":
        said = "no version" if version is None else f"version {version!r}"
        raise WebhookError(f"The body has {said} where the webhook's version is '4'", _REMEDY)
    try:
        return AlertmanagerWebhook.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise WebhookError(f"The field {where} is wrong: {first['msg']}", _REMEDY) from error


def alerts_of(webhook: AlertmanagerWebhook, tenant: str, received_at_ms: int) -> list[Alert]:
    """The group's alerts as messages of this tenant; raises WebhookError for a time that is none."""
    return [
        _alert(alert, f"alerts.{n}", webhook.group_key, tenant, received_at_ms)
        for n, alert in enumerate(webhook.alerts)
    ]


def _alert(alert: WebhookAlert, where: str, group_key: str, tenant: str, received_at_ms: int) -> Alert:
    starts_at_ms = _time_ms(alert.starts_at, f"{where}.startsAt")
    if starts_at_ms is None:
        raise WebhookError(f"The field {where}.startsAt is the zero time: the alert never began", _REMEDY)
    ends_at_ms = _time_ms(alert.ends_at, f"{where}.endsAt") if alert.ends_at else None
    return Alert(
        tenant=tenant,
        fingerprint=alert.fingerprint or alert_fingerprint(alert.labels),
        status=alert.status,
        labels=alert.labels,
        annotations=alert.annotations,
        starts_at_ms=starts_at_ms,
        # Some senders give a firing alert the time at which it would expire: it has not ended.
        ends_at_ms=ends_at_ms if alert.status == "resolved" else None,
        group_key=group_key,
        generator_url=alert.generator_url,
        received_at_ms=received_at_ms,
    )


def _time_ms(text: str, where: str) -> int | None:
    """RFC 3339 to ms, rounded down; None for Go's zero time."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise WebhookError(f"The field {where} is no RFC 3339 time: {text[:60]!r}", _REMEDY)
    *fields, fraction, offset = found.groups()
    year, month, day, hour, minute, second = map(int, fields)
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise WebhookError(f"The field {where} is no time: {text!r} ({error})", _REMEDY) from error
    if moment.year == 1:
        return None
    whole = (moment - _EPOCH - _offset(offset)) // timedelta(milliseconds=1)
    return whole + int((fraction or "0")[:3].ljust(3, "0"))


def _offset(text: str) -> timedelta:
    if text in "Zz":
        return timedelta()
    ahead = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    return -ahead if text[0] == "-" else ahead
