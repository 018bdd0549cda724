"""The settings that more than one process needs. Each process reads them once, in its composition root."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from patternwatch.contracts.errors import SelectorError, UnknownTenantError
from patternwatch.contracts.matchers import Matchers, parse_selector
from patternwatch.contracts.messages import TENANT_PATTERN, Compare
from patternwatch.contracts.series import WINDOW_ROWS


class Settings(BaseModel):
    """Base of every group of settings: a name that is not ours is an error, not a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class KafkaSettings(Settings):
    """Where Kafka is and how our topics are made there."""

    bootstrap: str = "127.0.0.1:9092"
    """Addresses of brokers, with commas between."""
    topic_prefix: str = "patternwatch."
    """Goes in front of the name of every topic."""
    partitions: int = Field(default=8, ge=1)
    """Of every topic that is made: the most workers that can share the load."""
    replication: int = Field(default=1, ge=1)
    """Copies of every topic that is made; 3 in production."""
    connect_timeout_s: float = Field(default=30.0, gt=0)
    """How long a starting process waits for the broker before it gives up with an error."""


class SourceSettings(Settings):
    """Where the series come from: `http(s)://...` (Cortex, Prometheus) or `bundle:///FILE` (a recording).

    `replay_end_ms` moves a recording so that it ends at that instant.
    """

    url: str = "http://127.0.0.1:9090"
    """`http(s)://...` in front of /api/v1, or `bundle:///FILE`; credentials do not belong into it."""
    username: str = ""
    """For basic authentication."""
    password: SecretStr | None = None
    """For basic authentication."""
    password_file: Path | None = None
    """Instead of the password: a file that holds it, read again for every request."""
    bearer_token: SecretStr | None = None
    """For `Authorization: Bearer ...`."""
    bearer_token_file: Path | None = None
    """Instead of the token: a file that holds it, read again for every request."""
    ca_file: Path | None = None
    """Certificates (PEM) of one's own authority, trusted besides the system's."""
    timeout_s: float = Field(default=20.0, gt=0)
    """The longest wait for one whole answer."""
    concurrency: int = Field(default=2, ge=1)
    """Requests in flight per worker."""
    tries: int = Field(default=3, ge=1)
    """How often one request is sent where the source is away or busy (429, 503)."""
    retry_s: float = Field(default=10.0, ge=0)
    """The longest wait for a source that is away or busy, on top of timeout_s; Retry-After counts."""
    max_samples: int = Field(default=50_000_000, ge=1)
    """Of one part of a request: an answer with more is asked for again in halves."""
    max_response_bytes: int = Field(default=512 * 1024 * 1024, ge=1024)
    """A larger answer is broken off and asked for again in halves."""
    replay_end_ms: int | None = None
    """Recordings only: the instant at which the recording ends."""

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        basic = self.password is not None or self.password_file is not None
        bearer = self.bearer_token is not None or self.bearer_token_file is not None
        if basic and bearer:
            raise ValueError("give either a password or a bearer token, not both")
        if basic != bool(self.username):
            raise ValueError("username and password (or password_file) belong together")
        if self.password is not None and self.password_file is not None:
            raise ValueError("give either password or password_file, not both")
        if self.bearer_token is not None and self.bearer_token_file is not None:
            raise ValueError("give either bearer_token or bearer_token_file, not both")
        return self


class AnalysisSettings(Settings):
    """How a request becomes a window, shards and a report."""

    step_ms: int = Field(default=30_000, gt=0)
    """Distance of points where a request does not say."""
    rows: int = Field(default=WINDOW_ROWS, ge=120, le=1200)
    """Points of a window."""
    scope_labels: tuple[str, ...] = ("cluster",)
    """Labels of an alert that say which series to look at."""
    entity_labels: tuple[str, ...] = ("service", "app", "deployment", "workload", "job", "instance")
    """Labels that name the thing a series belongs to; the first that is there counts."""
    peer_labels: tuple[str, ...] = ("peer", "upstream", "destination_service", "destination_workload")
    """Labels by which a service's own series name the service that it calls."""
    client_entity_pattern: str = r"[_:.-](client|remote)$"
    """Names of entities that are others as callers see them, a regular expression: they count in part."""
    metric_categories: dict[str, str] = Field(default_factory=dict)
    """Categories of one's own metrics, tried before the built-in ones: regular expression -> category."""
    shard_series: int = Field(default=1000, ge=1)
    """Series of a shard, about; a metric with more is cut by one of its labels."""
    max_series: int = Field(default=200_000, ge=1)
    """Series of a request: of more, the metrics with most are left out, and the report says how many."""
    candidates: int = Field(default=5000, ge=1)
    """Candidate series of a request, over all of its shards."""
    findings: int = Field(default=100, ge=1)
    """Findings that a report shows."""
    drift_findings: int = Field(default=10, ge=0)
    """Of these, the strongest that River's drift detectors are asked about too, some 10 ms each."""
    deadline_s: float = Field(default=60.0, gt=0)
    """After this the collector publishes what it has, and says what is missing."""
    compare: Compare = "none"
    """Whether the same window one `day` or `week` earlier is read too, so that its rise is not flagged."""
    analyze_alerts: bool = True
    """Whether a firing alert starts an analysis by itself."""


class TenantSettings(Settings):
    """One tenant: its id at the source (X-Scope-OrgID), and what an alert without scope looks at."""

    id: str = Field(pattern=TENANT_PATTERN.pattern)
    """X-Scope-OrgID at the source; also `a|b`."""
    selector: str = '{__name__=~".+"}'
    """The series of an alert that carries none of the scope labels."""

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
    """Names the watched cluster in reports."""
    tenant: str
    """One of the tenants."""
    selector: str
    """Its series."""
    interval_s: float = Field(default=60.0, gt=0)
    """Pause between two looks."""
    min_score: float = Field(default=4.0, ge=0)
    """Severity bar: the strongest entity's score from which a report is published."""


class LogSettings(Settings):
    """How logs are written: one event a line, as text for people or JSON for machines."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """From which on events are written."""
    format: Literal["text", "json"] = "text"
    """Text for people, JSON for machines."""


class ProcessSettings(BaseSettings):
    """What both processes are told: `PATTERNWATCH_KAFKA__BOOTSTRAP=host:9092` and so on.

    A process reads its subclass of this once, in its composition root; nothing else reads the environment.
    """

    model_config = SettingsConfigDict(
        env_prefix="PATTERNWATCH_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )

    kafka: KafkaSettings = KafkaSettings()
    source: SourceSettings = SourceSettings()
    analysis: AnalysisSettings = AnalysisSettings()
    tenants: tuple[TenantSettings, ...] = (TenantSettings(id="default"),)
    """Who may be asked for; a list of objects."""
    watches: tuple[WatchSettings, ...] = ()
    """Clusters that are looked at all the time; a list of objects."""
    log: LogSettings = LogSettings()


def tenant_named(tenants: tuple[TenantSettings, ...], tenant: str) -> TenantSettings:
    """The settings of this tenant; raises UnknownTenantError."""
    for known in tenants:
        if known.id == tenant:
            return known
    raise UnknownTenantError(
        f"There is no tenant {tenant!r}",
        "Use one of: " + ", ".join(t.id for t in tenants) + ", or add it to the settings",
    )
