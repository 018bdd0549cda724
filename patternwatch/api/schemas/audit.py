"""The audit log."""

from typing import Any

from patternwatch.api.schemas.base import ApiModel, ListPage
from patternwatch.contracts.access_settings import Role


class AuditEntryRead(ApiModel):
    """One operation that changed something in the tenant, or was to."""

    at_ms: int
    """When it was answered, in ms since 1970."""
    who: str
    """Name of the token or the user."""
    caller: str
    """Key of the token or the user: tells two of one name apart."""
    role: Role
    client: str | None
    """The address that it came from."""
    action: str
    """The operation's id in this document."""
    status: int
    """With which it was answered: below 400 it took place."""
    what: dict[str, Any]
    """The ids that it was about, 20 at most, and how many there were (`count`)."""


class AuditList(ListPage):
    """Entries, the latest first."""

    entries: list[AuditEntryRead]
