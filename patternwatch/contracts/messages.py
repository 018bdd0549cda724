"""What travels between the processes. Every value is JSON with a `schema_version`.

Unknown fields are ignored, so that a newer sender can add some; another `schema_version` is refused.
"""

import re
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from patternwatch.contracts.arrays import PackedFloats
from patternwatch.contracts.census import Census
from patternwatch.contracts.coverage import Coverage, Untold
from patternwatch.contracts.descriptions import without_examples
from patternwatch.contracts.ids import dead_letter_id
from patternwatch.contracts.label_counts import FamilyLabels
from patternwatch.contracts.life_table import LifeTable
from patternwatch.contracts.lives import EventName, LifeFacts
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.owners import OwnerLink
from patternwatch.contracts.pod_parts import PodPart
from patternwatch.contracts.series import MAX_WINDOW_ROWS, Window
from patternwatch.contracts.severity import CLEAR_SCORE
from patternwatch.contracts.skipped import Skipped

SCHEMA_VERSION = 2
TENANT_PATTERN = re.compile(r"^[a-zA-Z0-9][a-zA-Z0-9_.|-]{0,149}$")

Tenant: TypeAlias = Annotated[str, StringConstraints(pattern=TENANT_PATTERN.pattern)]
Trigger: TypeAlias = Literal["alert", "manual", "watch"]
Compare: TypeAlias = Literal["none", "day", "week"]
Stage: TypeAlias = Literal["accepted", "planned", "analysing", "concluded", "quiet", "failed"]
TERMINAL_STAGES: frozenset[Stage] = frozenset(("concluded", "quiet", "failed"))
"""No progress follows these."""
_NAMES_OF_NO_RULE = ("DatasourceNoData", "DatasourceError")
"""Names that Grafana 9 to 12 gives an alert whose query returns nothing or fails (Grafana documentation,
"No data and error states"); the label `rulename` holds the rule's own."""


class Message(BaseModel):
    """Base of every record's value: immutable, with the schema version that it is written in.

    >>> Message().schema_version == SCHEMA_VERSION
    True
    """

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        arbitrary_types_allowed=True,
        use_attribute_docstrings=True,
        json_schema_extra=without_examples,
    )

    schema_version: int = SCHEMA_VERSION


class Part(BaseModel):
    """Base of a message's parts: immutable, without a schema version of their own.

    >>> "schema_version" in Part.model_fields
    False
    """

    model_config = Message.model_config


class Alert(Message):
    """One alert of an Alertmanager webhook, for one tenant. Key: tenant + fingerprint.

    >>> Alert(
    ...     tenant="default", fingerprint="f1", status="firing", labels={"alertname": "HighLatency"},
    ...     starts_at_ms=1_760_000_000_000, received_at_ms=1_760_000_000_100,
    ... ).name
    'HighLatency'
    """

    tenant: Tenant
    fingerprint: str
    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at_ms: int
    ends_at_ms: int | None = None
    group_key: str = ""
    generator_url: str = ""
    received_at_ms: int
    not_analysed: str = ""
    """Why it starts no analysis by itself; empty where it does, and where it is resolved."""
    replica_key: str = ""
    """What it shares with the same alert of another replica; empty where it has no replica label."""
    same_as: str = ""
    """Fingerprint of such an alert, whose analysis stands for this one's too; empty without one."""

    @property
    def name(self) -> str:
        """The alert's name, or its fingerprint where it has none.

        Grafana names every alert without data alike, and the rule in a label of its own.
        """
        name = self.labels.get("alertname") or self.fingerprint
        rule = self.labels.get("rulename") if name in _NAMES_OF_NO_RULE else None
        return f"{rule} ({name})" if rule else name


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

    @property
    def lasted_ms(self) -> int | None:
        """How long it lasted; None as long as it does."""
        return None if self.ended_ms is None else max(self.ended_ms - self.since_ms, 0)


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


