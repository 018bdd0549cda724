"""The verdict: one sentence that says what began where and when."""

from collections.abc import Sequence

from patternwatch.analysis.verdict.cause import cause_parts
from patternwatch.analysis.verdict.extent import extent, left_out, quiet
from patternwatch.analysis.verdict.happened import change_in_words, metric_in_words
from patternwatch.analysis.verdict.parts import merged_parts, text_part
from patternwatch.analysis.verdict.words import clock, duration
from patternwatch.contracts.messages import AnalysisRequest
from patternwatch.contracts.report import EntityRank, Finding, SeriesCounts, VerdictPart


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
        return [text_part(f"Nothing could be judged: {left_out(counts)}.")]
    if not entities or not findings:
        return [text_part(quiet(counts))]
    lead = [f for f in findings if f.entity == entities[0].entity]
    what = f"{metric_in_words(lead[0])} {change_in_words(lead[0])}" if lead else "several metrics changed"
    how_much = f"; {extent(entities, changed)}."
    if onset_ms is None:
        return merged_parts([*cause_parts(entities), text_part(f" {what}{how_much}")])
    return merged_parts(
        [
            *cause_parts(entities),
            text_part(f" {what} at "),
            VerdictPart(kind="instant", text=clock(onset_ms), ms=onset_ms),
            text_part(_relative_to_alert(request, onset_ms) + how_much),
        ]
    )


def _relative_to_alert(request: AnalysisRequest, onset_ms: int) -> str:
    if request.trigger == "watch":
        return ""
    named = "the alert" if request.alert else "the given time"
    at_ms = request.alert.starts_at_ms if request.alert else request.window.split_ms
    apart = onset_ms - at_ms
    if abs(apart) < request.window.step_ms:
        return f", together with {named}"
    return f", {duration(abs(apart))} {'after' if apart > 0 else 'before'} {named}"
