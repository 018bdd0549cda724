"""The findings of a report: where, when, which shape, and the evidence for each."""

from typing import Literal, TypeAlias

from pydantic import Field

from patternwatch.contracts.arrays import Points
from patternwatch.contracts.base import Part
from patternwatch.contracts.lives import EventName
from patternwatch.contracts.patterns import Pattern, PatternType
from patternwatch.contracts.subject import Subject
from patternwatch.contracts.units import Unit

Direction: TypeAlias = Literal["up", "down", "both"]


class Evidence(Part):
    """What one detector measured on one series.

    >>> Evidence(detector="change ratio", value=3.2, threshold=1.0, flagged=True, text="steps 9 x").flagged
    True
    """

    detector: str
    value: float
    threshold: float | None = None
    flagged: bool
    text: str


class Taught(Part):
    """What a tenant's examples say of a series.

    >>> Taught(name="nightly batch", probability=0.9, example_id="8f37e9a66cf0a27711aa").name
    'nightly batch'
    """

    name: str
    """The pattern that was corrected to, or the name of a shape of the tenant's own."""
    probability: float
    example_id: str
    """The nearest example."""


class Finding(Part):
    """One abnormal series: where, when, which shape, how sure, why it ranks here.

    >>> finding = Finding(
    ...     rank=1, series_id="s", name="up", labels={"__name__": "up"}, expression="up", entity="cart",
    ...     category="health", score=5.0, pattern="level_shift_down", pattern_type=1, evidence=[],
    ...     pattern_probability=0.9, direction="down", baseline=1.0, peak=0.0, points=[1.0, None, 0.0],
    ... )
    >>> finding.pattern.label, finding.points
    ('level shift down', array([ 1., nan,  0.], dtype=float32))
    """

    rank: int
    series_id: str
    name: str
    """The metric as a person reads it: `rate(http_requests_total)`."""
    labels: dict[str, str]
    shown_labels: tuple[str, ...] | None = None
    """Names of the labels that a reader needs, in order; None in older reports."""
    derivation: str = ""
    expression: str
    """PromQL that draws this series."""
    entity: str
    subject: Subject = Field(default_factory=Subject)
    """What the series tells of: the entity, its place, and which part of it."""
    category: str
    score: float
    """How strongly it points at a cause. The findings stand in this order: an entity that is less suspicious
    than the first, or a shape that is surely normal, is in it."""
    why: str = ""
    """The score as a product, in words."""
    same_as: int | None = None
    """Rank of the finding above that this one nearly duplicates: same entity and category, moving alike."""
    event: EventName = ""
    """Set where it ended or began inside the window: that is said instead of a shape."""
    predecessor: str = ""
    """Of a series that began: the replica whose values stand before its first point, to compare it with."""
    pattern: Pattern
    pattern_type: PatternType
    """Whether it is still abnormal in the last rows: not by the name of the shape."""
    pattern_probability: float
    taught: Taught | None = None
    """What operators taught about such series. A correction decides `pattern` too; a shape of the
    tenant's own leaves it as the classifier found it."""
    direction: Direction
    onset_ms: int | None = None
    """When the series itself left its band: the report's onset is one time for all."""
    unit: Unit = ""
    """Unit of its values, by the naming rules of Prometheus."""
    baseline: float
    """Median of the baseline, in the series' own unit."""
    peak: float
    """The value farthest from it since the onset: of a fall the lowest one."""
    limit: float | None = None
    """How much there may be at most, where it came near that: `process_max_fds` of `process_open_fds`."""
    lowest: float | None = None
    """The least value since its onset."""
    highest: float | None = None
    """The largest value since its onset."""
    now: float | None = None
    """Median of its last three points."""
    recovered_ms: int | None = None
    """Since when it is back in its band, None where it is not."""
    course: str = ""
    """What it did in words and numbers: from, to, now, and since when it is back."""
    evidence: list[Evidence]
    points: Points
    """All rows of the window."""
    model: str = ""
    """Version of the shape classifier that named it."""

    @property
    def is_life(self) -> bool:
        """Whether it stands here because it ended or began, and not for how it moved."""
        return bool(self.event) and not self.predecessor
