"""How sure it is that the first entity is the cause: a logistic of a few features, each with a reason.

The chance is calibrated: of the reports that say 70 %, about 70 % are right, on data sets that the fit has
not seen. Fitted and measured by `python -m benchmarks.confidence`, which holds out one data set at a time,
quiet windows among them; every weight is at least 0, so that no feature counts against its reason.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from patternwatch.analysis.metrics.categories import CATEGORIES
from patternwatch.analysis.verdict.clear import is_clear
from patternwatch.analysis.verdict.lead import lead_of
from patternwatch.analysis.verdict.symptoms import is_felt
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.findings import Finding
from patternwatch.contracts.series import BASELINE_ROWS, CURRENT_ROWS, Window
from patternwatch.contracts.severity import CLEAR_SCORE
from patternwatch.contracts.verdicts import HowSure

TRAVELS = frozenset(("error", "latency", "availability", "traffic"))
"""Categories of trouble that callers show as well as the callee that has it."""
_MAX_SCORE = 6.0
"""A score beyond it makes the first entity no likelier: it moved beyond doubt, but whose fault is it?"""
_NOTHING = 0.01
"""Part of the movement up to which a baseline is nothing: a score's least scale is that part of the peak."""
HIGH = 0.7
"""Chance from which the word is `high`, where the trouble is the entity's own; by the reliability table."""
_LOW = 0.4
"""Chance below which the word is `low`."""
MAX_CHANCE = 0.99
"""No report is surer, or surer that it is wrong: of the 403 that were called high, 3 were wrong."""


@dataclass(frozen=True, slots=True)
class Features:
    """What the chance is made of, and whether the trouble is the entity's own.

    strength  score of the first entity, 1 to 6: a weak sign may be chance; without what rose from nothing
    breadth   what of that score is more than its strongest finding's, 0 to 6: further metric categories, the
              trouble of callers or workloads that it explains. Chance moves one thing alone
    portion   the first one's part of all that moved, 0 to 1 (`portion_of`): what others show as well says
              nothing for it
    late      how far before the given time the onset was put, in baselines (240 rows, more in a longer
              window): what long lay in the baseline is often something else; it counts against
    is_own    whether its strongest series is of a category that does not travel up the calls

    >>> Features(strength=6.0, breadth=1.0, portion=0.5, late=0.0, is_own=True).vector
    (3.0, 0.5, -0.0)
    """

    strength: float
    breadth: float
    portion: float
    late: float
    is_own: bool

    @property
    def vector(self) -> tuple[float, float, float]:
        """What is weighed: the larger, the surer."""
        return self.strength * self.portion, self.breadth * self.portion, -self.late


WEIGHTS = (0.41, 1.28, 4.62)
"""Of strength and breadth, each in the first one's portion, and of lateness; each at least 0.

Fitted by `python -m benchmarks.confidence {incidents} {rollouts} examples/incidents examples/incidents_kube`
(its `fitted_*`) on 1,609 reports of eight data sets."""
INTERCEPT = -1.4
"""Log odds where every feature is 0; by the same command."""


@dataclass(frozen=True, slots=True)
class Confidence:
    """The chance that the first entity is the cause, None where none is named, and the same in a word.

    >>> Confidence(0.93, "high").words
    'high: in about 93 of 100 such reports the first was the cause'
    >>> Confidence(0.998, "high").words.partition(" such")[0]
    'high: in about 99 of 100'
    >>> Confidence(0.86, "medium").words.partition(", though ")[0]
    'medium, since such trouble can come from what it calls'
    >>> Confidence(0.71, "low", is_clear=False, is_far=False).words
    'low, since nothing moved far, though in about 71 of 100 such reports the first was the cause'

    is_felt   whether something fails, waits or slows down (`symptoms`)
    is_clear  whether the first entity moved far enough to be called the cause (see `clear`)
    is_far    whether it would be clear were the onset the given time
    """

    chance: float | None = None
    how_sure: HowSure = ""
    is_felt: bool = True
    is_clear: bool = True
    is_far: bool = True

    @property
    def words(self) -> str:
        """The chance as a sentence without its end; empty where there is none."""
        if self.chance is None:
            return ""
        of_100 = round(100 * min(max(self.chance, 1 - MAX_CHANCE), MAX_CHANCE))
        held_down = self.how_sure == "low" and self.chance >= _LOW
        far = "far enough for an onset so long before the given time" if self.is_far else "far"
        why = f"nothing moved {far}" if self.is_felt else "nothing is seen to fail or slow down"
        begin = f"{self.how_sure}:"
        if held_down:
            begin = f"low, since {why}, though"
        elif self.how_sure == "medium" and self.chance >= HIGH:
            begin = "medium, since such trouble can come from what it calls, though"
        return f"{begin} in about {of_100} of 100 such reports the first was the cause"


UNKNOWN = Confidence()
"""Where nothing is named."""


