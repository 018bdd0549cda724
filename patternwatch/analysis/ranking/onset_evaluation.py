"""The candidates of a request if the trouble began at one row, and how much speaks for that row."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from patternwatch.analysis.entities.entities import CATEGORY_DECAY, Ranked
from patternwatch.analysis.onset.entity_onsets import BROAD
from patternwatch.analysis.ranking.request_candidates import Candidates
from patternwatch.analysis.scoring.deviations import DeviationStats
from patternwatch.analysis.scoring.scores import ScoreBreakdown
from patternwatch.compiled import Integers
from patternwatch.contracts.series import Vector
from patternwatch.detectors import Detection

_BREADTH_DECAY = 0.8
"""Weight of an entity's next-strongest category as evidence of when it began.

Chosen on public fault injections with late alerts (`python -m benchmarks.ranking DIR`), on a plateau from .65
to .9."""
_MIN_TROUBLE = 0.5
"""Score of a series from which its category shows trouble; judgement: an eighth of what names a cause."""


@dataclass(frozen=True, slots=True)
class OnsetEvaluation:
    """N candidates if the trouble began at the row `onset`; arrays of shape (N,).

    series     the candidates
    onset      the assumed onset, a row of the window
    moved      how far each moved from its baseline
    begun      the row at which each began to move, where that is the beginning of a slow rise; else the row
               at which it was half-way
    change     the change ratio at the onset
    residual   the change ratio of the residuals: without what the earlier window leads to expect
    breakdown  the score of each and its factors
    ranked     the entities, the likeliest cause first
    """

    series: Candidates
    onset: int
    moved: DeviationStats
    begun: Integers
    change: Detection
    residual: Detection
    breakdown: ScoreBreakdown
    ranked: Sequence[Ranked]

    @property
    def scores(self) -> Vector:
        """How strongly each series points at a cause, shape (N,), at least 0."""
        return self.breakdown.scores

    @property
    def evidence(self) -> float:
        """How clearly something begins here: the highest score of an entity.

        Further categories count more than in the score: what moves at a row by chance moves alone.
        """
        return max((r.score + self._breadth(r) for r in self.ranked), default=0.0)

    def _breadth(self, ranked: Ranked) -> float:
        """What the further categories of an entity add, with those that others have from it."""
        best: dict[str, float] = defaultdict(float)
        for other in self.ranked:
            is_own = other is ranked
            passed = {c for c, callee in other.passed_on.items() if callee == ranked.entity.name}
            for i in other.members if is_own or passed else ():
                category = self.series.categories[i]
                if is_own or category in passed:
                    best[category] = max(best[category], float(self.breakdown.scores[i]))
        further = enumerate(sorted(best.values(), reverse=True))
        return sum(score * (_BREADTH_DECAY**place - CATEGORY_DECAY**place) for place, score in further)

    @property
    def is_broad(self) -> bool:
        """Whether the first entity shows trouble of so many categories that it is hardly chance."""
        scores = self.breakdown.scores
        first = self.ranked[0].members if self.ranked else ()
        return len({self.series.categories[i] for i in first if scores[i] >= _MIN_TROUBLE}) >= BROAD


def is_any_broad(series: Candidates, scores: Vector) -> bool:
    """Whether any entity shows trouble of so many categories; without one none is the first (`is_broad`).

    scores  of each series, shape (N,)

    >>> from patternwatch.analysis.identity.scope import Scope
    >>> from patternwatch.analysis.lifecycle.judgement import EventSeries
    >>> from patternwatch.analysis.ranking.request_candidates import candidates_in_columns
    >>> from patternwatch.contracts.series import Window
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> from patternwatch.contracts.shard_results import Candidate
    >>> window = Window(start_ms=0, split_ms=240_000, end_ms=299_000, step_ms=1000)
    >>> told = [
    ...     Candidate(labels={"__name__": name, "job": "cart"}, derivation="", category=name,
    ...               screening_score=3.0, values=np.zeros(300))
    ...     for name in ("cpu", "memory", "disk", "network")
    ... ]
    >>> placed, scope = [(one, one.category) for one in told], Scope([], AnalysisSettings())
    >>> series = candidates_in_columns(placed, window, scope, EventSeries.none(300))
    >>> is_any_broad(series, np.full(4, 1.0)), is_any_broad(series, np.array([9.0, 9.0, 9.0, 0.1]))
    (True, False)
    """
    shown = {
        (series.entities[i].name, series.categories[i])
        for i in np.flatnonzero(scores >= _MIN_TROUBLE).tolist()
    }
    return max(Counter(name for name, _ in shown).values(), default=0) >= BROAD
