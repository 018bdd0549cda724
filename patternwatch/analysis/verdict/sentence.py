"""The verdict: one sentence that says what began where and when."""

import re
from collections.abc import Sequence

from patternwatch.analysis.verdict.cause import cause_parts
from patternwatch.analysis.verdict.extent import changed_series, left_out, quiet
from patternwatch.analysis.verdict.fields import Judged
from patternwatch.analysis.verdict.happened import change_in_words, metric_in_words, span_in_words
from patternwatch.analysis.verdict.part import where_in_words
from patternwatch.analysis.verdict.parts import instant_part, merged_parts, text_part
from patternwatch.analysis.verdict.when import since_alert
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.verdicts import VerdictPart

_BREAKS = re.compile(r"\s*[\x00-\x1f\x7f\x85\u2028\u2029]\s*")
"""Line breaks and other control characters."""


def verdict(parts: Sequence[VerdictPart]) -> str:
    """The sentence that these parts make, on one line: names may hold anything.

    >>> verdict([VerdictPart(kind="entity", text="cart"), VerdictPart(text=" is the likely cause.")])
    'cart is the likely cause.'
    """
    return _BREAKS.sub(" ", "".join(part.text for part in parts))


def verdict_parts(request: AnalysisRequest, judged: Judged) -> list[VerdictPart]:
    """What an operator should read first, in pieces.

    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> from patternwatch.contracts.report import SeriesCounts
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', 60_000_000, None, "", AnalysisSettings(), 60_000_000, "r1"
    ... )
    >>> counts = SeriesCounts(selected=40, analysed=40, flagged=0)
    >>> verdict(verdict_parts(request, Judged(counts)))
    'Nothing abnormal found: none of 40 series moved beyond its own past.'
    """
    if not judged.counts.analysed:
        return [text_part(f"Nothing could be judged: {left_out(judged.counts)}.")]
    if not judged.entities or not judged.findings:
        return [text_part(quiet(judged.counts))]
    lead = judged.lead(judged.entities[0])
    what = "several metrics changed"
    if lead is not None:
        what = f"{metric_in_words(lead)} {change_in_words(lead)} {span_in_words(lead)}"
    what += where_in_words(judged.entities[0], lead)
    sure = judged.confidence
    named = cause_parts(judged.entities, sure.how_sure, is_felt=sure.is_felt, is_clear=sure.is_clear)
    parts = [*named, text_part(f" {what}")]
    if judged.began_ms is not None:
        relative = since_alert(request, judged.began_ms)
        parts += [text_part(" at "), instant_part(judged.began_ms)]
        parts += [text_part(f", {relative}")] if relative else []
    extent = changed_series(judged.entities, judged.counts, judged.changed)
    return merged_parts([*parts, text_part(f"; {extent}.")])
