"""Alerts and their webhook."""

from typing import Literal

from pydantic import Field

from patternwatch.api.read_model.rows import AlertState
from patternwatch.api.schemas.base import ApiModel, ListPage


class AcceptedAlert(ApiModel):
    """One alert of a webhook that was passed on."""

    fingerprint: str
    status: Literal["firing", "resolved"]
    request_id: str | None
    """The analysis that it starts, where it starts one."""
    not_analysed: str = ""
    """Why a firing alert starts none."""


class RejectedAlert(ApiModel):
    """One alert of a webhook that could not be read."""

    index: int
    """Its place in the group, from 0."""
    reason: str


class WebhookAccepted(ApiModel):
    """What became of a webhook."""

    accepted: int
    alerts: list[AcceptedAlert]
    rejected: list[RejectedAlert] = Field(default_factory=list)
    """Alerts of the same group that could not be read; the others were taken."""
    truncated: int = 0
    """Alerts of the group that the sender left out itself: its receiver has a `max_alerts`."""


class AlertRead(AlertState):
    """An alert with the latest analysis made of it."""

    alertname: str = Field(serialization_alias="name")
    """The label `alertname`, or the fingerprint where there is none."""
    severity: str
    """The label `severity`; empty where there is none."""
    description: str
    """The first of the annotations `summary`, `description` and `message`; empty where there is none."""

    @classmethod
    def from_state(cls, alert: AlertState) -> "AlertRead":
        """The answer for this alert."""
        told = (alert.annotations.get(name) for name in ("summary", "description", "message"))
        return cls.model_construct(  # of what is valid already: a list has hundreds
            **alert.__dict__,
            alertname=alert.name,
            severity=alert.labels.get("severity", ""),
            description=next(filter(None, told), ""),
        )


class AlertCounts(ApiModel):
    """How many alerts there are, by status; of the whole tenant, whatever the list holds."""

    firing: int
    resolved: int


class AlertList(ListPage):
    """Alerts: the firing ones first and by severity, then the resolved ones; in each the latest first."""

    alerts: list[AlertRead]
    counts: AlertCounts
