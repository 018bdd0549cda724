"""What a look that came too early may say: not that all is well, but what is missing and until when."""

from patternwatch.analysis.samples.freshness import Freshness, began_ms
from patternwatch.analysis.verdict import clock, duration
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.verdicts import VerdictPart


def too_early(request: AnalysisRequest, fresh: Freshness) -> str:
    """What is missing of the samples since the trouble began, without a full stop; empty if nothing is.

    >>> from patternwatch.contracts.series import Window
    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="manual", title="t", matchers=(),
    ...     requested_at_ms=299_000,
    ...     window=Window(start_ms=0, split_ms=299_000, end_ms=299_000, step_ms=1000),
    ... )
    >>> too_early(request, Freshness(alive=40, covered=0, late_ms=0))
    'No series has a sample since the given time yet (in steps of 1 s)'
    >>> too_early(request, Freshness(alive=40, covered=12, late_ms=0))
    'Only 12 of 40 series have a sample since the given time yet (in steps of 1 s)'
    """
    if request.trigger == "watch" or fresh.suffices:
        return ""
    named = "the alert" if request.alert else "the given time"
    since = f"a sample since {named} yet (in steps of {duration(request.window.step_ms)})"
    if not fresh.covered:
        return f"No series has {since}"
    return f"Only {fresh.covered:,} of {fresh.alive:,} series have {since}"


def waiting_parts(
    request: AnalysisRequest, fresh: Freshness, next_ms: int | None
) -> list[VerdictPart] | None:
    """The verdict of a look that found nothing and came too early; None where the usual one is due.

    next_ms  when the next look is, None after the last one

    >>> from patternwatch.contracts.series import Window
    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="manual", title="t", matchers=(),
    ...     requested_at_ms=299_000,
    ...     window=Window(start_ms=0, split_ms=299_000, end_ms=299_000, step_ms=1000),
    ... )
    >>> parts = waiting_parts(request, Freshness(alive=40, covered=0, late_ms=0), 304_000)
    >>> "".join(part.text for part in parts)
    'No series has a sample since the given time yet (in steps of 1 s); the next look is at 00:05:04 UTC.'
    """
    missing = too_early(request, fresh)
    if next_ms is None:
        if request.alert is None or fresh.covered or not missing:
            return None
        return [VerdictPart(text=f"{missing.replace(' yet', '')}: nothing can be said of the time since.")]
    began = missing or f"Nothing stands out so far, {_rows(request)} into the trouble"
    at = VerdictPart(kind="instant", text=clock(next_ms), ms=next_ms)
    return [VerdictPart(text=f"{began}; the next look is at "), at, VerdictPart(text=".")]


def early_note(request: AnalysisRequest, fresh: Freshness, next_ms: int | None) -> str:
    """The note on findings of a look that came too early; empty where it did not.

    >>> from patternwatch.contracts.series import Window
    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="manual", title="t", matchers=(),
    ...     requested_at_ms=299_000,
    ...     window=Window(start_ms=0, split_ms=299_000, end_ms=299_000, step_ms=1000),
    ... )
    >>> early_note(request, Freshness(alive=40, covered=40, late_ms=0), 304_000)
    ''
    >>> early_note(request, Freshness(alive=40, covered=0, late_ms=0), 304_000)
    'No series has a sample since the given time yet (in steps of 1 s); the next look is at 00:05:04 UTC.'
    """
    missing = too_early(request, fresh) if next_ms is not None else ""
    return f"{missing}; the next look is at {clock(next_ms)}." if missing and next_ms is not None else ""


def _rows(request: AnalysisRequest) -> str:
    rows = max((request.window.end_ms - began_ms(request)) // request.window.step_ms, 0)
    return "1 row" if rows == 1 else f"{rows} rows"
