"""From judged candidates to findings: names, queries and evidence that a person can check."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.entities import Entity
from patternwatch.analysis.scoring import Movement
from patternwatch.contracts.messages import Candidate
from patternwatch.contracts.patterns import PATTERNS
from patternwatch.contracts.report import Direction, Evidence, Finding, Taught
from patternwatch.contracts.series import Window
from patternwatch.detectors import DETECTORS, Detection

_BOTH_WAYS = 0.5
_QUANTILES = {"p50": "0.5", "p99": "0.99"}


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of N candidates at the onset; arrays of shape (N,)."""

    candidates: Sequence[Candidate]
    ids: Sequence[str]
    entities: Sequence[Entity]
    moved: Movement
    scale: npt.NDArray[np.float64]
    detections: Mapping[str, Detection]
    scores: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shape:
    """What one series was named: probabilities (15,), what it was taught to be, and by which model."""

    probabilities: npt.NDArray[np.float32]
    taught: Taught | None
    model: str


def finding(judged: Judged, i: int, shape: Shape, window: Window, rank: int) -> Finding:
    """The finding of candidate `i`, whose shape is this."""
    candidate, moved = judged.candidates[i], judged.moved
    pattern = PATTERNS[int(np.argmax(shape.probabilities))]
    return Finding(
        rank=rank,
        series_id=judged.ids[i],
        name=display_name(candidate.labels, candidate.derivation),
        labels=candidate.labels,
        derivation=candidate.derivation,
        expression=expression(candidate.labels, candidate.derivation, window.step_ms),
        entity=judged.entities[i].name,
        kind=candidate.kind,
        score=round(float(judged.scores[i]), 6),
        pattern=pattern,
        pattern_type=pattern.type,
        pattern_probability=round(float(shape.probabilities.max()), 4),
        taught=shape.taught,
        direction=_direction(moved, i),
        onset_ms=window.start_ms + int(moved.onset[i]) * window.step_ms,
        baseline=float(moved.median[i]),
        peak=float(moved.peak[i]),
        evidence=_evidence(judged, i),
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


def _direction(moved: Movement, i: int) -> Direction:
    if moved.opposite[i] >= _BOTH_WAYS:
        return "both"
    return "up" if moved.peak[i] >= moved.median[i] else "down"


def _evidence(judged: Judged, i: int) -> list[Evidence]:
    measured = [
        Evidence(
            detector=detector.name,
            value=round(float(detection.score[i]), 4),
            threshold=detector.threshold,
            flagged=bool(detection.flagged[i]),
            text=detector.describe(detection, i),
        )
        for detector in DETECTORS
        for detection in [judged.detections[detector.name]]
    ]
    moved, scale = judged.moved, float(judged.scale[i])
    spreads = float(moved.distance[i]) / scale if scale > 0 else math.inf
    path = f"from {_short(moved.median[i])} to {_short(moved.peak[i])}"
    level = Evidence(
        detector="level",
        value=round(min(spreads, 1e6), 4),
        flagged=bool(judged.detections[DETECTORS[0].name].flagged[i]),
        text=f"{path}, {_short(spreads)} x its usual spread",
    )
    return [*measured, level]


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}" if abs(value) < 1e9 else f"{value:.3g}"
