"""What a finding's series measures, and what it did, in words."""

import re

from patternwatch.analysis.metrics.categories import tells_a_state
from patternwatch.analysis.metrics.category_rules import OUTCOME_LABELS
from patternwatch.analysis.metrics.values_in_words import change_in_numbers, value_in_words
from patternwatch.analysis.verdict.words import clock
from patternwatch.contracts.findings import Finding
from patternwatch.contracts.patterns import Pattern
from patternwatch.contracts.series import AGE_UNITS, STATE_AGE, SUM

_VERBS = {
    Pattern.SUDDEN_INCREASE: "rose suddenly",
    Pattern.SUDDEN_DECREASE: "fell suddenly",
    Pattern.LEVEL_SHIFT_UP: "shifted up",
    Pattern.LEVEL_SHIFT_DOWN: "shifted down",
    Pattern.STEADY_INCREASE: "began to rise steadily",
    Pattern.STEADY_DECREASE: "began to fall steadily",
    Pattern.SINGLE_SPIKE: "spiked",
    Pattern.SINGLE_DIP: "dipped",
    Pattern.TRANSIENT_LEVEL_SHIFT_UP: "went up and came back",
    Pattern.TRANSIENT_LEVEL_SHIFT_DOWN: "went down and came back",
    Pattern.MULTIPLE_SPIKES: "spiked again and again",
    Pattern.MULTIPLE_DIPS: "dipped again and again",
    Pattern.FLUCTUATIONS: "began to fluctuate",
}
_DIRECTIONS = {"up": "rose", "down": "fell", "both": "became restless"}
_TIME_SUFFIX = re.compile(r"(_timestamp|_time)?(_seconds|_milliseconds|_ms)?$")
TOLD_LABELS = tuple(sorted({*OUTCOME_LABELS, "color", "mode", "phase", "state"}))
"""Labels without which a series says little: what it counts, or which of several states it tells."""
_DERIVED = {
    "rate": "rate",
    "count_rate": "rate",
    "mean": "mean",
    "p50": "median",
    "p99": "99th percentile",
    **dict.fromkeys(AGE_UNITS, "age"),
    STATE_AGE: "time in one state",
    SUM: "sum",
}


def metric_in_words(finding: Finding) -> str:
    """What the finding's series measures.

    >>> finding = Finding(
    ...     rank=1, series_id="s", name="rate(http_requests_total)", derivation="rate",
    ...     labels={"__name__": "http_requests_total", "code": "500"}, expression="", entity="cart",
    ...     category="error", score=5.0, pattern=Pattern.LEVEL_SHIFT_UP, pattern_type=1,
    ...     pattern_probability=0.9, direction="up", baseline=0.0, peak=4.0, evidence=[], points=[0.0, 4.0],
    ... )
    >>> metric_in_words(finding)
    'rate of http requests (code 500)'
    """
    name = finding.labels.get("__name__", finding.name)
    if finding.derivation in ("rate", "count_rate"):
        name = name.removesuffix("_total")
    if finding.derivation in AGE_UNITS:
        name = _TIME_SUFFIX.sub("", name)
    words = re.sub(r"[_:.]", " ", name).strip()
    derived = _DERIVED.get(finding.derivation)
    told = [f"{label} {finding.labels[label]}" for label in TOLD_LABELS if finding.labels.get(label)]
    return (f"{derived} of " if derived else "") + words + (f" ({', '.join(told)})" if told else "")


def change_in_words(finding: Finding) -> str:
    """What the series did, as a verb: by its pattern, else by its direction, or a shape of the tenant's own.

    >>> finding = Finding(
    ...     rank=1, series_id="s", name="rate(http_requests_total)", derivation="rate",
    ...     labels={"__name__": "http_requests_total", "code": "500"}, expression="", entity="cart",
    ...     category="error", score=5.0, pattern=Pattern.LEVEL_SHIFT_UP, pattern_type=1,
    ...     pattern_probability=0.9, direction="up", baseline=0.0, peak=4.0, evidence=[], points=[0.0, 4.0],
    ... )
    >>> change_in_words(finding)
    'shifted up'
    """
    if finding.is_life:
        return finding.event
    if _is_another_state(finding):
        return "changed"
    if finding.taught and finding.taught.name not in tuple(Pattern):
        return f"took the shape {finding.taught.name!r}"
    return _VERBS.get(finding.pattern) or _DIRECTIONS[finding.direction]


