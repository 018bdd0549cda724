"""The report: what an operator reads, a program consumes and the API serves."""

from typing import Literal

from pydantic import Field

from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.base import Message, Part, Tenant
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.episodes import EpisodeSpan
from patternwatch.contracts.findings import Finding
from patternwatch.contracts.joined_alerts import ReportAlert
from patternwatch.contracts.lives import LifeEvent
from patternwatch.contracts.patterns import Pattern
from patternwatch.contracts.requests import Compare, Trigger
from patternwatch.contracts.series import Window
from patternwatch.contracts.verdicts import HowSure, VerdictFields, VerdictPart

MAX_REPORT_ALERTS = 100


class SeriesCounts(Part):
    """What became of every series of the request.

    >>> SeriesCounts(selected=50, analysed=40, flagged=3, skipped={"constant": 10}).skipped
    {'constant': 10}
    """

    selected: int
    analysed: int
    flagged: int
    by_chance: int = 0
    """How many of the analysed series would be flagged in quiet times, on average."""
    significant: int = 0
    """How many of the flagged ones stand if a tenth of them may be chance (Benjamini-Hochberg)."""
    skipped: dict[str, int] = Field(default_factory=dict)
    appeared: int = 0
    """Series that began inside the window."""
    vanished: int = 0
    """Series that ended inside the window."""
    compared: int = 0
    """Series that are known from the same window a day or a week earlier, where that was asked for."""
    suppressed_by_season: int = 0
    """Series that moved as they did then, and so are not flagged."""


class NotJudged(Part):
    """Series that the report says nothing about, for one reason.

    >>> NotJudged(reason="mostly gaps", series=12, metrics={"probe_success": 12}).series
    12
    """

    reason: str
    series: int
    metrics: dict[str, int]
    """How many there are of each metric, the most first; those of further metrics under the empty name."""


class MissingShard(Part):
    """A part of the series that this report does not cover, and why.

    >>> part = MissingShard(number=3, reason="not read before the deadline", series=900, metrics={"up": 900})
    >>> part.number, part.series
    (3, 900)
    """

    number: int
    reason: str
    series: int = 0
    """How many series it was expected to hold; 0 where that is not known."""
    metrics: dict[str, int] = Field(default_factory=dict)
    """How many of each metric, the most first; those of further metrics under the empty name."""


class Report(Message):
    """The result of one analysis. Key: tenant + report id; a higher revision replaces a lower one.

    >>> report = Report(
    ...     report_id="r1", request_id="r1", tenant="default", status="failed", reason="no series",
    ...     trigger="manual", title="t", selector='{a="b"}', verdict="No result: no series.",
    ...     window=Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1),
    ...     counts=SeriesCounts(selected=0, analysed=0, flagged=0), requested_at_ms=2,
    ... )
    >>> report.status, report.entities, report.findings
    ('failed', [], [])
    """

    report_id: str
    request_id: str
    revision: int = 1
    """A higher one replaces a lower one: each look adds how many parts of the series it is made from, and
    each look of a watch adds one; 0 where it failed."""
    look: int = 0
    """How many looks were asked for before the one that made it: a report grows as samples arrive."""
    changes: list[str] = Field(default_factory=list)
    """What differs from the revision before, in words; empty in the first one."""
    next_look_ms: int | None = None
    """When it is looked at again, where it is."""
    tenant: Tenant
    status: Literal["complete", "partial", "failed"]
    reason: str = ""
    """Why it is partial or failed."""
    trigger: Trigger
    title: str
    selector: str
    alert: Alert | None = None
    """The alert that began its analysis, or whose analysis was asked for."""
    alerts: list[ReportAlert] = Field(default_factory=list)
    """The alerts that it answers, the earliest first, that one too; at most 100."""
    alerts_total: int = 0
    """How many there are."""
    watch: str = ""
    episode: EpisodeSpan | None = None
    """Of a watch: the trouble that it saw, and when that was over; None in reports of earlier releases."""
    window: Window
    compare: Compare = "none"
    """How much earlier the window is that this one was compared with."""
    onset_ms: int | None = None
    """When the first of these changes began: what the verdict names may have followed later."""
    verdict: str
    """One sentence: what began where and when."""
    verdict_parts: list[VerdictPart] = Field(
        # Reports of earlier releases have none.
        default_factory=lambda known: [VerdictPart(text=known.get("verdict", ""))]
    )
    """The verdict in pieces: joined without a separator, their texts are `verdict`."""
    verdict_fields: VerdictFields = Field(default_factory=VerdictFields)
    """What the verdict is made of; empty in reports of earlier releases, and where nothing was judged."""
    confidence: float | None = None
    """Chance that the first entity is the cause, 0 to 1: how often such reports were right."""
    how_sure: HowSure = ""
    """The same in a word."""
    counts: SeriesCounts
    patterns: dict[Pattern, int] = Field(default_factory=dict)
    """How many of the findings took each shape."""
    taught: dict[str, int] = Field(default_factory=dict)
    """How many of the findings took each shape that the tenant taught."""
    entities: list[EntityRank] = Field(default_factory=list)
    findings: list[Finding] = Field(default_factory=list)
    events: list[LifeEvent] = Field(default_factory=list)
    """What ended, began or was replaced inside the window, trouble first."""
    omitted: int = 0
    """Findings that were left out to keep the report small, the lowest ranks first."""
    missing: list[MissingShard] = Field(default_factory=list)
    not_judged: list[NotJudged] = Field(default_factory=list)
    """What was not judged, or not even read, the most series first; those that never moved are only
    counted."""
    no_all_clear: str = ""
    """Why nothing found means nothing here: much ended, has no samples or could not be judged; else empty."""
    notes: list[str] = Field(default_factory=list)
    """Sentences that qualify this report: a scope that had to be widened, data that end early."""
    model: str = ""
    """Version of the shape classifier."""
    requested_at_ms: int
    published_at_ms: int | None = None
