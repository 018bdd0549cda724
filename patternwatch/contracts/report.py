"""The report: what an operator reads, a program consumes and the API serves."""

from typing import Literal, TypeAlias

from pydantic import Field

from patternwatch.contracts.arrays import Points
from patternwatch.contracts.joined_alerts import ReportAlert
from patternwatch.contracts.lives import EventName, LifeEvent
from patternwatch.contracts.messages import Alert, Compare, EpisodeSpan, Message, Part, Tenant, Trigger
from patternwatch.contracts.patterns import Pattern, PatternType
from patternwatch.contracts.series import Window
from patternwatch.contracts.subject import Subject
from patternwatch.contracts.units import Unit

Direction: TypeAlias = Literal["up", "down", "both"]

MAX_REPORT_ALERTS = 100


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


class EntityPart(Part):
    """The part of an entity that hurts: one pod of twenty, one node, one version.

    >>> EntityPart(label="pod", value="cart-5f6585d649-fnmft", of=20, kind="pod").of
    20
    """

    label: str
    """The label that names it."""
    value: str
    of: int = 0
    """How many such parts the entity has; 0 where that is not known."""
    kind: str = ""
    """What it is in a word: `pod`, `instance`, `node`, `version`, `zone` and so on."""


class LabelShare(Part):
    """A label value that the changed series of an entity share and its unchanged ones lack.

    Only unchanged series of the same metrics are compared.

    >>> share = LabelShare(
    ...     label="version", value="v2", changed=12, of_changed=12, unchanged=1, of_unchanged=200
    ... )
    >>> share.changed / share.of_changed
    1.0
    """

    label: str
    value: str
    changed: int
    """Changed series with this value."""
    of_changed: int
    """Changed series with this label."""
    unchanged: int
    of_unchanged: int


class EntityRank(Part):
    """One service (or workload, job, instance): how likely it is the cause.

    >>> cart = EntityRank(rank=1, entity="cart", label="service", score=5.2, series=3, top_findings=[1, 4])
    >>> cart.entity, cart.score
    ('cart', 5.2)
    """

    rank: int
    entity: str
    label: str
    """The label that names it."""
    score: float
    series: int
    """How many of its series are among the findings."""
    top_findings: list[int]
    """Ranks of its strongest findings."""
    callers: list[str] = Field(default_factory=list)
    """Who calls it, as the labels of series tell; entities of this report first, by rank, at most 20."""
    callees: list[str] = Field(default_factory=list)
    """Whom it calls, likewise."""
    passed_on: dict[str, str] = Field(default_factory=dict)
    """Metric category of its trouble -> the callee that shows the same trouble, so that it counts in part."""
    kind: str = ""
    """What it is: `deployment`, `statefulset`, `cronjob`, `workload`, `node`, `service` and so on."""
    cluster: str = ""
    namespace: str = ""
    ended: int = 0
    """Series of it that ended inside the window, whether as intended or not."""
    began: int = 0
    """Series of it that began inside the window."""
    through: list[str] = Field(default_factory=list)
    """Of a node that is found through its workloads: those whose pods on it changed or ended, others not. Of
    a workload that is new: the nodes that got busy with it."""
    part: EntityPart | None = None
    """The part of it that hurts, where the trouble follows one; None where all of it does."""
    explained_by: list[LabelShare] = Field(default_factory=list)
    """What its changed series share and its unchanged ones lack, the clearest first; at most 3."""
    follows: str = ""
    """Both in words; empty where its trouble follows nothing."""


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


class VerdictPart(Part):
    """A piece of the verdict, so that a page can link an entity and show an instant in local time.

    >>> parts = [VerdictPart(kind="entity", text="cart"), VerdictPart(text=" is the likely cause.")]
    >>> "".join(part.text for part in parts)
    'cart is the likely cause.'
    """

    kind: Literal["text", "entity", "instant"] = "text"
    """`entity`: the name of a likely cause; `instant`: a time of day in UTC."""
    text: str
    ms: int | None = None
    """Of an instant: its time, in ms since 1970."""


HowSure: TypeAlias = Literal["", "high", "medium", "low"]
"""How sure the first entity is the cause, in a word; empty where none is named."""


class VerdictFields(Part):
    """What the verdict is made of, each in pieces: a page, a terminal and a Markdown text draw the same.

    >>> cart = VerdictPart(kind="entity", text="cart")
    >>> fields = VerdictFields(broke=[cart, VerdictPart(text=": errors rose")])
    >>> "".join(part.text for part in fields.broke), fields.stopped
    ('cart: errors rose', [])
    """

    began: list[VerdictPart] = Field(default_factory=list)
    """When the first series of the likely cause left its band, and how that lies to the alert."""
    broke: list[VerdictPart] = Field(default_factory=list)
    """The likely cause, and what its strongest series did."""
    follows: list[VerdictPart] = Field(default_factory=list)
    """Label values that its changed series share and its unchanged ones lack."""
    hit: list[VerdictPart] = Field(default_factory=list)
    """How many series of how many entities changed, and which entities most."""
    now: list[VerdictPart] = Field(default_factory=list)
    """How many of them are back, and where the strongest series is."""
    stopped: list[VerdictPart] = Field(default_factory=list)
    """What ended inside the window."""
    how_sure: list[VerdictPart] = Field(default_factory=list)
    """How often such a report is right."""
    against: list[list[VerdictPart]] = Field(default_factory=list)
    """What speaks against it: the next likely cause and what speaks for that, and what could not be seen."""


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
