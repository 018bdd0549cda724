"""From evaluated candidates to ranked findings, each with the shape that agrees with its values."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.agreeing_shapes import agreeing_shape
from patternwatch.analysis.course import courses
from patternwatch.analysis.evidence import level_evidence, season_evidence
from patternwatch.analysis.finding_course import FindingCourse, finding_course
from patternwatch.analysis.finding_order import Place, places_of
from patternwatch.analysis.lifecycle.findings import as_event, as_newborn
from patternwatch.analysis.onset import earliest_row
from patternwatch.analysis.onset_evaluation import OnsetEvaluation
from patternwatch.analysis.own_interval import held_between_scrapes, own_intervals
from patternwatch.analysis.promql import display_name, expression
from patternwatch.analysis.units import unit_of
from patternwatch.analysis.verdict.happened import course_in_words
from patternwatch.classifier.shape_classifier import ShapeClassifier
from patternwatch.contracts.messages import AnalysisRequest
from patternwatch.contracts.patterns import PATTERNS, Pattern, PatternType
from patternwatch.contracts.report import Finding, Taught
from patternwatch.contracts.series import Window

MAX_SPLIT_DISTANCE = 110
"""The longest current part, in rows, that the shape model names: it sees 120 rows, ten of them before."""
_NORMAL = PATTERNS.index(Pattern.NORMAL)
_SURELY_NORMAL = 0.8
"""Probability of the shape `normal` from which a finding loses rank: judgement, not measured."""


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

    The order goes by the score that is shown (`finding_order`); ties by series id.

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
    surely_normal = {i for i in members if shapes[i].probabilities[_NORMAL] >= _SURELY_NORMAL}
    window = request.window
    places = places_of(evaluation, surely_normal, window.step_ms)
    earliest = earliest_row(window.rows, window.split_row)
    gone = courses(evaluation.series.values, evaluation.onset, earliest, evaluation.moved)
    course = {i: finding_course(gone, evaluation.moved, i, window) for i in members}
    ordered = sorted(members, key=lambda i: places[i].key)
    return [
        _finding(request, evaluation, i, shapes[i], places[i], course[i], rank)
        for rank, i in enumerate(ordered, start=1)
    ]


def _finding(
    request: AnalysisRequest,
    evaluation: OnsetEvaluation,
    i: int,
    shape: Shape,
    place: Place,
    course: FindingCourse,
    rank: int,
) -> Finding:
    """The finding of candidate `i`."""
    candidate = evaluation.series.candidates[i]
    interval_ms = _interval_ms(evaluation, i, request.window)
    pattern, probability = _named(shape, course)
    found = Finding(
        rank=rank,
        series_id=evaluation.series.ids[i],
        name=display_name(candidate.labels, candidate.derivation, candidate.native),
        labels=candidate.labels,
        derivation=candidate.derivation,
        expression=expression(candidate.labels, candidate.derivation, interval_ms, candidate.native),
        entity=evaluation.series.entities[i].name,
        subject=evaluation.series.subjects[i],
        category=candidate.category,
        score=round(place.score, 6),
        why=place.why,
        pattern=pattern,
        pattern_type=_type_of(pattern, course),
        pattern_probability=round(probability, 4),
        taught=shape.taught,
        direction=course.direction,
        onset_ms=course.onset_ms,
        unit=unit_of(candidate.labels.get("__name__", ""), candidate.derivation),
        baseline=course.baseline,
        peak=course.peak,
        lowest=course.lowest,
        highest=course.highest,
        now=course.now,
        recovered_ms=course.recovered_ms,
        evidence=[level_evidence(evaluation, i), *season_evidence(evaluation, i, request.compare)],
        points=candidate.values,
        model=shape.model,
    )
    if candidate.event:
        return as_event(found, candidate, evaluation.series.event_text(i), request.window)
    found = found.model_copy(update={"course": course_in_words(found)})
    return as_newborn(found, candidate, request.window)


def _type_of(pattern: Pattern, course: FindingCourse) -> PatternType:
    """Whether it has recovered, by its last rows; what has no known shape has no type."""
    if pattern.type is PatternType.NONE:
        return PatternType.NONE
    return PatternType.STILL_ABNORMAL if course.recovered_ms is None else PatternType.RECOVERED


def _named(shape: Shape, course: FindingCourse) -> tuple[Pattern, float]:
    """The shape that is named: what operators taught, else the likeliest one that agrees with the values."""
    if shape.taught is not None and shape.taught.name in tuple(Pattern):
        return PATTERNS[int(np.argmax(shape.probabilities))], float(shape.probabilities.max())
    return agreeing_shape(shape.probabilities, course.direction, recovered=course.recovered_ms is not None)


def _interval_ms(evaluation: OnsetEvaluation, i: int, window: Window) -> int:
    """From one point of the candidate to the next: its own interval, at least the window's step."""
    (rows,) = own_intervals(evaluation.series.values[i : i + 1], window.rows)
    return max(round(rows * window.step_ms), window.step_ms) if np.isfinite(rows) else window.step_ms
