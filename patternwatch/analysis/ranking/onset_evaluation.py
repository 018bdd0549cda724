"""The candidates of a request if the trouble began at one row, and how much speaks for that row."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from patternwatch.analysis.entities.entities import CATEGORY_DECAY, Ranked
from patternwatch.analysis.onset.entity_onsets import BROAD
from patternwatch.analysis.ranking.request_candidates import Candidates
from patternwatch.analysis.scoring.deviations import DeviationStats
from patternwatch.analysis.scoring.scores import ScoreBreakdown
from patternwatch.compiled import Integers
from patternwatch.contracts.series import Vector
from patternwatch.detectors import Detection

_HALF_LIFE_ROWS = 20
"""What moves so many rows after a row is half as much evidence that the trouble began at that row.

Chosen on public fault injections with late alerts (`python -m benchmarks.ranking DIR`), on a plateau."""
_BREADTH_DECAY = 0.8
"""Weight of an entity's next-strongest category as evidence of when it began.

Chosen as the half-life was, among .5, .67, .8 and 1."""
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
    is_latest  whether no later row can be the onset: it is the alert's own
    """

    series: Candidates
    onset: int
    moved: DeviationStats
    begun: Integers
    change: Detection
    residual: Detection
    breakdown: ScoreBreakdown
    ranked: Sequence[Ranked]
    is_latest: bool = False

    @property
    def scores(self) -> Vector:
        """How strongly each series points at a cause, shape (N,), at least 0."""
        return self.breakdown.scores

    @property
    def evidence(self) -> float:
        """How clearly something begins here: the highest score of an entity, less where it moves later.

        Further categories count more than in the score: what moves at a row by chance moves alone.
        """
        return max((r.score / self._delay(r.members[0]) + self._breadth(r) for r in self.ranked), default=0.0)

    def _breadth(self, ranked: Ranked) -> float:
        """What the further categories of an entity add, each as near to the row as it moves."""
        best: dict[str, float] = defaultdict(float)
        for i in ranked.members:
            category = self.series.categories[i]
            best[category] = max(best[category], float(self.breakdown.scores[i]) / self._delay(i))
        further = enumerate(sorted(best.values(), reverse=True))
        return sum(score * (_BREADTH_DECAY**place - CATEGORY_DECAY**place) for place, score in further)

    @property
    def is_broad(self) -> bool:
        """Whether the first entity shows trouble of so many categories that it is hardly chance."""
        scores = self.breakdown.scores
        first = self.ranked[0].members if self.ranked else ()
        return len({self.series.categories[i] for i in first if scores[i] >= _MIN_TROUBLE}) >= BROAD

    @property
    def lead(self) -> float:
        """How far a broad first entity is ahead of the next, else 0: what chance lifts is close together."""
        if not self.is_broad:
            return 0.0
        ahead = self.ranked[0].score - (self.ranked[1].score if len(self.ranked) > 1 else 0.0)
        return ahead / self._delay(self.ranked[0].members[0])

    def _delay(self, series: int) -> float:
        if self.is_latest:  # no row is nearer to what moves after the alert
            return 1.0
        rows = int(self.begun[series]) - self.onset - 1
        return 1.0 + max(rows, 0) / _HALF_LIFE_ROWS
