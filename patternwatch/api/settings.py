"""Everything that the API process can be told, read once from the environment."""

from pathlib import Path

from pydantic import Field

from patternwatch.contracts.access_settings import AccessSettings
from patternwatch.contracts.settings import ProcessSettings
from patternwatch.contracts.settings_base import Settings
from patternwatch.shipped import shipped

_BUILT_PAGE = shipped("api/page", "webui/dist")


class RetentionSettings(Settings):
    """How long the API keeps what is over, and how much of it; never what fires or is under way.

    The defaults bound a busy site: a report of 10,000 series takes some 100 kB, so a tenant takes some 2 GB
    at the most.

    >>> RetentionSettings(max_reports=1000).report_days
    90
    """

    alert_days: int = Field(default=30, ge=1)
    """So long a resolved alert is listed after it was last received."""
    analysis_days: int = Field(default=90, ge=1)
    """So long an analysis is listed that is over."""
    report_days: int = Field(default=90, ge=1)
    """So long a report is kept after its last revision; then it is deleted, on its topic too."""
    audit_days: int = Field(default=365, ge=1)
    """So long an entry of the audit log is kept in the database."""
    event_hours: int = Field(default=24, ge=1)
    """So long a browser that was away is told what it has missed; after that it loads anew."""
    max_alerts: int = Field(default=50_000, ge=1)
    """Alerts of a tenant that are kept, the latest received."""
    max_analyses: int = Field(default=50_000, ge=1)
    """Analyses of a tenant that are kept, the latest asked for."""
    max_reports: int = Field(default=20_000, ge=1)
    """Reports of a tenant that are kept, the latest; beyond them they are deleted, on their topic too."""
    max_audit_entries: int = Field(default=100_000, ge=1)
    """Entries of the audit log of a tenant that are kept, the latest."""
    max_events: int = Field(default=50_000, ge=1)
    """Events that are kept, of all tenants together."""
    every_s: float = Field(default=600.0, gt=0)
    """Pause between two looks for what is old enough to go."""


class ApiSettings(ProcessSettings):
    """Settings of `patternwatch api`: `PATTERNWATCH_PORT=8080`, `PATTERNWATCH_KAFKA__BOOTSTRAP=host:9092`."""

    host: str = "127.0.0.1"
    """Address to listen on; one that is not loopback needs an `access.mode`."""
    port: int = Field(default=8080, ge=0, le=65535)
    """0 takes a free port; the log says which."""
    database_url: str = "sqlite+aiosqlite:///patternwatch.db"
    """SQLAlchemy URL of the read model; it can be lost, it is built again from the topics, but for the audit
    log."""
    web_dir: Path = _BUILT_PAGE
    """Folder of the built page (the one that holds index.html)."""
    access: AccessSettings = AccessSettings()
    max_body_bytes: int = Field(default=32 * 1024 * 1024, ge=1)
    """A larger webhook is refused; a storm of 20,000 alerts with long annotations takes some 30 MiB."""
    max_order_bytes: int = Field(default=1024 * 1024, ge=1)
    """A larger body of any other request is refused; an example of 3,000 points takes some 60 kB."""
    max_analyses_in_flight: int = Field(default=20, ge=1)
    """Analyses by hand that a tenant may have under way; one more is answered 429."""
    max_analyses_per_minute: int = Field(default=60, ge=1)
    """Analyses by hand that a tenant may start in a minute; one more is answered 429."""
    publish_timeout_s: float = Field(default=10.0, gt=0)
    """How long a request waits for Kafka to take a record before it is answered 503."""
    keep_alive_s: int = Field(default=75, ge=1)
    """How long an idle connection is kept open. Longer than the proxy in front keeps its own, 60 s in most:
    else it sends a request into a connection that is being closed, and answers 502."""
    heartbeat_s: float = Field(default=15.0, gt=0)
    """Pause after which a silent event stream sends a comment, so that proxies keep it open."""
    lost_after_s: float = Field(default=900.0, gt=0)
    """An analysis of which nothing was heard for this long is looked for: where its request is no longer on
    its topic, or was gone past by the workers, it has failed, and says so. One that waits its turn waits."""
    report_wait_s: float = Field(default=10.0, gt=0)
    """How long an event stream holds `concluded` back until the report itself can be read."""
    feed_stall_timeout_s: float = Field(default=180.0, gt=0)
    """A feed that was not heard of for this long ends the process, with exit code 3."""
    retention: RetentionSettings = RetentionSettings()
    feed_retry_s: float = Field(default=1.0, gt=0)
    """First pause before a feed that died starts again; doubles up to 30 s."""

    @property
    def tokens_url(self) -> str:
        """SQLAlchemy URL of the database of tokens: the read model's, where no other one is set."""
        return self.access.token_database_url or self.database_url
