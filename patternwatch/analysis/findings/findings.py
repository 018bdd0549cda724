"""From evaluated candidates to ranked findings, each with the shape that agrees with its values."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from patternwatch.analysis.findings.course import courses
from patternwatch.analysis.findings.evidence import level_evidence, past_evidence, season_evidence
from patternwatch.analysis.findings.finding_course import FindingCourse, finding_course
from patternwatch.analysis.findings.finding_shapes import Shape, classifier_split, named_shape, type_of
from patternwatch.analysis.findings.order import Place, places_of
from patternwatch.analysis.lifecycle.findings import as_event, as_newborn
from patternwatch.analysis.metrics.units import unit_of
from patternwatch.analysis.onset.earliest_row import earliest_row
from patternwatch.analysis.ranking.onset_evaluation import OnsetEvaluation
from patternwatch.analysis.scoring.limits_reached import reach_limits
from patternwatch.analysis.series.own_interval import held_between_scrapes, own_intervals
from patternwatch.analysis.series.promql import display_name, expression
from patternwatch.analysis.verdict.happened import course_in_words
from patternwatch.classifier.shape_classifier import ShapeClassifier
from patternwatch.contracts.findings import Finding
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import Window

Name = TypeVar("Name", bound=str)
_NORMAL = PATTERNS.index(Pattern.NORMAL)
_SURELY_NORMAL = 0.8
"""Probability of the shape `normal` from which a finding loses rank: judgement, not measured."""


@dataclass(frozen=True, slots=True)
class RankedFindings:
    """The abnormal series of a request, strongest first.

    shown     a finding for each of the first
    total     how many there are
    patterns  how many of all have each shape
    taught    how many of all have each name that operators taught
    """

    shown: list[Finding]
    total: int
    patterns: Mapping[Pattern, int]
    taught: Mapping[str, int]


def ranked_findings(
    request: AnalysisRequest, evaluation: OnsetEvaluation, classifier: ShapeClassifier, shown: int
) -> RankedFindings:
    """What is told of the abnormal series.

    The order goes by the score that is shown (`order`); ties by series id.

    evaluation  the N candidates at the chosen onset
    classifier  names their shapes
    shown       number of findings that are made

    >>> from patternwatch.analysis.ranking.best_onset import evaluate_onsets
    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> from patternwatch.classifier.shape_classifier import PlainClassifier
    >>> from patternwatch.contracts.shard_results import ShardResult
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> settings, now_ms = AnalysisSettings(), 1_760_000_010_000
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', now_ms - 600_000, None, "", settings, now_ms, "r1"
    ... )
    >>> quiet = ShardResult(shard_id="r1-0", number=0, of=1, request=request, votes=[0] * 300)
    >>> evaluation = evaluate_onsets(request.window, [quiet], settings)
    >>> ranked_findings(request, evaluation, PlainClassifier(lambda values, split: None), 100).total
    0
    """
    members = [i for r in evaluation.ranked for i in r.members]
    if not members:
        return RankedFindings([], 0, {}, {})
    predicted = classifier.name(
        held_between_scrapes(evaluation.series.values[members]),
        classifier_split(evaluation.onset, request.window.rows),
    )
    shapes = {
        i: Shape(probabilities, taught, classifier.version)
        for i, probabilities, taught in zip(members, predicted.probabilities, predicted.taught, strict=True)
    }
    surely_normal = {i for i in members if shapes[i].probabilities[_NORMAL] >= _SURELY_NORMAL}
    window = request.window
    places = places_of(evaluation, surely_normal, window.step_ms)
    earliest = earliest_row(window.rows, window.split_row)
    gone = courses(evaluation.series.values, evaluation.onset, earliest, evaluation.moved)
    course = {i: finding_course(gone, evaluation.moved, i, window) for i in members}
    names = {i: named_shape(shapes[i], course[i]) for i in members}
    ordered = sorted(members, key=lambda i: places[i].key)[:shown]
    intervals = _intervals_ms(evaluation, ordered, window)
    limits = _limits_reached(evaluation)
    return RankedFindings(
        shown=[
            _finding(
                request,
                evaluation,
                i,
                shapes[i],
                names[i],
                places[i],
                course[i],
                limits.get(i),
                rank,
                interval_ms,
            )
            for rank, (i, interval_ms) in enumerate(zip(ordered, intervals, strict=True), start=1)
        ],
        total=len(members),
        patterns=_counted(pattern for pattern, _ in names.values()),
        taught=_counted(own.taught.name for own in shapes.values() if own.taught),
    )


def _counted(names: Iterable[Name]) -> dict[Name, int]:
    return dict(sorted(Counter(names).items()))


def _finding(
    request: AnalysisRequest,
    evaluation: OnsetEvaluation,
    i: int,
    shape: Shape,
    name: tuple[Pattern, float],
    place: Place,
    course: FindingCourse,
    limit: float | None,
    rank: int,
    interval_ms: int,
) -> Finding:
    """The finding of candidate `i`."""
    candidate = evaluation.series.candidates[i]
    pattern, probability = name
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
        pattern_type=type_of(pattern, course),
        pattern_probability=round(probability, 4),
        taught=shape.taught,
        direction=course.direction,
        onset_ms=course.onset_ms,
        unit=unit_of(candidate.labels.get("__name__", ""), candidate.derivation),
        baseline=course.baseline,
        peak=course.peak,
        limit=limit,
        lowest=course.lowest,
        highest=course.highest,
        now=course.now,
        recovered_ms=course.recovered_ms,
        evidence=[
            level_evidence(evaluation, i),
            *past_evidence(evaluation.series.past[i], request.window),
            *season_evidence(evaluation, i, request.compare),
        ],
        points=candidate.values,
        model=shape.model,
    )
    if candidate.event:
        return as_event(found, candidate, evaluation.series.event_text(i), request.window)
    found = found.model_copy(update={"course": course_in_words(found)})
    return as_newborn(found, candidate, request.window)


def _limits_reached(evaluation: OnsetEvaluation) -> dict[int, float]:
    """How much there may be of what candidates count, of those that came near that."""
    limits = evaluation.series.limits
    return {i: float(limits.now[i]) for i in np.flatnonzero(reach_limits(evaluation.moved, limits)).tolist()}


def _intervals_ms(evaluation: OnsetEvaluation, rows: Sequence[int], window: Window) -> list[int]:
    """From one point of each candidate to the next: its own interval, at least the window's step."""
    own = np.nan_to_num(own_intervals(evaluation.series.values[list(rows)], window.rows), nan=1.0)
    return [max(round(rows * window.step_ms), window.step_ms) for rows in own.tolist()]
