"""Lists of reports."""

from typing import Literal

from patternwatch.api.read_model.rows import ReportHeader
from patternwatch.api.schemas.base import ApiModel, ListPage
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.patterns import Pattern
from patternwatch.contracts.requests import Trigger
from patternwatch.contracts.series import Window
from patternwatch.contracts.verdicts import VerdictPart


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
    verdict_parts: list[VerdictPart]
    """The verdict in pieces: joined without a separator, their texts are `verdict`."""
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
    def of(cls, report: ReportHeader) -> "ReportSummary":
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
            verdict_parts=report.verdict_parts,
            watch=report.watch,
            alert_fingerprint=report.alert.fingerprint if report.alert else None,
            selector=report.selector,
            window=report.window,
            onset_ms=report.onset_ms,
            selected=report.counts.selected,
            analysed=report.counts.analysed,
            flagged=report.counts.flagged,
            findings=report.findings_total,
            patterns=report.patterns,
            entities=report.entities,
            requested_at_ms=report.requested_at_ms,
            published_at_ms=report.published_at_ms,
        )


class ReportRevision(ApiModel):
    """A revision of a report that can be read now."""

    report_id: str
    revision: int
    grows: bool
    """Whether others may follow; the stream ends where none does."""
    next_look_ms: int | None
    """When the report is looked at again, where that is known."""

    @classmethod
    def of(cls, report: ReportHeader) -> "ReportRevision":
        """The event for this report."""
        return cls(
            report_id=report.report_id,
            revision=report.revision,
            grows=report.grows,
            next_look_ms=report.next_look_ms,
        )


class ReportList(ListPage):
    """Reports, the latest first."""

    reports: list[ReportSummary]
