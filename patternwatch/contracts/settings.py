"""The settings that more than one process needs. Each process reads them once, in its composition root."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from patternwatch.contracts.errors import SelectorError, UnknownTenantError
from patternwatch.contracts.matchers import Matchers, parse_selector
from patternwatch.contracts.messages import TENANT_PATTERN
from patternwatch.contracts.series import WINDOW_ROWS


class Settings(BaseModel):
    """Base of every group of settings: a name that is not ours is an error, not a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class KafkaSettings(Settings):
    """Where Kafka is and how our topics are made there."""

    bootstrap: str = "127.0.0.1:9092"
    topic_prefix: str = "patternwatch."
    partitions: int = Field(default=8, ge=1)
    replication: int = Field(default=1, ge=1)
    connect_timeout_s: float = Field(default=30.0, gt=0)
    """How long a starting process waits for the broker before it gives up with an error."""


class SourceSettings(Settings):
    """Where the series come from: `http(s)://...` (Cortex, Prometheus) or `bundle:///FILE` (a recording).

    `replay_end_ms` moves a recording so that it ends at that instant.
    """

    url: str = "http://127.0.0.1:9090"
    timeout_s: float = Field(default=20.0, gt=0)
    concurrency: int = Field(default=2, ge=1)
    most_series: int = Field(default=200_000, ge=1)
    replay_end_ms: int | None = None


class AnalysisSettings(Settings):
    """How a request becomes a window, shards and a report."""

    step_ms: int = Field(default=30_000, gt=0)
    rows: int = Field(default=WINDOW_ROWS, ge=120, le=1200)
    scope_labels: tuple[str, ...] = ("cluster",)
    """Labels of an alert that say which series to look at."""
    entity_labels: tuple[str, ...] = ("service", "app", "deployment", "workload", "job", "instance")
    """Labels that name the thing a series belongs to; the first that is there counts."""
    kinds: dict[str, str] = Field(default_factory=dict)
    """Kinds of one's own metrics, tried before the built-in table: regular expression on the name -> kind."""
    shard_series: int = Field(default=1000, ge=1)
    candidates: int = Field(default=5000, ge=1)
    """Candidate series of a request, over all of its shards."""
    findings: int = Field(default=100, ge=1)
    """Findings that a report shows."""
    deadline_s: float = Field(default=60.0, gt=0)
    """After this the collector publishes what it has, and says what is missing."""
    analyze_alerts: bool = True
    """Whether a firing alert starts an analysis by itself."""


class TenantSettings(Settings):
    """One tenant: its id at the source (X-Scope-OrgID), and what an alert without scope looks at."""

    id: str = Field(pattern=TENANT_PATTERN.pattern)
    selector: str = '{__name__=~".+"}'

    @model_validator(mode="after")
    def _readable(self) -> Self:
        try:
            parse_selector(self.selector)
        except SelectorError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def matchers(self) -> Matchers:
        """The selector, read."""
        return parse_selector(self.selector)


class WatchSettings(Settings):
    """One cluster that is looked at again and again by itself."""

    name: str = Field(pattern=r"^[a-zA-Z0-9_.-]{1,100}$")
    tenant: str
    selector: str
    interval_s: float = Field(default=60.0, gt=0)
    least_score: float = Field(default=2.0, ge=0)
    """Severity bar: the strongest entity's score from which a report is published."""


class LogSettings(Settings):
    """How logs are written: one event a line, as text for people or JSON for machines."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


def tenant_named(tenants: tuple[TenantSettings, ...], tenant: str) -> TenantSettings:
    """The settings of this tenant; raises UnknownTenantError."""
    for known in tenants:
        if known.id == tenant:
            return known
    raise UnknownTenantError(
        f"There is no tenant {tenant!r}",
        "Use one of: " + ", ".join(t.id for t in tenants) + ", or add it to the settings",
    )
