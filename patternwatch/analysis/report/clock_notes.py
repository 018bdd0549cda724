"""What a report says of clocks that are apart: its window may end at another time than its trouble."""

from patternwatch.analysis.planning.alert_rules import duration
from patternwatch.contracts.requests import AnalysisRequest

TOLD_FROM_MS = 30_000
"""From here on windows lack rows that are there, or end in rows that are not yet."""


def worker_clock_notes(ahead_s: float) -> list[str]:
    """What is wrong with the clock of a worker that has a part in a report; nothing where it is right.

    ahead_s  how far the source's clock is ahead of the worker's, in s; 0 where both agree

    >>> worker_clock_notes(300.0)[0][:60]
    "A worker's clock is 5 min behind the source's: what it takes"
    >>> worker_clock_notes(0.0)
    []
    """
    if not ahead_s:
        return []
    apart = f"{duration(round(abs(ahead_s) * 1000))} {'behind' if ahead_s > 0 else 'ahead of'} the source's"
    told = (
        f"A worker's clock is {apart}: what it takes for now is another time than that of the newest samples"
    )
    return [f"{told}. Run NTP on both."]


def request_clock_notes(request: AnalysisRequest, now_ms: float) -> list[str]:
    """What is wrong with the clock of whoever asked, as far as it shows: requests come from the past.

    now_ms  the present by the source's clock where it tells one, in ms since 1970

    >>> from patternwatch.contracts.series import Window
    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="manual", title="t", matchers=(),
    ...     requested_at_ms=400_000,
    ...     window=Window(start_ms=0, split_ms=290_000, end_ms=399_000, step_ms=1000),
    ... )
    >>> request_clock_notes(request, 390_000.0)
    []
    >>> request_clock_notes(request, 100_000.0)[0][:57]
    'The clock by which this was asked for is 5 min ahead: its'
    """
    ahead_ms = request.requested_at_ms - now_ms
    if ahead_ms < TOLD_FROM_MS:
        return []
    told = f"The clock by which this was asked for is {duration(round(ahead_ms))} ahead"
    return [
        f"{told}: its window may end after the newest samples. Run NTP where the API and the workers run."
    ]
