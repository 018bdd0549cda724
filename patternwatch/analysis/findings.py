"""From judged candidates to findings: names, queries and evidence that a person can check."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.onset_evaluation import OnsetEvaluation
from patternwatch.analysis.scoring import DeviationStats
from patternwatch.contracts.messages import Compare
from patternwatch.contracts.patterns import PATTERNS
from patternwatch.contracts.report import Direction, Evidence, Finding, Taught
from patternwatch.contracts.series import Window
from patternwatch.detectors import CHANGE, DETECTORS, RIVER

_BOTH_WAYS = 0.5
_THEN = {"day": "yesterday at this time", "week": "a week ago at this time"}
_QUANTILES = {"p50": "0.5", "p99": "0.99"}


@dataclass(frozen=True, slots=True)
class Shape:
    """What one series was named: probabilities (15,), what it was taught to be, and by which model."""

    probabilities: npt.NDArray[np.float32]
    taught: Taught | None
    model: str


def finding(
    evaluation: OnsetEvaluation,
    i: int,
    shape: Shape,
    window: Window,
    rank: int,
    compare: Compare = "none",
) -> Finding:
    """The finding of candidate `i`.

    shape  what it was named
    """
    candidate, moved = evaluation.series.candidates[i], evaluation.moved
    pattern = PATTERNS[int(np.argmax(shape.probabilities))]
    return Finding(
        rank=rank,
        series_id=evaluation.series.ids[i],
        name=display_name(candidate.labels, candidate.derivation),
        labels=candidate.labels,
        derivation=candidate.derivation,
        expression=expression(candidate.labels, candidate.derivation, window.step_ms),
        entity=evaluation.series.entities[i].name,
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
        evidence=[_level(evaluation, i), *_season(evaluation, i, compare)],
        points=candidate.values,
        model=shape.model,
    )


def display_name(labels: Mapping[str, str], derivation: str) -> str:
    """The metric as a person reads it: `rate(http_requests_total)`."""
    name = labels.get("__name__", "")
    if derivation == "count_rate":
        return f"rate({name}_count)"
    return f"{derivation}({name})" if derivation else name


def expression(labels: Mapping[str, str], derivation: str, step_ms: int) -> str:
    """PromQL that draws the series. Source: Prometheus querying basics and functions."""
    span = f"[{max(4 * step_ms // 1000, 10)}s]"
    match derivation:
        case "rate":
            return f"rate({_selector(labels)}{span})"
        case "count_rate":
            return f"rate({_selector(labels, '_count')}{span})"
        case "mean":
            total, count = _selector(labels, "_sum"), _selector(labels, "_count")
            return f"rate({total}{span}) / rate({count}{span})"
        case "p50" | "p99":
            buckets = _selector(labels, "_bucket")
            return f"histogram_quantile({_QUANTILES[derivation]}, rate({buckets}{span}))"
        case _:
            return _selector(labels)


def _selector(labels: Mapping[str, str], suffix: str = "") -> str:
    name = labels.get("__name__", "") + suffix
    own = ",".join(f"{key}={_quoted(labels[key])}" for key in sorted(labels) if key != "__name__")
    return f"{name}{{{own}}}" if own else name


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _direction(moved: DeviationStats, i: int) -> Direction:
    if moved.opposite[i] >= _BOTH_WAYS:
        return "both"
    return "up" if moved.peak[i] >= moved.median[i] else "down"


def with_evidence(findings: Sequence[Finding], split: int, drift_findings: int) -> list[Finding]:
    """The findings with what every detector says of each from row `split` on.

    For those that are shown only: some detectors are slow. River's are asked about the first
    `drift_findings` of them, which they take some milliseconds each for.
    """
    evidence: list[list[Evidence]] = [[] for _ in findings]
    for detector in DETECTORS:
        asked = findings[:drift_findings] if detector in RIVER else findings
        if not asked:
            continue
        detection = detector(np.array([f.points for f in asked], dtype=np.float64), split)
        for i in range(len(asked)):
            evidence[i].append(
                Evidence(
                    detector=detector.name,
                    value=round(float(detection.score[i]), 4),
                    threshold=detector.threshold,
                    flagged=bool(detection.flagged[i]),
                    text=detector.describe(detection, i),
                )
            )
    return [
        found.model_copy(update={"evidence": [*own, *found.evidence]})
        for found, own in zip(findings, evidence, strict=True)
    ]


def _level(evaluation: OnsetEvaluation, i: int) -> Evidence:
    moved, scale = evaluation.moved, float(evaluation.breakdown.scale[i])
    spreads = float(moved.distance[i]) / scale if scale > 0 else math.inf
    path = f"from {_short(moved.median[i])} to {_short(moved.peak[i])}"
    return Evidence(
        detector="level",
        value=round(min(spreads, 1e6), 4),
        flagged=bool(evaluation.change.flagged[i]),
        text=f"{path}, {_short(spreads)} x its usual spread",
    )


def _season(evaluation: OnsetEvaluation, i: int, compare: Compare) -> list[Evidence]:
    """What the earlier window says, where there was one to compare with and it knows the series."""
    expected = evaluation.series.candidates[i].expected
    if expected is None or compare == "none":
        return []
    text = f"{_THEN[compare]} it did not move like this"
    if len(expected):
        farthest = expected[np.argmax(np.abs(expected))]
        rest = CHANGE.describe(evaluation.residual, i)
        text = f"{_THEN[compare]} it moved by {_short(float(farthest))} as well; without that: {rest}"
    return [
        Evidence(
            detector="season",
            value=round(float(evaluation.residual.score[i]), 4),
            threshold=CHANGE.threshold,
            flagged=bool(evaluation.residual.flagged[i]),
            text=text,
        )
    ]


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
    ):
        if factor < 0.995:
            factors.append(f"{factor:.2f} ({reason})")
    return f"{evaluation.scores[i]:.2f} = " + " x ".join(factors)


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}" if abs(value) < 1e9 else f"{value:.3g}"
