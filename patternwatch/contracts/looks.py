"""The state of a request between two looks at it, as every worker reads it from the topic `looks`."""

from pydantic import Field

from patternwatch.contracts.base import Message, Part
from patternwatch.contracts.requests import AnalysisRequest

MAX_SUMMARY_ENTITIES = 20


class RevisionSummary(Part):
    """What the next revision of a report is compared with.

    >>> RevisionSummary(entities=["cart", "payment"], flagged=7, analysed=40, missing=0).entities[0]
    'cart'
    """

    entities: list[str]
    """The first of them, likeliest cause first."""
    flagged: int
    analysed: int
    missing: int
    """Parts of the series that it does not cover."""
    onset_ms: int | None = None
    """When it says that the trouble began."""
    grew: str = ""
    """What the watched episode grew by, where it tells of that."""


class Look(Message):
    """What became of a request so far, and which look comes next. Key: tenant + request id.

    >>> from patternwatch.contracts.series import Window
    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="manual", title="t", matchers=(), requested_at_ms=2,
    ...     window=Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1),
    ... )
    >>> Look(request=request, look=1, due_ms=150_000, revision=4, changed_ms=0).is_over
    False
    """

    request: AnalysisRequest
    """As it was asked for last; its alert as it was received last."""
    look: int = Field(ge=0)
    """Number of the look that is under way or comes next."""
    due_ms: int | None = None
    """When that look is to be asked for; None while the first one is under way, and after the last one. Set
    with look 0 where the first one waits until its tenant is below a limit."""
    revision: int = -1
    """The highest revision of the report that was published; 0 of a failed one, -1 of none."""
    failures: int = 0
    """How many looks failed one after the other."""
    is_over: bool = False
    """Whether no look follows by itself: kept as long as its alert may be repeated."""
    summary: RevisionSummary | None = None
    """Of the last report that did not fail."""
    before: AnalysisRequest | None = None
    """What the report that is out was made of, where a look at what has grown since is to follow."""
    changed_ms: int

    @property
    def waits_for_room(self) -> bool:
        """Whether its first look has not begun, since its tenant was at a limit."""
        return self.look == 0 and self.due_ms is not None

    @property
    def has_resolved(self) -> bool:
        """Whether its alert has resolved, or what its watch saw is over."""
        return self.request.has_ended
