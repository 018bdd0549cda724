"""From evaluated candidates to ranked findings, each with the shape that the classifier names."""

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.evidence import level_evidence, season_evidence
from patternwatch.analysis.onset_evaluation import OnsetEvaluation
from patternwatch.analysis.own_interval import held_between_scrapes, own_intervals
from patternwatch.analysis.promql import display_name, expression
from patternwatch.analysis.scoring import DeviationStats
from patternwatch.classifier.shape_classifier import ShapeClassifier
from patternwatch.contracts.messages import AnalysisRequest
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.contracts.report import Direction, Finding, Subject, Taught
from patternwatch.contracts.series import Window

MAX_SPLIT_DISTANCE = 110
"""The longest current part, in rows, that the shape model names: it sees 120 rows, ten of them before."""
_NORMAL = PATTERNS.index(Pattern.NORMAL)
_SURELY_NORMAL = 0.8
"""Probability of the shape `normal` from which a finding loses rank.

This one and the weight below are judgement, not measured: the rank of entities does not depend on them."""
_SURELY_NORMAL_WEIGHT = 0.25
"""Factor on such a finding in the order of findings; its score stays."""
_BOTH_DIRECTIONS = 0.5
"""Part of the largest distance that the other direction reaches where a series moved in both; judgement."""
_NO_CHANGE = 0.995
"""A factor that would be printed as 1.00 is left out of `why`."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the classifier says of one series.

    probabilities  float32, shape (15,), in the order of PATTERNS
    taught         what the tenant's examples say of it, None where they say nothing
    model          version of the classifier
    """

    probabilities: npt.NDArray[np.float32]
    taught: Taught | None
    model: str


def classifier_split(onset: int, rows: int) -> int:
    """First row of the current part for the shape model.

    onset  row of the onset in a window of `rows` rows; one too far back is moved to the farthest row that
           the model knows

    >>> classifier_split(240, 300), classifier_split(100, 300)
    (240, 190)
    """
    return max(onset, rows - MAX_SPLIT_DISTANCE)


def ranked_findings(
    request: AnalysisRequest, evaluation: OnsetEvaluation, classifier: ShapeClassifier
) -> list[Finding]:
    """A finding for every abnormal series, strongest first.

    The order goes by the series' own score times the score of its entity; ties by series id.

    evaluation  the N candidates at the chosen onset
    classifier  names their shapes

    >>> from patternwatch.analysis.onset_evaluation import evaluate_onsets
    >>> from patternwatch.analysis.requests import request_for_selector
    >>> from patternwatch.classifier.shape_classifier import PlainClassifier
    >>> from patternwatch.contracts.messages import ShardResult
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> settings, now_ms = AnalysisSettings(), 1_760_000_010_000
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', now_ms - 600_000, None, "", settings, now_ms, "r1"
    ... )
    >>> quiet = ShardResult(shard_id="r1-0", number=0, of=1, request=request, votes=[0] * 300)
    >>> evaluation = evaluate_onsets(request.window, [quiet], settings)
    >>> ranked_findings(request, evaluation, PlainClassifier(lambda values, split: None))
    []
    """
    members = [i for r in evaluation.ranked for i in r.members]
    if not members:
        return []
    named = classifier.name(
        held_between_scrapes(evaluation.series.values[members]),
        classifier_split(evaluation.onset, request.window.rows),
    )
    shapes = {
        i: Shape(probabilities, taught, classifier.version)
        for i, probabilities, taught in zip(members, named.probabilities, named.taught, strict=True)
    }
    suspicion = {i: r.score for r in evaluation.ranked for i in r.members}
    scores = evaluation.scores

    originals = evaluation.series.recorded.originals

    def key(i: int) -> tuple[float, str, bool, str]:
        # What a rule recorded of a series comes right after it.
        leads = originals[i] if originals.get(i) in shapes else i
        surely_normal = shapes[leads].probabilities[_NORMAL] >= _SURELY_NORMAL
        weight = _SURELY_NORMAL_WEIGHT if surely_normal else 1.0
        ids = evaluation.series.ids
        return -scores[leads] * suspicion[leads] * weight, ids[leads], leads != i, ids[i]

    ordered = sorted(members, key=key)
    return [_finding(request, evaluation, i, shapes[i], rank) for rank, i in enumerate(ordered, start=1)]


def _finding(
    request: AnalysisRequest, evaluation: OnsetEvaluation, i: int, shape: Shape, rank: int
) -> Finding:
    """The finding of candidate `i`."""
    window = request.window
    candidate, moved = evaluation.series.candidates[i], evaluation.moved
    pattern = PATTERNS[int(np.argmax(shape.probabilities))]
    return Finding(
        rank=rank,
        series_id=evaluation.series.ids[i],
        name=display_name(candidate.labels, candidate.derivation, candidate.native),
        labels=candidate.labels,
        derivation=candidate.derivation,
        expression=expression(
            candidate.labels, candidate.derivation, _interval_ms(evaluation, i, window), candidate.native
        ),
        entity=evaluation.series.entities[i].name,
        subject=Subject(**asdict(evaluation.series.subjects[i])),
        category=candidate.category,
        score=round(float(evaluation.scores[i]), 6),
        why=_why(evaluation, i, window.step_ms),
        pattern=pattern,
        pattern_type=pattern.type,
        pattern_probability=round(float(shape.probabilities.max()), 4),
        taught=shape.taught,
        direction=_direction(moved, i),
        onset_ms=window.start_ms + int(moved.onset[i]) * window.step_ms,
        baseline=float(moved.median[i]),
        peak=float(moved.peak[i]),
        evidence=[level_evidence(evaluation, i), *season_evidence(evaluation, i, request.compare)],
        points=candidate.values,
        model=shape.model,
    )


def _interval_ms(evaluation: OnsetEvaluation, i: int, window: Window) -> int:
    """From one point of the candidate to the next: its own interval, at least the window's step."""
    (rows,) = own_intervals(evaluation.series.values[i : i + 1], window.rows)
    return max(round(rows * window.step_ms), window.step_ms) if np.isfinite(rows) else window.step_ms


def _direction(moved: DeviationStats, i: int) -> Direction:
    if moved.opposite[i] >= _BOTH_DIRECTIONS:
        return "both"
    return "up" if moved.peak[i] >= moved.median[i] else "down"


def _why(evaluation: OnsetEvaluation, i: int, step_ms: int) -> str:
    """The score as a product in words: its size, and every factor that changed it."""
    parts = evaluation.breakdown
    late_s = (int(evaluation.moved.onset[i]) - evaluation.onset) * step_ms / 1000
    went = "rising" if evaluation.moved.peak[i] >= evaluation.moved.median[i] else "falling"
    factors = [f"size {parts.size[i]:.2f}"]
    for factor, reason in (
        (parts.early[i], f"{late_s:g} s after the onset"),
        (parts.category[i], f"{evaluation.series.categories[i]} {went}"),
        (parts.normal[i], "hardly beyond its past"),
        (parts.traffic[i], "a share of little traffic"),
        (parts.chance[i], "the rest of such movements of this metric is chance"),
    ):
        if factor < _NO_CHANGE:
            factors.append(f"{factor:.2f} ({reason})")
    return f"{evaluation.scores[i]:.2f} = " + " x ".join(factors)
