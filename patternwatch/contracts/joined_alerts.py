"""Which analysis an alert belongs to: the one that it began, or another alert's that it has joined."""

from typing import Literal

from patternwatch.contracts.base import Message, Part, Tenant


class JoinedAlert(Message):
    """That one firing of an alert belongs to this analysis. Key: tenant + fingerprint.

    >>> joined = JoinedAlert(
    ...     tenant="default", fingerprint="f1", starts_at_ms=1_760_000_000_000, name="HighLatency",
    ...     request_id="r1", own_request_id="r2", at_ms=1_760_000_000_100,
    ... )
    >>> joined.status, joined.began_it
    ('firing', False)
    """

    tenant: Tenant
    fingerprint: str
    starts_at_ms: int
    """Which firing of the alert: one that begins later may belong to another analysis."""
    status: Literal["firing", "resolved"] = "firing"
    name: str
    severity: str = ""
    request_id: str
    """The analysis that it belongs to."""
    own_request_id: str
    """The analysis that it would have begun by itself: who was promised that one is shown the other."""
    at_ms: int
    """When this was decided."""

    @property
    def began_it(self) -> bool:
        """Whether the analysis is its own."""
        return self.request_id == self.own_request_id


class ReportAlert(Part):
    """One alert that a report answers.

    >>> ReportAlert(fingerprint="f1", name="HighLatency", status="firing", starts_at_ms=0).severity
    ''
    """

    fingerprint: str
    name: str
    severity: str = ""
    status: Literal["firing", "resolved"]
    starts_at_ms: int
