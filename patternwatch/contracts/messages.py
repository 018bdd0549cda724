"""What travels between the processes. Every value is JSON with a `schema_version`.

Unknown fields are ignored, so that a newer sender can add some; another `schema_version` is refused.
"""

import re
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from patternwatch.contracts.arrays import PackedFloats
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import Window

SCHEMA_VERSION = 2
TENANT_PATTERN = re.compile(r"^[a-zA-Z0-9][a-zA-Z0-9_.|-]{0,149}$")

Tenant: TypeAlias = Annotated[str, StringConstraints(pattern=TENANT_PATTERN.pattern)]
Trigger: TypeAlias = Literal["alert", "manual", "watch"]
Compare: TypeAlias = Literal["none", "day", "week"]
Stage: TypeAlias = Literal["accepted", "planned", "analysing", "concluded", "quiet", "failed"]
TERMINAL_STAGES: frozenset[Stage] = frozenset(("concluded", "quiet", "failed"))
"""No progress follows these."""


class Message(BaseModel):
    """Base of everything that travels."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", arbitrary_types_allowed=True, use_attribute_docstrings=True
    )

    schema_version: int = SCHEMA_VERSION


class Alert(Message):
    """One alert of an Alertmanager webhook, for one tenant. Key: tenant + fingerprint."""

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

    @property
    def name(self) -> str:
        """The alert's name, or its fingerprint where it has none."""
        return self.labels.get("alertname") or self.fingerprint


class AnalysisRequest(Message):
    """One analysis to be made: these series, this window. Key: tenant + request id."""

    request_id: str
    tenant: Tenant
    trigger: Trigger
    title: str
    matchers: Matchers
    window: Window
    requested_at_ms: int
    alert: Alert | None = None
    watch: str = ""
    compare: Compare = "none"
    """With the same window how much earlier: what that one shows too is not flagged."""


class Shard(Message):
    """A part of a request's series, to be fetched and scanned at one go."""

    shard_id: str
    number: int = Field(ge=0)
    of: int = Field(ge=1)
    request: AnalysisRequest
    matchers: Matchers
    expected_series: int = Field(ge=0)
    max_candidates: int = Field(ge=1)
    left_out: dict[str, int] = Field(default_factory=dict)
    """Series of the request that are in none of its shards, by reason; told by the first one only."""

    @model_validator(mode="after")
    def _numbered(self) -> Self:
        if self.number >= self.of:
            raise ValueError(f"shard number {self.number} of {self.of} does not exist")
        return self


class Candidate(Message):
    """A series that a scan puts forward: enough of it to judge it again at another onset."""

    labels: dict[str, str]
    derivation: str
    category: str
    screening_score: float
    """How much it changed, by a measure that does not depend on one split; orders the candidates."""
    values: PackedFloats
    """All rows of the window."""
    expected: PackedFloats | None = None
    """DeviationStats that the same window a day or a week earlier foretells, by row; empty where it foretells
    none, absent where it is not known."""


class ShardResult(Message):
    """What one scan found: sums that add up over shards, and its best candidates."""

    shard_id: str
    number: int
    of: int
    request: AnalysisRequest
    status: Literal["ok", "failed"] = "ok"
    reason: str = ""
    series: int = 0
    """Series that the source returned."""
    analysed: int = 0
    flagged: int = 0
    compared: int = 0
    """Series whose earlier window is known, where the request compares."""
    suppressed_by_season: int = 0
    """Series that only the earlier window keeps from being flagged."""
    skipped: dict[str, int] = Field(default_factory=dict)
    appeared: int = 0
    """Series whose first point lies inside the window."""
    vanished: int = 0
    """Series whose last point lies before the window's end."""
    votes: list[int] = Field(default_factory=list)
    """Onset votes by row, in thousandths: whole numbers, so that their sum is the same in any order."""
    scales: dict[str, PackedFloats] = Field(default_factory=dict)
    """Baseline scale of every analysed series, by kind of metric."""
    candidates: list[Candidate] = Field(default_factory=list)
    fetch_ms: float = 0.0
    scan_ms: float = 0.0


class Progress(Message):
    """How far an analysis has come. Key: tenant + request id."""

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


class Tick(Message):
    """Time to look at a watched cluster. Key: tenant + watch."""

    tenant: Tenant
    watch: str
    at_ms: int


class Episode(Message):
    """A watched cluster's open trouble: which report tells of it. Key: tenant + watch + cause."""

    tenant: Tenant
    watch: str
    cause: str
    report_id: str
    revision: int
    opened_ms: int
    last_seen_ms: int
    open: bool


class DeadLetter(Message):
    """A record that could not be worked on, whole, with where it came from and why."""

    topic: str
    partition: int
    offset: int
    key: str | None = None
    """base64 of the record's key."""
    value: str | None = None
    """base64 of the record's value."""
    headers: dict[str, str] = Field(default_factory=dict)
    error: str
    reason: str
    at_ms: int
