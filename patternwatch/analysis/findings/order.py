"""What orders the findings: the score that is shown, as a product, with the reason of each factor."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from patternwatch.analysis.ranking.onset_evaluation import OnsetEvaluation

_SURELY_NORMAL_WEIGHT = 0.25
"""Factor on a finding whose shape is surely normal; judgement: the rank of entities does not depend on it."""
_NO_CHANGE = 0.995
"""A factor that would be printed as 1.00 is left out of `why`."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding stands.

    score  how strongly the series points at a cause, with its entity's part: never more than that of the
           finding before
    why    the score in words
    key    what findings are sorted by: the score, then what breaks ties

    >>> Place(score=5.0, why="5.00 = size 5.00", key=(-5.0, "a", False, "a")).score
    5.0
    """

    score: float
    why: str
    key: tuple[float, str, bool, str]


def places_of(
    evaluation: OnsetEvaluation, surely_normal: Collection[int], step_ms: int
) -> Mapping[int, Place]:
    """The place of every member of an entity, by its position among the candidates.

    surely_normal  the candidates whose shape is surely normal
    step_ms        distance of rows

    A series of a less suspicious entity counts in part, and what a recording rule made of a series has that
    one's score and comes right after it.

    >>> from patternwatch.analysis.ranking.best_onset import evaluate_onsets
    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> from patternwatch.contracts.shard_results import ShardResult
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> settings, now_ms = AnalysisSettings(), 1_760_000_010_000
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', now_ms - 600_000, None, "", settings, now_ms, "r1"
    ... )
    >>> quiet = ShardResult(shard_id="r1-0", number=0, of=1, request=request, votes=[0] * 300)
    >>> places_of(evaluate_onsets(request.window, [quiet], settings), (), 30_000)
    {}
    """
    part = {
        i: r.score / max(evaluation.ranked[0].score, r.score) for r in evaluation.ranked for i in r.members
    }
    originals, ids = evaluation.series.recorded.originals, evaluation.series.ids
    found: dict[int, Place] = {}
    for i in part:
        leads = originals[i] if originals.get(i) in part else i
        shape = _SURELY_NORMAL_WEIGHT if leads in surely_normal else 1.0
        score = float(evaluation.scores[leads]) * part[leads] * shape
        why = f"{score:.2f} = " + " x ".join(_factors(evaluation, leads, part[leads], shape, step_ms))
        if leads != i:
            why = f"{score:.2f}, that of the series which the rule recorded"
        found[i] = Place(score, why, (-score, ids[leads], leads != i, ids[i]))
    return found


def _factors(evaluation: OnsetEvaluation, i: int, entity: float, shape: float, step_ms: int) -> list[str]:
    """The size, and every factor that changed it."""
    parts = evaluation.breakdown
    late_s = (int(evaluation.begun[i]) - evaluation.onset) * step_ms / 1000
    begun = "begins" if evaluation.begun[i] < evaluation.moved.onset[i] else "half of its way"
    went = "rising" if evaluation.moved.peak[i] >= evaluation.moved.median[i] else "falling"
    factors = [f"size {parts.size[i]:.2f}"]
    for factor, reason in (
        (parts.early[i], f"{begun} {late_s:g} s after the onset"),
        (parts.category[i], f"{evaluation.series.categories[i]} {went}"),
        (parts.traffic[i], "a share of little traffic"),
        (parts.chance[i], "the rest of such movements of this metric is chance"),
        (parts.life[i % len(parts.life)], "what such an end or beginning says of a cause"),
        (parts.exchanged[i % len(parts.exchanged)], "it changed places with another one"),
        (entity, f"{evaluation.series.entities[i].name} against the first entity"),
        (shape, "its shape is surely normal"),
    ):
        if factor < _NO_CHANGE:
            factors.append(f"{factor:.2f} ({reason})")
    return factors
