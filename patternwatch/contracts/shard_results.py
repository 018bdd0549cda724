"""What the scan of a shard found, or why there is nothing: the topic `shard-results`."""

from typing import Literal

from pydantic import Field

from patternwatch.contracts.arrays import PackedFloats
from patternwatch.contracts.base import Message, Part
from patternwatch.contracts.census import Census
from patternwatch.contracts.coverage import Coverage, Untold
from patternwatch.contracts.label_counts import FamilyLabels
from patternwatch.contracts.life_table import LifeTable
from patternwatch.contracts.limits import LimitGroup
from patternwatch.contracts.lives import EventName, LifeFacts, Restart
from patternwatch.contracts.owners import OwnerLink
from patternwatch.contracts.pod_parts import PodPart
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.skipped import Skipped


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
    failing_rows: list[int] = Field(default_factory=list)
    """Of failures that are counted one by one: how many members have some in 1, 2, ... 20 rows."""


class ShardResult(Message):
    """What one scan found: sums that add up over shards, and its strongest candidates.

    >>> from patternwatch.contracts.series import Window
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
    """The same by family, and by unit of those categories in which all tell one quantity."""
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
    restarts: list[Restart] = Field(default_factory=list)
    """What was started anew, as far as its series tell."""
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
    limits: list[LimitGroup] = Field(default_factory=list)
    """How much there may be of what other series count: the first 2,000."""
    fetch_ms: float = 0.0
    scan_ms: float = 0.0