def features_of(
    entities: Sequence[EntityRank], findings: Sequence[Finding], window: Window, onset_ms: int
) -> Features:
    """The features of a report.

    entities  the likeliest cause first, at least one
    findings  those that the report shows, strongest first
    onset_ms  where the trouble began

    >>> window = Window(start_ms=0, split_ms=240_000, end_ms=299_000, step_ms=1000)
    >>> cart = EntityRank(rank=1, entity="cart", label="service", score=5.2, series=3, top_findings=[1])
    >>> features_of([cart], [], window, 228_000)
    Features(strength=5.2, breadth=0.0, portion=1.0, late=0.05, is_own=False)
    """
    first = entities[0]
    lead = lead_of(first, findings)
    beyond = first.score - lead.score if lead is not None else 0.0
    baseline = max(window.rows - CURRENT_ROWS, BASELINE_ROWS)
    return Features(
        strength=min(max(first.score - _from_nothing(first, findings), 1.0), _MAX_SCORE),
        breadth=min(max(beyond, 0.0), _MAX_SCORE),
        portion=portion_of(entities),
        late=max(window.split_ms - onset_ms, 0) / (baseline * window.step_ms),
        is_own=lead is not None and lead.category not in TRAVELS,
    )


def portion_of(entities: Sequence[EntityRank]) -> float:
    """The first entity's part of all that moved, 0 to 1.

    A score grows as the logarithm of a movement, so e to its power is the movement: who is a point behind
    moved about a third as far. Who has trouble from the first one, or led to it, is no rival.

    >>> cart = EntityRank(rank=1, entity="cart", label="service", score=5.2, series=3, top_findings=[1])
    >>> bank = cart.model_copy(update={"rank": 2, "entity": "bank"})
    >>> web = bank.model_copy(update={"rank": 3, "entity": "web", "passed_on": {"error": "cart"}})
    >>> portion_of([cart, bank, web])
    0.5
    """
    first = entities[0]
    rivals = (
        e for e in entities[1:] if first.entity not in e.passed_on.values() and e.entity not in first.through
    )
    return 1.0 / (1.0 + sum(math.exp(e.score - first.score) for e in rivals))


def _from_nothing(first: EntityRank, findings: Sequence[Finding]) -> float:
    """What of the first entity's score rests on a series that rose from nothing, beyond its next one.

    Such a rise is as large as a score can tell, whatever it was: two megabytes of a kind of memory that there
    was none of before are a hundred times the usual. How far it moved is not known, only that it did. What is
    trouble by its meaning, or counts calls, needs no yardstick: an error is one more than none.
    """
    own = [f.score for f in findings if f.entity == first.entity and not _rose_from_nothing(f)]
    top = max((f.score for f in findings if f.entity == first.entity), default=0.0)
    return top - max(own, default=0.0)


def _rose_from_nothing(finding: Finding) -> bool:
    if finding.is_life or CATEGORIES[finding.category].is_trouble or finding.category in TRAVELS:
        return False
    return abs(finding.baseline) <= _NOTHING * abs(finding.peak - finding.baseline)


def chance_of(features: Features, weights: Sequence[float] = WEIGHTS, intercept: float = INTERCEPT) -> float:
    """The chance that the first entity is the cause, 0 to 1.

    >>> sure = Features(strength=6.0, breadth=1.5, portion=0.9, late=0.0, is_own=True)
    >>> weak = Features(strength=4.0, breadth=0.0, portion=0.3, late=0.2, is_own=False)
    >>> chance_of(sure) > 0.8 > 0.4 > chance_of(weak)
    True
    """
    odds = intercept + sum(w * x for w, x in zip(weights, features.vector, strict=True))
    return 1.0 / (1.0 + math.exp(-odds))


def confidence_of(
    entities: Sequence[EntityRank],
    findings: Sequence[Finding],
    window: Window,
    onset_ms: int | None,
    alert: Alert | None = None,
    significant: int = 1,
) -> Confidence:
    """How sure a report may be of its first entity; see `features_of` and `is_clear`.

    alert        what the report is about, if an alert
    significant  how many series moved farther than chance among so many

    Never more than `low` below the score from which a cause is clear, and where nothing is felt (`symptoms`);
    never surer than MAX_CHANCE.

    >>> confidence_of([], [], Window(start_ms=0, split_ms=240_000, end_ms=299_000, step_ms=1000), None)
    Confidence(chance=None, how_sure='', is_felt=True, is_clear=True, is_far=True)
    """
    if not entities or onset_ms is None:
        return UNKNOWN
    features = features_of(entities, findings, window, onset_ms)
    chance = min(round(chance_of(features), 4), MAX_CHANCE)
    felt = is_felt(findings, alert)
    clear = is_clear(entities[0], findings, window, onset_ms, significant)
    if chance < _LOW or not clear or not felt:
        return Confidence(chance, "low", felt, clear, entities[0].score >= CLEAR_SCORE)
    return Confidence(chance, "high" if chance >= HIGH and features.is_own else "medium")
