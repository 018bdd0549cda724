"""Analyses: what to start, and how far one has come."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from patternwatch.api.read_model.rows import AnalysisState
from patternwatch.api.schemas.base import ApiModel, ListPage
from patternwatch.contracts.progress import TERMINAL_STAGES
from patternwatch.contracts.requests import Compare


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
    anew: bool | None = None
    """Start a new one, even where someone has asked for the same seconds ago."""


class AnalysisStarted(ApiModel):
    """An analysis on its way."""

    request_id: str
    events: str
    """URL of its event stream."""
    shared: bool = False
    """Whether someone else has asked for the same seconds ago, and this is their analysis."""


class AnalysisRead(AnalysisState):
    """How far an analysis has come, and what it is about."""

    terminal: bool
    """Whether it has ended, so that no progress follows."""

    @classmethod
    def from_state(cls, analysis: AnalysisState) -> "AnalysisRead":
        """The answer for this analysis."""
        return cls(**dict(analysis), terminal=analysis.stage in TERMINAL_STAGES)


class AnalysisList(ListPage):
    """Analyses, the latest first."""

    analyses: list[AnalysisRead]
