"""The troubles that a watch opens: the topic `episodes`, and what a report says of one."""

from pydantic import Field

from patternwatch.contracts.base import Message, Part, Tenant
from patternwatch.contracts.severity import CLEAR_SCORE


class EpisodeSpan(Part):
    """The trouble of a watched cluster that an analysis is to name: from when, until when.

    >>> EpisodeSpan(entity="cart", since_ms=0, ended_ms=840_000).lasted_ms
    840000
    """

    entity: str
    """Where the watch saw it first; the analysis may name another cause."""
    since_ms: int
    """When it began, as far as the watch saw."""
    ended_ms: int | None = None
    """When it was last seen, once the watch has been quiet for a while; None as long as it lasts."""
    why: str = ""
    """What the watch saw, in words."""
    min_score: float = CLEAR_SCORE
    """The strongest entity's score from which it is named."""
    grew_ms: int | None = None
    """When it grew last by what its analysis did not tell of yet; None where it never did."""
    grew: str = ""
    """What it grew by, in words."""

    @property
    def lasted_ms(self) -> int | None:
        """How long it lasted; None as long as it does."""
        return None if self.ended_ms is None else max(self.ended_ms - self.since_ms, 0)


class Episode(Message):
    """One trouble of a watched cluster, as the owner of its ticks knows it. Key: tenant + watch + cause.

    >>> episode = Episode(
    ...     tenant="default", watch="shop", cause="cart", report_id="e1", opened_ms=60_000,
    ...     last_seen_ms=60_000, open=True, since_ms=0,
    ... )
    >>> episode.cause, episode.began_ms
    ('cart', 0)
    """

    tenant: Tenant
    watch: str
    cause: str
    """Where the watch saw it first."""
    report_id: str
    """Of its report, which is revised while it lasts; there is none where no analysis could name it."""
    opened_ms: int
    """The tick that opened it."""
    last_seen_ms: int
    """The last tick that saw it, as of the last record: a tick that changes nothing else writes none."""
    open: bool
    since_ms: int | None = None
    """When it began, as far as the watch saw; None in records of earlier releases."""
    score: float = 0.0
    """Evidence of it when it opened, on the scale of the watch's bar."""
    why: str = ""
    """What the watch saw, in words."""
    asked: bool = False
    """Whether its analysis was asked for."""
    told: list[str] = Field(default_factory=list)
    """Who takes part, as far as an analysis was asked for since; who was gone comes again as `gone:NAME`."""
    told_height: float = 0.0
    """How strong it was at most when an analysis was asked for."""
    grown_ms: list[int] = Field(default_factory=list)
    """When another look was asked for because it grew, those of the last day."""

    @property
    def began_ms(self) -> int:
        """When it began: before the tick that opened it."""
        return self.opened_ms if self.since_ms is None else self.since_ms
