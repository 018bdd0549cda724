"""What the routes answer and take, where it is not a message of the contracts itself."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from patternwatch.contracts.arrays import Points
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.messages import Alert, Compare, Progress, Stage, Trigger
from patternwatch.contracts.patterns import Pattern, PatternType
from patternwatch.contracts.report import EntityRank, Report
from patternwatch.contracts.series import Window

ENTITIES_SHOWN = 3


class ApiModel(BaseModel):
    """Base of the answers."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class TenantRead(ApiModel):
    """One tenant that the settings name."""

    id: str
    selector: str
    """What is looked at where an alert says nothing narrower."""


class TenantList(ApiModel):
    """Every tenant."""

    tenants: list[TenantRead]


class PatternRead(ApiModel):
    """One shape of the taxonomy."""

    name: Pattern
    label: str
    type: PatternType
    """1: still abnormal at the end of the window; 2: recovered; 0: neither."""
    mirrored: Pattern
    """The shape of the same chart turned upside down."""


class PatternList(ApiModel):
    """The taxonomy, in the order of the classifier's outputs."""

    patterns: list[PatternRead]


class AcceptedAlert(ApiModel):
    """One alert of a webhook that was passed on."""

    fingerprint: str
    status: Literal["firing", "resolved"]
    request_id: str | None
    """The analysis that it starts, where it starts one."""


class WebhookAccepted(ApiModel):
    """What became of a webhook."""

    accepted: int
    alerts: list[AcceptedAlert]


class AlertRead(Alert):
    """An alert with the latest analysis made of it."""

    request_id: str | None = None
    stage: Stage | None = None
    report_id: str | None = None
    """Set once the report can be read."""


class AlertList(ApiModel):
    """Alerts, the latest first."""

    alerts: list[AlertRead]


class AnalysisCreate(BaseModel):
    """An analysis to start: of an alert, or of what a selector selects at a time."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    alert_fingerprint: str | None = None
    selector: Annotated[str, StringConstraints(max_length=10_000)] | None = None
    """PromQL series selector: `{cluster="a", job=~"api|web"}`."""
    at: AwareDatetime | None = None
    """When the trouble began or was seen; RFC 3339 with an offset. Without it: the latest data."""
    end: AwareDatetime | None = None
    """Where the window ends; without it: now, or as far after `at` as the data goes."""
    step: Annotated[float, Field(ge=1, le=3600)] | None = None
    """Seconds between two points."""
    title: Annotated[str, StringConstraints(max_length=300)] | None = None
    compare: Compare | None = None
    """With the same window one day or one week earlier: what it shows too is not flagged. Without it: as
    the settings say."""


class AnalysisStarted(ApiModel):
    """An analysis on its way."""

    request_id: str
    events: str
    """URL of its event stream."""


class AnalysisRead(Progress):
    """How far an analysis has come, and what it is about."""

    requested_at_ms: int
    selector: str = ""
    alert_fingerprint: str | None = None
    window: Window | None = None


class AnalysisList(ApiModel):
    """Analyses, the latest first."""

    analyses: list[AnalysisRead]


class ReportSummary(ApiModel):
    """A report without its findings."""

    report_id: str
    request_id: str
    revision: int
    status: Literal["complete", "partial", "failed"]
    reason: str
    trigger: Trigger
    title: str
    verdict: str
    watch: str
    alert_fingerprint: str | None
    selector: str
    window: Window
    onset_ms: int | None
    selected: int
    analysed: int
    flagged: int
    findings: int
    patterns: dict[Pattern, int]
    entities: list[EntityRank]
    """The first few."""
    requested_at_ms: int
    published_at_ms: int | None

    @classmethod
    def of(cls, report: Report) -> "ReportSummary":
        """The summary of this report."""
        return cls(
            report_id=report.report_id,
            request_id=report.request_id,
            revision=report.revision,
            status=report.status,
            reason=report.reason,
            trigger=report.trigger,
            title=report.title,
            verdict=report.verdict,
            watch=report.watch,
            alert_fingerprint=report.alert.fingerprint if report.alert else None,
            selector=report.selector,
            window=report.window,
            onset_ms=report.onset_ms,
            selected=report.counts.selected,
            analysed=report.counts.analysed,
            flagged=report.counts.flagged,
            findings=len(report.findings),
            patterns=report.patterns,
            entities=report.entities[:ENTITIES_SHOWN],
            requested_at_ms=report.requested_at_ms,
            published_at_ms=report.published_at_ms,
        )


class ReportList(ApiModel):
    """Reports, the latest first."""

    reports: list[ReportSummary]
    next: str | None
    """Give it as `before` for the next page; null on the last."""


class LabelledExampleCreate(BaseModel):
    """Something to teach: what a finding of a report is, or what a window of points shows."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, arbitrary_types_allowed=True)

    name: Annotated[str, StringConstraints(max_length=200)]
    """What it is: the name of a pattern, or of a shape of the tenant's own."""
    report_id: Annotated[str, StringConstraints(max_length=200)] | None = None
    series_id: Annotated[str, StringConstraints(max_length=200)] | None = None
    """Of the finding; or its rank."""
    values: Points | None = None
    """Without a report: the points of the window."""
    split: int | None = None
    """First row of their current part."""
    series: Annotated[str, StringConstraints(max_length=1000)] = ""
    called: Pattern | None = None
    """What the classifier called it."""
    labelled_by: Annotated[str, StringConstraints(max_length=200)] = ""


class ExampleList(ApiModel):
    """Examples, the latest first."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    examples: list[LabelledExample]


class Deleted(ApiModel):
    """How many were deleted."""

    deleted: int


class Check(ApiModel):
    """One thing that readiness depends on."""

    ok: bool
    reason: str = ""


class Readiness(ApiModel):
    """Whether this process can do its work now, and if not, why."""

    ready: bool
    checks: dict[str, Check]


class Liveness(ApiModel):
    """The process answers."""

    status: Literal["alive"] = "alive"
