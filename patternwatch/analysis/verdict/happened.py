"""What a finding's series measures, and what it did, in words."""

import re

from patternwatch.analysis.metric_categories import OUTCOME_LABELS
from patternwatch.contracts.patterns import Pattern
from patternwatch.contracts.report import Finding
from patternwatch.contracts.series import AGE_UNITS

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
_DERIVED = {
    "rate": "rate",
    "count_rate": "rate",
    "mean": "mean",
    "p50": "median",
    "p99": "99th percentile",
    **dict.fromkeys(AGE_UNITS, "age"),
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
    told = [f"{label} {finding.labels[label]}" for label in OUTCOME_LABELS if finding.labels.get(label)]
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
    if finding.taught and finding.taught.name not in tuple(Pattern):
        return f"took the shape {finding.taught.name!r}"
    return _VERBS.get(finding.pattern) or _DIRECTIONS[finding.direction]
