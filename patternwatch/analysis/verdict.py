"""The verdict: one sentence that says what began where and when."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from patternwatch.analysis.entities import UNLABELLED
from patternwatch.analysis.metric_categories import OUTCOME_LABELS
from patternwatch.contracts.messages import AnalysisRequest
from patternwatch.contracts.patterns import Pattern
from patternwatch.contracts.report import EntityRank, Finding, SeriesCounts, VerdictPart
from patternwatch.contracts.series import AGE_UNITS
from patternwatch.contracts.severity import CLEAR_SCORE

_CLOSE_SECOND = 0.87
"""Part of the first entity's score from which another one is named beside it; judgement, words only."""

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


def verdict(parts: Sequence[VerdictPart]) -> str:
    """The sentence that these parts make.

    >>> verdict([VerdictPart(kind="entity", text="cart"), VerdictPart(text=" is the likely cause.")])
    'cart is the likely cause.'
    """
    return "".join(part.text for part in parts)


def verdict_parts(
    request: AnalysisRequest,
    counts: SeriesCounts,
    entities: Sequence[EntityRank],
    findings: Sequence[Finding],
    onset_ms: int | None,
    changed: int,
) -> list[VerdictPart]:
    """What an operator should read first, in pieces.

    counts    what became of the request's series
    entities  the likeliest cause first
    findings  those that the report shows, strongest first
    onset_ms  where the trouble began, None where nothing was found
    changed   number of abnormal series, shown or not

    >>> from patternwatch.analysis.requests import request_for_selector
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', 60_000_000, None, "", AnalysisSettings(), 60_000_000, "r1"
    ... )
    >>> counts = SeriesCounts(selected=40, analysed=40, flagged=0)
    >>> verdict(verdict_parts(request, counts, [], [], None, 0))
    'Nothing abnormal found: none of 40 series moved beyond its own past.'
    """
    if not counts.analysed:
        return [_text(f"Nothing could be judged: {_left_out(counts)}.")]
    if not entities or not findings:
        return [_text(_quiet(counts))]
    lead = [f for f in findings if f.entity == entities[0].entity]
    what = f"{metric_in_words(lead[0])} {change_in_words(lead[0])}" if lead else "several metrics changed"
    extent = f"; {_extent(entities, changed)}."
    if onset_ms is None:
        return _merged([*_who(entities), _text(f" {what}{extent}")])
    return _merged(
        [
            *_who(entities),
            _text(f" {what} at "),
            VerdictPart(kind="instant", text=clock(onset_ms), ms=onset_ms),
            _text(_relative(request, onset_ms) + extent),
        ]
    )


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


def clock(at_ms: int) -> str:
    """The time of day.

    >>> clock(1_760_000_000_000)
    '08:53:20 UTC'
    """
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%H:%M:%S} UTC"


def duration(ms: int) -> str:
    """A length of time in its largest units.

    >>> duration(20_400), duration(240_000), duration(7_500_000)
    ('20 s', '4 min', '2 h 5 min')
    """
    seconds = round(ms / 1000)
    if seconds < 120:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def _quiet(counts: SeriesCounts) -> str:
    if not counts.flagged:
        return f"Nothing abnormal found: none of {_series(counts.analysed)} moved beyond its own past."
    return (
        f"Nothing stands out: {counts.flagged:,} of {_series(counts.analysed)} moved beyond their own past, "
        "none in a way that points at a cause."
    )


def _who(entities: Sequence[EntityRank]) -> list[VerdictPart]:
    """The likely cause, and whether another one is about as likely; ends with a colon or a comma."""
    if entities[0].entity == UNLABELLED:
        return [_text("Something without an entity label is the likely cause:")]
    first = _entity(entities[0])
    if entities[0].score < CLEAR_SCORE:
        return [_text("Nothing stands out clearly; "), first, _text(" moved most:")]
    close = [_entity(e) for e in entities[1:4] if e.score >= _CLOSE_SECOND * entities[0].score and e.label]
    if not close:
        return [first, _text(" is the likely cause:")]
    if len(close) == 1:
        return [
            first,
            _text(" is the likely cause, "),
            *close,
            _text(" a close second: in "),
            first,
            _text(","),
        ]
    middle = [part for other in close[:-1] for part in (_text(", "), other)]
    close_call = [_text("Not clear-cut between "), first, *middle, _text(" and "), close[-1]]
    return [*close_call, _text(": in "), first, _text(",")]


def _text(text: str) -> VerdictPart:
    return VerdictPart(text=text)


def _entity(ranked: EntityRank) -> VerdictPart:
    return VerdictPart(kind="entity", text=ranked.entity)


def _merged(parts: Sequence[VerdictPart]) -> list[VerdictPart]:
    """The same parts with adjacent texts as one."""
    merged: list[VerdictPart] = []
    for part in parts:
        if merged and merged[-1].kind == part.kind == "text":
            merged[-1] = _text(merged[-1].text + part.text)
        else:
            merged.append(part)
    return merged


def _relative(request: AnalysisRequest, onset_ms: int) -> str:
    if request.trigger == "watch":
        return ""
    named = "the alert" if request.alert else "the given time"
    at_ms = request.alert.starts_at_ms if request.alert else request.window.split_ms
    apart = onset_ms - at_ms
    if abs(apart) < request.window.step_ms:
        return f", together with {named}"
    return f", {duration(abs(apart))} {'after' if apart > 0 else 'before'} {named}"


def _extent(entities: Sequence[EntityRank], changed: int) -> str:
    labels = {e.label for e in entities}
    noun = labels.pop() if len(labels) == 1 else "entity"
    if len(entities) == 1:
        return f"{_series(changed)} of it changed"
    return f"{_series(changed)} of {len(entities)} {_plural(noun or 'entity')} changed"


def _plural(noun: str) -> str:
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


def _series(count: int) -> str:
    return f"{count:,} series"


def _left_out(counts: SeriesCounts) -> str:
    if not counts.selected:
        return "no series match"
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(counts.skipped.items()))
    return f"all {_series(counts.selected)} were left out ({reasons})"