class Shard(Message):
    """A part of a request's series, to be fetched and scanned in one go.

    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="manual", title="t", matchers=(), requested_at_ms=2,
    ...     window=Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1),
    ... )
    >>> Shard(
    ...     shard_id="r1-2", number=2, of=2, request=request, matchers=(), expected_series=1,
    ...     max_candidates=1,
    ... )
    Traceback (most recent call last):
    ...
    pydantic_core._pydantic_core.ValidationError: 1 validation error for Shard
      Value error, shard number 2 of 2 does not exist...
    """

    shard_id: str
    number: int = Field(ge=0)
    of: int = Field(ge=1)
    request: AnalysisRequest
    matchers: Matchers
    expected_series: int = Field(ge=0)
    max_candidates: int = Field(ge=1)
    left_out: dict[str, int] = Field(default_factory=dict)
    """Series of the request that are in none of its shards, by reason; in the first shard only."""
    left_out_metrics: Skipped = Field(default_factory=dict)
    """The same by metric."""
    expected: dict[int, dict[str, int]] = Field(default_factory=dict)
    """Series by metric of this shard and of some others, by shard number: a report can then say what is in a
    part that never answered. Those of further metrics stand under the empty name."""
    watch: str = ""
    """The watch of this tenant whose owner holds these series, and reads them without the source; empty for
    none. Only the planner sets it."""

    @property
    def is_part_of_a_metric(self) -> bool:
        """Whether other shards hold further series of its metrics: it selects by a label, too."""
        return _beside_names(self.matchers) > _beside_names(self.request.matchers)

    @model_validator(mode="after")
    def _numbered(self) -> Self:
        if self.number >= self.of:
            raise ValueError(f"shard number {self.number} of {self.of} does not exist")
        return self


def _beside_names(matchers: Matchers) -> int:
    return sum(matcher.name != "__name__" for matcher in matchers)


class Candidate(Message):
    """A series that a scan puts forward, with all that its evaluation at another onset needs.

    >>> import numpy as np
    >>> candidate = Candidate(
    ...     labels={"__name__": "up"}, derivation="", category="health", screening_score=1.5,
    ...     values=np.array([1, 1, 0], np.float32),
    ... )
    >>> candidate.values, candidate.expected is None
    (array([1., 1., 0.], dtype=float32), True)
    """

    labels: dict[str, str]
    derivation: str
    category: str
    screening_score: float
    """How far it moved from the best of several onsets on: candidates are ordered by it."""
    change_score: float = 0.0
    """Its best change score over all possible onsets: how unlike its past it is, however short."""
    values: PackedFloats
    """All rows of the window."""
    expected: PackedFloats | None = None
    """The movement that the window a day or a week earlier leads to expect, by row; empty where none is
    expected, absent where the earlier window does not hold the series or none was read."""
    native: bool = False
    """Whether it comes from a native histogram, which PromQL reads in another way than a classic one."""
    event: EventName = ""
    """Set where it is put forward because it ended or began, whether it moved or not."""
    born: int | None = None
    """Row of its birth, where the values before it are those of a replica that it came after."""
    predecessor: str = ""
    """That replica."""
    recurs: bool = False
    """Whether it is put forward because it burst before the split and after it, no farther than before."""


class FamilyMovements(Part):
    """How much the series of one family (metric and derivation) moved, now and when nothing was wrong.

    >>> import numpy as np
    >>> FamilyMovements(series=3, now=np.array([2.1], np.float32), past="").now
    array([2.1], dtype=float32)
    """

    series: int
    """Members that were judged."""
    now: PackedFloats
    """Sizes (logarithms) of those that are flagged at the nominal split, ascending."""
    past: PackedFloats
    """The same for the beginning of the window, held against the rest of the baseline."""


