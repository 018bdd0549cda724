"""A group of alerts as its sender posts it: what is read of it, and what is passed over.

Scripts take the form from Alertmanager, and are careless with it: what is for people (annotations) is read
whatever it is, what an alert is told from others by (labels) is not.
"""

import re
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

LabelName = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
_FINGERPRINT = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
"""A string; null, as Go writes what was never set, is the empty one."""


def _note(value: object) -> str:
    """An annotation as text: it is for people, and none is a reason to refuse its alert."""
    return value if isinstance(value, str) else "" if value is None else orjson.dumps(value).decode()


def _label(value: object) -> object:
    """A label's value as text: senders of one's own write numbers, and null for one that is not there."""
    if value is None:
        return ""
    return orjson.dumps(value).decode() if isinstance(value, bool | int | float) else value


def _state(value: object) -> object:
    """The word for an alert's state, which Alertmanager's API puts into an object."""
    return value.get("state") if isinstance(value, dict) else value


def _fingerprint(value: object) -> str:
    """What the sender calls the alert; empty where it cannot be a part of an address."""
    return value if isinstance(value, str) and _FINGERPRINT.fullmatch(value) else ""


class WebhookAlert(BaseModel):
    """One alert of the group."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: Annotated[Text, BeforeValidator(_state)] = Field(
        default="", description="firing or resolved; else told by endsAt"
    )
    labels: dict[LabelName, Annotated[str, BeforeValidator(_label)]]
    annotations: Annotated[
        dict[str, Annotated[str, BeforeValidator(_note)]], BeforeValidator(lambda value: value or {})
    ] = Field(default_factory=dict)
    starts_at: Text = Field(
        default="", alias="startsAt", description="RFC 3339, up to nanoseconds; may lack in an array: now"
    )
    ends_at: Text = Field(
        default="", alias="endsAt", description="RFC 3339; 0001-01-01T00:00:00Z while the alert fires"
    )
    generator_url: Text = Field(default="", alias="generatorURL")
    fingerprint: Annotated[str, BeforeValidator(_fingerprint)] = ""


class AlertmanagerWebhook(BaseModel):
    """A group of alerts."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: Any = Field(default="", description='"4" from Alertmanager, "1" from Grafana; a hint only')
    group_key: Any = Field(default="", alias="groupKey", description="A string; anything else is none")
    truncated_alerts: Any = Field(
        default=0, alias="truncatedAlerts", description="How many more there are; no number is none"
    )
    alerts: list[WebhookAlert]