def span_in_words(finding: Finding) -> str:
    """From which value to which it went, with their unit, and of how much; no fall is told as a multiple.

    >>> finding = Finding(
    ...     rank=1, series_id="s", name="heap_bytes", labels={"__name__": "heap_bytes"}, expression="",
    ...     entity="cart", category="memory", score=5.0, pattern=Pattern.LEVEL_SHIFT_UP, pattern_type=1,
    ...     pattern_probability=0.9, direction="up", unit="bytes", baseline=2048.0, peak=8192.0,
    ...     evidence=[], points=[2048.0, 8192.0],
    ... )
    >>> span_in_words(finding)
    'from 2 KiB to 8 KiB (x 4)'
    >>> span_in_words(finding.model_copy(update={"limit": 8704.0}))
    'from 2 KiB to 8 KiB of 8.5 KiB (x 4)'
    """
    before = value_in_words(finding.baseline, finding.unit)
    if finding.is_life:
        return f"at {value_in_words(finding.peak, finding.unit)}"
    if finding.direction == "both" and finding.lowest is not None and finding.highest is not None:
        low, high = (value_in_words(value, finding.unit) for value in (finding.lowest, finding.highest))
        return f"from {before} to between {low} and {high}"
    change = "" if _is_another_state(finding) else change_in_numbers(finding.baseline, finding.peak)
    of = f" of {value_in_words(finding.limit, finding.unit)}" if finding.limit is not None else ""
    told = f"from {before} to {value_in_words(finding.peak, finding.unit)}{of}"
    return f"{told} ({change})" if change else told


def _is_another_state(finding: Finding) -> bool:
    """Whether it went from one state to another, each told as a number: neither is a part of the other."""
    states = finding.baseline, finding.peak
    return tells_a_state(finding.labels.get("__name__", "")) and all(
        float(own).is_integer() for own in states
    )


def now_in_words(finding: Finding) -> str:
    """Where it is now, and since when it is back; empty in reports of earlier releases.

    >>> finding = Finding(
    ...     rank=1, series_id="s", name="heap_bytes", labels={"__name__": "heap_bytes"}, expression="",
    ...     entity="cart", category="memory", score=5.0, pattern=Pattern.SINGLE_SPIKE, pattern_type=2,
    ...     pattern_probability=0.9, direction="up", unit="bytes", baseline=2048.0, peak=8192.0, now=2050.0,
    ...     recovered_ms=1_760_000_000_000, evidence=[], points=[2048.0, 8192.0, 2050.0],
    ... )
    >>> now_in_words(finding)
    'back at 2 KiB since 08:53:20 UTC'
    """
    if finding.now is None:
        return ""
    now = value_in_words(finding.now, finding.unit)
    if finding.recovered_ms is None:
        return f"{now} now"
    return f"back at {now} since {clock(finding.recovered_ms)}"


def course_in_words(finding: Finding) -> str:
    """From which value to which it went, and where it is now.

    >>> finding = Finding(
    ...     rank=1, series_id="s", name="up", labels={"__name__": "up"}, expression="up", entity="cart",
    ...     category="health", score=5.0, pattern="level_shift_down", pattern_type=1, evidence=[],
    ...     pattern_probability=0.9, direction="down", baseline=1.0, peak=0.0, now=0.0, points=[1.0, 0.0],
    ... )
    >>> course_in_words(finding)
    'from 1 to 0 (-100 %), 0 now'
    """
    return ", ".join(part for part in (span_in_words(finding), now_in_words(finding)) if part)
