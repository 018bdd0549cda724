"""The evidence of a finding: what each detector measured, the level, and the earlier window."""

import math
from collections.abc import Sequence

import numpy as np

from patternwatch.analysis.metrics.units import unit_of
from patternwatch.analysis.metrics.values_in_words import value_in_words
from patternwatch.analysis.ranking.onset_evaluation import OnsetEvaluation
from patternwatch.analysis.verdict.words import clock
from patternwatch.contracts.findings import Evidence, Finding
from patternwatch.contracts.requests import Compare
from patternwatch.contracts.series import Flags, Window
from patternwatch.detectors import CHANGE, DETECTORS, RIVER, SELF_HISTORY, Detection, Detector

_WHEN = {"day": "yesterday at this time", "week": "a week ago at this time"}
_MAX_SPREADS = 1e6
"""Spreads are cut here: a scale of 0 would give infinity, which JSON cannot hold."""


def with_evidence(findings: Sequence[Finding], split: int, drift_findings: int) -> list[Finding]:
    """The findings, each with what every detector measured on it; a detector that cannot judge is left out.

    findings        those that the report shows, strongest first: some detectors are slow
    split           first row of the current part: the onset
    drift_findings  number of findings that River's drift detectors look at too (some .2 ms each)

    >>> with_evidence([], 240, 10)
    []
    """
    evidence: list[list[Evidence]] = [[] for _ in findings]
    # Of what ended or is new there is nothing to compare: its own evidence says all.
    compared = [i for i, f in enumerate(findings) if not f.is_life]
    points = np.array([findings[i].points for i in compared], dtype=np.float64)
    for detector in DETECTORS:
        asked = [i for i in compared if i < drift_findings] if detector in RIVER else compared
        if not asked:
            continue
        detection = detector(points[: len(asked)], split)
        for row, i in enumerate(asked):
            if _judged(detector, detection, row):
                evidence[i].append(
                    Evidence(
                        detector=detector.name,
                        value=round(float(detection.score[row]), 4),
                        threshold=detector.threshold,
                        flagged=bool(detection.flagged[row]),
                        text=detector.describe(detection, row),
                    )
                )
    return [
        found.model_copy(update={"evidence": [*own, *found.evidence]})
        for found, own in zip(findings, evidence, strict=True)
    ]


def level_evidence(evaluation: OnsetEvaluation, i: int) -> Evidence:
    """How far candidate `i` moved from its median, in its own unit and in units of its scale."""
    moved, scale = evaluation.moved, float(evaluation.breakdown.scale[i])
    spreads = float(moved.distance[i]) / scale if scale > 0 else math.inf
    candidate = evaluation.series.candidates[i]
    unit = unit_of(candidate.labels.get("__name__", ""), candidate.derivation)
    before, after = (value_in_words(float(value[i]), unit) for value in (moved.median, moved.peak))
    path = f"from {before} to {after}"
    return Evidence(
        detector="level",
        value=round(min(spreads, _MAX_SPREADS), 4),
        flagged=bool(evaluation.change.flagged[i]),
        text=f"{path}, {_short(spreads)} x its usual spread",
    )


def past_evidence(past: Flags, window: Window) -> list[Evidence]:
    """That a series had the same trouble before, which its baseline leaves out; else empty.

    past  rows of that trouble, shape (T,)

    >>> window = Window(start_ms=0, split_ms=240_000, end_ms=299_000, step_ms=1_000)
    >>> [found] = past_evidence(np.arange(300) % 60 < 8, window)
    >>> found.text
    'the same 5 times before, first at 00:00:00 UTC; these rows are not taken for normal'
    """
    if not past.any():
        return []
    begins = np.flatnonzero(np.diff(past.astype(np.int8), prepend=0) == 1)
    first = clock(window.start_ms + int(begins[0]) * window.step_ms)
    number = f"{len(begins)} times" if len(begins) > 1 else "once"
    text = f"the same {number} before, first at {first}; these rows are not taken for normal"
    return [Evidence(detector="past trouble", value=float(len(begins)), flagged=True, text=text)]


def season_evidence(evaluation: OnsetEvaluation, i: int, compare: Compare) -> list[Evidence]:
    """What the earlier window says of candidate `i`; empty where none was read or it lacks the series."""
    expected = evaluation.series.candidates[i].expected
    if expected is None or compare == "none":
        return []
    text = f"{_WHEN[compare]} it did not move like this"
    if len(expected):
        farthest = expected[np.argmax(np.abs(expected))]
        rest = CHANGE.describe(evaluation.residual, i)
        text = f"{_WHEN[compare]} it moved by {_short(float(farthest))} as well; without that: {rest}"
    return [
        Evidence(
            detector="season",
            value=round(float(evaluation.residual.score[i]), 4),
            threshold=CHANGE.threshold,
            flagged=bool(evaluation.residual.flagged[i]),
            text=text,
        )
    ]


def _judged(detector: Detector, detection: Detection, i: int) -> bool:
    """Without enough history the self-history score only repeats the change ratio: no evidence of its own."""
    return detector is not SELF_HISTORY or not math.isnan(detection.figures["usual"][i])


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}" if abs(value) < 1e9 else f"{value:.3g}"
