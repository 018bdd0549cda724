"""An analysis that is to be made: the topic `requests`."""

from typing import Literal, Self, TypeAlias

from pydantic import Field, model_validator

from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.base import Message, Tenant
from patternwatch.contracts.episodes import EpisodeSpan
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import MAX_WINDOW_ROWS, Window

Trigger: TypeAlias = Literal["alert", "manual", "watch"]
Compare: TypeAlias = Literal["none", "day", "week"]


class AnalysisRequest(Message):
    """One analysis to be made: these series, this window. Key: tenant + request id.

    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="manual", title="checkout is slow",
    ...     matchers=[{"name": "cluster", "value": "shop"}], requested_at_ms=300_000,
    ...     window=Window(start_ms=0, split_ms=240_000, end_ms=299_000, step_ms=1000),
    ... )
    >>> str(request.matchers[0]), request.window.split_row, request.compare
    ('cluster="shop"', 240, 'none')
    """

    request_id: str
    tenant: Tenant
    trigger: Trigger
    title: str
    matchers: Matchers
    window: Window
    requested_at_ms: int
    alert: Alert | None = None
    watch: str = ""
    episode: EpisodeSpan | None = None
    """The trouble that the watch saw; None where no watch asks, and in requests of earlier releases."""
    compare: Compare = "none"
    """How much earlier the window is that this one is compared with: what both show is not flagged."""
    time_zone: str = ""
    """By whose clocks a day or a week earlier is meant, an IANA name; empty for the reading machine's."""
    notes: list[str] = Field(default_factory=list)
    """Sentences that qualify the report, such as a scope that had to be widened."""
    partial_answers: list[str] = Field(default_factory=list)
    """What the source said that it left out when the series were counted, in its words."""
    growing: bool = False
    """Whether the worker looks at it again as samples arrive; only the worker sets this."""
    look: int = Field(default=0, ge=0)
    """How many looks were asked for before this one, failed ones included."""
    asked_ms: int | None = None
    """When a worker asked for this look, in ms since 1970: no report of it came out before. Only the worker
    sets this; None in requests of earlier releases."""
    revision: int = Field(default=0, ge=0)
    """The highest revision of its report that earlier looks published."""
    onset_ms: int | None = None
    """When the trouble began by the look before; None in a first look, or where nothing was found."""

    @property
    def has_ended(self) -> bool:
        """Whether its trouble is known to be over: its alert has resolved, or its watch has been quiet."""
        if self.episode is not None:
            return self.episode.ended_ms is not None
        return self.alert is not None and self.alert.status == "resolved"

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.window.rows > MAX_WINDOW_ROWS:
            raise ValueError(
                f"a window of {self.window.rows} points; it may have {MAX_WINDOW_ROWS} at most: "
                "give a shorter one, or a longer step"
            )
        return self
