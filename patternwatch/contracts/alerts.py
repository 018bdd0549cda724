"""What Alertmanager reports: the topic `alerts`."""

from typing import Literal

from pydantic import Field

from patternwatch.contracts.base import Message, Tenant

_NAMES_OF_NO_RULE = ("DatasourceNoData", "DatasourceError")
"""Names that Grafana 9 to 12 gives an alert whose query returns nothing or fails (Grafana documentation,
"No data and error states"); the label `rulename` holds the rule's own."""


class Alert(Message):
    """One alert of an Alertmanager webhook, for one tenant. Key: tenant + fingerprint.

    >>> Alert(
    ...     tenant="default", fingerprint="f1", status="firing", labels={"alertname": "HighLatency"},
    ...     starts_at_ms=1_760_000_000_000, received_at_ms=1_760_000_000_100,
    ... ).name
    'HighLatency'
    """

    tenant: Tenant
    fingerprint: str
    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at_ms: int
    ends_at_ms: int | None = None
    group_key: str = ""
    generator_url: str = ""
    received_at_ms: int
    not_analysed: str = ""
    """Why it starts no analysis by itself; empty where it does, and where it is resolved."""
    replica_key: str = ""
    """What it shares with the same alert of another replica; empty where it has no replica label."""
    same_as: str = ""
    """Fingerprint of such an alert, whose analysis stands for this one's too; empty without one."""

    @property
    def name(self) -> str:
        """The alert's name, or its fingerprint where it has none.

        Grafana names every alert without data alike, and the rule in a label of its own.
        """
        name = self.labels.get("alertname") or self.fingerprint
        rule = self.labels.get("rulename") if name in _NAMES_OF_NO_RULE else None
        return f"{rule} ({name})" if rule else name
