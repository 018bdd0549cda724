"""How a time lies to the alert, in words."""

from patternwatch.analysis.verdict.words import duration
from patternwatch.contracts.requests import AnalysisRequest


def since_alert(request: AnalysisRequest, at_ms: int) -> str:
    """How far a time is from the alert's start, or from the time that was given; empty for a watch.

    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', 60_000_000, None, "", AnalysisSettings(), 60_000_000, "r1"
    ... )
    >>> since_alert(request, 59_940_000), since_alert(request, 60_000_000)
    ('60 s before the given time', 'together with the given time')
    """
    if request.trigger == "watch":
        return ""
    named = "the alert" if request.alert else "the given time"
    at = request.alert.starts_at_ms if request.alert else request.window.split_ms
    apart = at_ms - at
    if abs(apart) < request.window.step_ms:
        return f"together with {named}"
    return f"{duration(abs(apart))} {'after' if apart > 0 else 'before'} {named}"
