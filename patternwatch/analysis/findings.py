"""From judged candidates to findings: names, queries and evidence that a person can check."""

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.judging import Judged
from patternwatch.analysis.scoring import Movement
from patternwatch.contracts.patterns import PATTERNS
from patternwatch.contracts.report import Direction, Evidence, Finding
from patternwatch.contracts.series import Window
from patternwatch.detectors import DETECTORS, Detection

_BOTH_WAYS = 0.5
_QUANTILES = {"p50": "0.5", "p99": "0.99"}


def finding(
    judged: Judged,
    detections: Mapping[str, Detection],
    i: int,
    shape: npt.NDArray[np.float32],
    window: Window,
    rank: int,
) -> Finding:
    """The finding of candidate `i`.

    detections  what each detector says of all candidates, by its name
    shape       probabilities of shapes, shape (15,)
    """
    candidate, moved = judged.series.candidates[i], judged.moved
    pattern = PATTERNS[int(np.argmax(shape))]
    return Finding(
        rank=rank,
        series_id=judged.series.ids[i],
        name=display_name(candidate.labels, candidate.derivation),
        labels=candidate.labels,
        derivation=candidate.derivation,
        expression=expression(candidate.labels, candidate.derivation, window.step_ms),
        entity=judged.series.entities[i].name,
        kind=candidate.kind,
        score=round(float(judged.scores[i]), 6),
        why=_why(judged, i, window.step_ms),
        pattern=pattern,
        pattern_type=pattern.type,
        pattern_probability=round(float(shape.max()), 4),
        direction=_direction(moved, i),
        onset_ms=window.start_ms + int(moved.onset[i]) * window.step_ms,
        baseline=float(moved.median[i]),
        peak=float(moved.peak[i]),
        evidence=_evidence(judged, detections, i),
        points=candidate.values,
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


def _evidence(judged: Judged, detections: Mapping[str, Detection], i: int) -> list[Evidence]:
    measured = [
        Evidence(
            detector=detector.name,
            value=round(float(detection.score[i]), 4),
            threshold=detector.threshold,
            flagged=bool(detection.flagged[i]),
            text=detector.describe(detection, i),
        )
        for detector in DETECTORS
        for detection in [detections[detector.name]]
    ]
    moved, scale = judged.moved, float(judged.weighed.scale[i])
    spreads = float(moved.distance[i]) / scale if scale > 0 else math.inf
    path = f"from {_short(moved.median[i])} to {_short(moved.peak[i])}"
    level = Evidence(
        detector="level",
        value=round(min(spreads, 1e6), 4),
        flagged=bool(judged.change.flagged[i]),
        text=f"{path}, {_short(spreads)} x its usual spread",
    )
    return [*measured, level]


def _why(judged: Judged, i: int, step_ms: int) -> str:
    """The score as a product in words: its size, and every factor that changed it."""
    parts = judged.weighed
    late_s = (int(judged.moved.onset[i]) - judged.onset) * step_ms / 1000
    went = "rising" if judged.moved.peak[i] >= judged.moved.median[i] else "falling"
    factors = [f"size {parts.size[i]:.2f}"]
    for factor, reason in (
        (parts.early[i], f"{late_s:g} s after the onset"),
        (parts.kind[i], f"{judged.series.kinds[i]} {went}"),
        (parts.normal[i], "hardly beyond its past"),
        (parts.left[i], "a share of little traffic"),
    ):
        if factor < 0.995:
            factors.append(f"{factor:.2f} ({reason})")
    return f"{judged.scores[i]:.2f} = " + " x ".join(factors)


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}" if abs(value) < 1e9 else f"{value:.3g}"
