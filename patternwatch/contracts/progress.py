"""How far a request has come: the topic `progress`."""

from typing import Literal, TypeAlias

from patternwatch.contracts.base import Message, Tenant
from patternwatch.contracts.requests import Trigger

Stage: TypeAlias = Literal["accepted", "planned", "analysing", "concluded", "quiet", "failed"]
TERMINAL_STAGES: frozenset[Stage] = frozenset(("concluded", "quiet", "failed"))
"""No progress follows these."""


class Progress(Message):
    """How far an analysis has come. Key: tenant + request id.

    >>> Progress(
    ...     request_id="r1", tenant="default", trigger="alert", title="HighLatency", stage="analysing",
    ...     done=3, of=8, at_ms=1_760_000_000_000,
    ... ).stage
    'analysing'
    """

    request_id: str
    tenant: Tenant
    trigger: Trigger
    title: str
    stage: Stage
    done: int = 0
    of: int = 0
    note: str = ""
    report_id: str = ""
    """Set with the stage `concluded`."""
    at_ms: int