class ShardResult(Message):
    """What one scan found: sums that add up over shards, and its strongest candidates.

    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="manual", title="t", matchers=(), requested_at_ms=2,
    ...     window=Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1),
    ... )
    >>> ShardResult(
    ...     shard_id="r1-0", number=0, of=1, request=request, status="failed", reason="overloaded"
    ... ).candidates
    []
    """

    shard_id: str
    number: int
    of: int
    request: AnalysisRequest
    status: Literal["ok", "failed"] = "ok"
    reason: str = ""
    expected: dict[int, dict[str, int]] = Field(default_factory=dict)
    """As its shard had it."""
    series: int = 0
    """Series that the source returned."""
    analysed: int = 0
    flagged: int = 0
    compared: int = 0
    """Series that the earlier window holds, where the request compares with one."""
    suppressed_by_season: int = 0
    """Series that only the earlier window keeps from being flagged."""
    skipped: dict[str, int] = Field(default_factory=dict)
    """Series that were not judged, by reason."""
    not_judged: Skipped = Field(default_factory=dict)
    """The same by metric."""
    notes: list[str] = Field(default_factory=list)
    """Sentences that qualify what is said of these series."""
    partial_answers: list[str] = Field(default_factory=list)
    """What the source said that it left out when these series were read, in its words."""
    appeared: int = 0
    """Series whose first point lies inside the window."""
    vanished: int = 0
    """Series whose last point lies before the window's end."""
    newest: list[int] = Field(default_factory=list)
    """By row, how many series have their newest point there; those that have one at every scrape."""
    due: list[int] = Field(default_factory=list)
    """By row, of how many of these the absence is news from there on; at last those that are not due yet."""
    votes: list[int] = Field(default_factory=list)
    """Onset votes by row, in thousandths: whole numbers, so that their sum is the same in any order."""
    scales: dict[str, PackedFloats] = Field(default_factory=dict)
    """Baseline scale of every analysed series, by metric category; in the series' own unit, ascending."""
    family_scales: dict[str, PackedFloats] = Field(default_factory=dict)
    """The same by family, of those categories whose metrics differ in unit."""
    families: dict[str, FamilyMovements] = Field(default_factory=dict)
    """Of families with a flagged series: what shows how much of it is chance."""
    candidates: list[Candidate] = Field(default_factory=list)
    calls: list[tuple[str, str]] = Field(default_factory=list)
    """Caller and callee of each call that the labels of its series tell of, in order; the first 2,000."""
    census: Census = Field(default_factory=dict)
    """The entities that its series tell of, those that never moved too: a name has to mean one of them."""
    lives: LifeTable = Field(default_factory=LifeTable)
    """How many series each replica of each workload has, and when they ended or began."""
    facts: LifeFacts = Field(default_factory=LifeFacts)
    """What was intended to end or begin."""
    owners: list[OwnerLink] = Field(default_factory=list)
    """What its series say about owners and nodes, where names do not tell."""
    coverage: list[Coverage] = Field(default_factory=list)
    """Scraped programs that tell of others: one may be an exporter that no table knows."""
    untold: Untold = Field(default_factory=dict)
    """The series of those that tell of none here: they may in another shard."""
    label_counts: list[FamilyLabels] = Field(default_factory=list)
    """How many series have the candidates' label values, by entity and family: what a change follows."""
    pod_parts: list[PodPart] = Field(default_factory=list)
    """Which version, track or zone pods are, where another series tells it."""
    fetch_ms: float = 0.0
    scan_ms: float = 0.0


class Progress(Message):
    """How far an analysis has come. Key: tenant + request id.

    >>> Progress(
    ...     request_id="r1", tenant="default", trigger="alert", title="HighLatency", stage="analysing",
    ...     done=3, of=8, at_ms=1_760_000_000_000,
    ... ).stage
    'analysing'
    """

    request_id: str
    tenant: Tenant
    trigger: Trigger
    title: str
    stage: Stage
    done: int = 0
    of: int = 0
    note: str = ""
    report_id: str = ""
    """Set with the stage `concluded`."""
    at_ms: int


class Tick(Message):
    """Time to look at a watched cluster. Key: tenant + watch.

    >>> Tick(tenant="default", watch="shop", at_ms=1000).model_dump_json()
    '{"schema_version":2,"tenant":"default","watch":"shop","at_ms":1000}'
    """

    tenant: Tenant
    watch: str
    at_ms: int


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

    @property
    def began_ms(self) -> int:
        """When it began: before the tick that opened it."""
        return self.opened_ms if self.since_ms is None else self.since_ms


class DeadLetter(Message):
    """A record that could not be worked on, whole, with where it came from and why. Key: the id of this try.

    >>> import base64
    >>> letter = DeadLetter(
    ...     topic="alerts", partition=0, offset=7, value="bm90IEpTT04=", error="UndecodableError",
    ...     reason="Not JSON where a Alert was expected", at_ms=0,
    ... )
    >>> base64.b64decode(letter.value)
    b'not JSON'
    """

    topic: str
    partition: int
    offset: int
    key: str | None = None
    """base64 of the record's key."""
    value: str | None = None
    """base64 of the record's value."""
    headers: dict[str, str] = Field(default_factory=dict)
    error: str
    reason: str
    stack: str = ""
    """Where in the code it came from, the innermost call last; empty in letters of earlier releases."""
    at_ms: int

    @property
    def letter_id(self) -> str:
        """The same for every try of the same record, wherever it lies on its topic."""
        if self.value is None:
            return dead_letter_id(self.topic, self.key or "", f"{self.partition}/{self.offset}")
        return dead_letter_id(self.topic, self.key or "", self.value)

    @property
    def try_id(self) -> str:
        """Of this try alone: one that is sent again lies elsewhere on its topic."""
        return f"{self.letter_id}-{self.partition}-{self.offset}"
