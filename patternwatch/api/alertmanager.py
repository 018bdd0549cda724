"""Groups of alerts as their senders post them. The shape of each alert decides; a version is a hint.

| sender | body |
|---|---|
| Alertmanager 0.16 and newer; Mimir's, Cortex's | object, version "4" (tests/fixtures/wire: 0.25) |
| Grafana 9 to 12, contact point "webhook" | the same, version "1", `values`, `valueString`, `imageURL`; |
| | null for what an alert has not (Grafana documentation, "Webhook notifier") |
| vmalert, Prometheus, rulers of Mimir and Cortex: alerts API v2 | array of alerts without a status, whose |
| | `endsAt` lies ahead while they fire (Alertmanager's OpenAPI document, `postableAlert`) |
| scripts, of what the same API lists | the same, `status` an object with a `state` (`gettableAlert`) |
"""

from codecs import BOM_UTF8
from dataclasses import dataclass
from typing import Literal

import orjson
from pydantic import ValidationError

from patternwatch.api.rfc3339 import time_ms
from patternwatch.api.schemas.webhook import WebhookAlert
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.errors import WebhookError
from patternwatch.contracts.ids import alert_fingerprint

_REMEDY = (
    "Point a webhook_config of Alertmanager (it posts version 4), a webhook contact point of Grafana, or the "
    "notifier of Prometheus or vmalert here"
)
_STATES: dict[str, Literal["firing", "resolved"]] = {
    "firing": "firing",  # Alertmanager, Mimir, Cortex; Grafana for each alert
    "resolved": "resolved",
    "alerting": "firing",  # Grafana, of a group
    "ok": "resolved",
    "no_data": "firing",  # Grafana before 11, of a group: the rule's query returns nothing
    "nodata": "firing",  # Grafana's name for the same since 8
    "error": "firing",  # the rule's query fails
    "normal": "resolved",
    "active": "firing",  # Alertmanager's API lists those that fire alone
    "suppressed": "firing",
    "unprocessed": "firing",
}
"""The words that senders have for an alert's state."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """An alert of a group that cannot be taken: its place, and why."""

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Group:
    """A body, not yet looked into: its alerts as they came.

    has_starts  whether each alert says when it began; to Alertmanager's API, an array, it need not
    """

    alerts: list[object]
    group_key: str = ""
    truncated: int = 0
    has_starts: bool = True


def read_webhook(raw: bytes) -> Group:
    """Read the body, without looking into its alerts; raises WebhookError where it holds no list of them."""
    try:
        body = orjson.loads(raw.removeprefix(BOM_UTF8))  # RFC 8259, 8.1: a reader may pass over it
    except orjson.JSONDecodeError as error:
        raise WebhookError(f"The body is not JSON: {error}", _REMEDY) from error
    if isinstance(body, list):
        return Group(body, has_starts=False)
    if not isinstance(body, dict):
        raise WebhookError(f"The body is {_in_json(body)}, not an object or an array", _REMEDY)
    alerts = body.get("alerts")
    if not isinstance(alerts, list):
        hint = f" (the body says version {body['version']!r})" if "version" in body else ""
        if "alerts" not in body:
            raise WebhookError(f"The body has no field alerts, a list of them{hint}", _REMEDY)
        said = f"The field alerts is {_in_json(alerts)}, not a list of alerts"
        raise WebhookError(f"{said}{hint}", _REMEDY)
    key, truncated = body.get("groupKey"), body.get("truncatedAlerts")
    return Group(
        alerts,
        key if isinstance(key, str) else "",
        truncated if isinstance(truncated, int) and truncated > 0 else 0,
    )


def _in_json(value: object) -> str:
    """What a value is called in JSON (RFC 8259, 3)."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true" if value else "false"
    names: dict[type, str] = {dict: "an object", list: "an array", str: "a string"}
    return names.get(type(value), "a number")


def alerts_of(group: Group, tenant: str, received_at_ms: int) -> tuple[dict[int, Alert], list[Rejected]]:
    """The group's alerts as messages of this tenant, by their place, and those that cannot be taken.

    Raises WebhookError where there are some and none of them can be.
    """
    taken: dict[int, Alert] = {}
    rejected: list[Rejected] = []
    for index, one in enumerate(group.alerts):
        try:
            taken[index] = _alert(one, group, tenant, received_at_ms)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in (f"alerts.{index}", *first["loc"]))
            rejected.append(Rejected(index, f"The field {where} is wrong: {first['msg']}"))
        except _FieldError as error:
            rejected.append(Rejected(index, f"The field alerts.{index}.{error}"))
    if rejected and not taken:
        others = f" (and {len(rejected) - 1} more alerts)" if len(rejected) > 1 else ""
        raise WebhookError(rejected[0].reason + others, _REMEDY)
    return taken, rejected


class _FieldError(Exception):
    """The field that is wrong, and how."""


def _alert(one: object, group: Group, tenant: str, received_at_ms: int) -> Alert:
    alert = WebhookAlert.model_validate(one)
    if not alert.starts_at and group.has_starts:
        raise _FieldError("startsAt is wrong: it is missing")
    starts_at_ms = _time_ms(alert.starts_at, "startsAt") if alert.starts_at else received_at_ms
    if starts_at_ms is None:
        raise _FieldError("startsAt is the zero time: the alert never began")
    ends_at_ms = _time_ms(alert.ends_at, "endsAt") if alert.ends_at else None
    status = _status(alert.status, ends_at_ms, received_at_ms)
    return Alert(
        tenant=tenant,
        fingerprint=alert.fingerprint or alert_fingerprint(alert.labels),
        status=status,
        labels=alert.labels,
        annotations=alert.annotations,
        starts_at_ms=starts_at_ms,
        # Some senders give a firing alert the time at which it would expire: it has not ended.
        ends_at_ms=ends_at_ms if status == "resolved" else None,
        group_key=group.group_key,
        generator_url=alert.generator_url,
        received_at_ms=received_at_ms,
    )


def _status(said: str, ends_at_ms: int | None, received_at_ms: int) -> Literal["firing", "resolved"]:
    """By the word for it; without a word an alert fires until its end has come."""
    if not said:
        return "resolved" if ends_at_ms is not None and ends_at_ms <= received_at_ms else "firing"
    state = _STATES.get(said.lower())
    if state is None:
        raise _FieldError(f"status is wrong: {said[:60]!r} is none of {', '.join(_STATES)}")
    return state


def _time_ms(text: str, field: str) -> int | None:
    try:
        return time_ms(text)
    except ValueError as error:
        raise _FieldError(f"{field} {error}") from error
