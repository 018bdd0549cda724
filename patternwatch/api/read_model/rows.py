"""What the read model returns: messages of the contracts, with what it knows beside them."""

from dataclasses import dataclass

from patternwatch.api.read_model.bodies import unpacked
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.progress import Progress, Stage
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import Window

MAX_HEADER_ENTITIES = 3


class AlertState(Alert):
    """An alert with the latest analysis made of it."""

    joined: str = ""
    """Title of that analysis where another alert began it and this one has joined it; else empty."""
    request_id: str | None = None
    stage: Stage | None = None
    done: int = 0
    """How many parts of that analysis are done, of how many."""
    of: int = 0
    note: str = ""
    """Why that analysis failed or found nothing to report."""
    report_id: str | None = None
    """Set once the report can be read."""


class AnalysisState(Progress):
    """How far an analysis has come, and what it is about."""

    requested_at_ms: int
    selector: str = ""
    alert_fingerprint: str | None = None
    window: Window | None = None


class ReportHeader(Report):
    """A report without its findings, and with its first entities and alerts only: as lists need it."""

    findings_total: int
    """How many findings the whole report has."""

    @property
    def grows(self) -> bool:
        """Whether another revision may follow: after a look, from late parts, or while an episode lasts."""
        return self.next_look_ms is not None or self.status == "partial" or self.trigger == "watch"

    @classmethod
    def of(cls, report: Report) -> "ReportHeader":
        """The header of this report."""
        fields = dict(report) | {"findings": [], "alerts": report.alerts[:MAX_HEADER_ENTITIES]}
        fields["entities"] = report.entities[:MAX_HEADER_ENTITIES]
        return cls.model_construct(**fields, findings_total=len(report.findings))


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A whole report.

    body  its JSON, as a rule compressed (`bodies`)
    """

    revision: int
    body: bytes

    @property
    def json(self) -> bytes:
        """The JSON itself."""
        return unpacked(self.body)
