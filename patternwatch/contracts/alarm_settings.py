"""Alarms: episodes of watches as alerts, for the routing, silences and receivers that people have already."""

from pydantic import Field, field_validator

from patternwatch.contracts.addresses import WebAddress
from patternwatch.contracts.settings_base import Settings
from patternwatch.contracts.source_settings import is_header_value

EPISODE_ALERT = "PatternwatchEpisode"
"""Name of the alerts that we send. Where they come back by a webhook they start no analysis."""
_OWN = ("alertname", "tenant", "watch", "entity")


class AlarmSettings(Settings):
    """Where episodes of watches are sent to as alerts; nowhere as long as there is no URL.

    >>> AlarmSettings(alertmanager_url="http://alertmanager:9093").labels
    {'severity': 'warning'}
    """

    alertmanager_url: WebAddress = ""
    """An Alertmanager, with its path prefix where it has one; alerts go to `/api/v2/alerts` below it."""
    authorization: str = ""
    """Value of the header Authorization, where it asks for one: `Bearer ...`."""
    page_url: WebAddress = ""
    """Where people reach the page: alerts link to their report there."""
    labels: dict[str, str] = Field(default_factory=lambda: {"severity": "warning"})
    """Labels of every alert, for the routes of Alertmanager."""
    timeout_s: float = Field(default=5.0, gt=0)
    """How long an answer may take. What fails is sent again at the next tick."""

    @field_validator("authorization")
    @classmethod
    def _is_header(cls, value: str) -> str:
        if value and not is_header_value(value):
            raise ValueError("it is no value of a header: one line of visible characters")
        return value

    @field_validator("labels")
    @classmethod
    def _not_ours(cls, labels: dict[str, str]) -> dict[str, str]:
        if ours := sorted(set(labels) & set(_OWN)):
            raise ValueError(f"the labels {', '.join(ours)} are set by patternwatch: use other names")
        return labels
