"""When a report is looked at again, and at which window.

A first look right after an alert shows a row or two of the trouble. The report is made again once 5 rows
follow the alert's start, then with a quarter, half and the whole of the current part. All of these are
reckoned from the samples that are there: a store that is two minutes behind is asked two minutes later.
"""

from patternwatch.analysis.samples.freshness import Freshness, began_ms, first_row_ms
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import CURRENT_ROWS, Window

LOOK_ROWS = (5, CURRENT_ROWS // 4, CURRENT_ROWS // 2, CURRENT_ROWS)
"""Rows of the current part at which a report is looked at again."""

MAX_WAITING_LOOKS = 2
"""Looks after which an alert's samples are no longer waited for by themselves: the usual looks follow."""
SETTLE_MS = 5_000
"""From the end of a row until its samples are there: a scrape and its write take a moment."""


def grows(request: AnalysisRequest) -> bool:
    """Whether a request was made during the trouble: its window ends now, before the current part is whole.

    A trouble that is over has been had: a resolved alert's, a quiet watch's.

    >>> from patternwatch.contracts.series import Window
    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="manual", title="t", matchers=(),
    ...     requested_at_ms=299_500,
    ...     window=Window(start_ms=0, split_ms=290_000, end_ms=299_000, step_ms=1000),
    ... )
    >>> grows(request), grows(request.model_copy(update={"requested_at_ms": 3_600_000}))
    (True, False)
    """
    if request.has_ended:
        return False
    window = request.window
    asked_now = request.requested_at_ms - window.end_ms < 2 * window.step_ms
    return asked_now and _last_row_ms(request) > window.end_ms


def asked_again(
    request: AnalysisRequest, look: int, revision: int, now_ms: int, onset_ms: int | None = None
) -> AnalysisRequest:
    """The same request for another look: of a growing one with a window up to now.

    look      its number
    revision  the highest that was published
    onset_ms  when it says that the trouble began

    >>> from patternwatch.contracts.series import Window
    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="manual", title="t", matchers=(),
    ...     requested_at_ms=299_500,
    ...     window=Window(start_ms=0, split_ms=290_000, end_ms=299_000, step_ms=1000), growing=True,
    ... )
    >>> later = asked_again(request, 1, 4, 306_400)
    >>> later.window.end_ms, later.window.split_ms, later.growing, later.revision
    (306000, 290000, True, 4)
    >>> last = asked_again(request, 2, 8, 3_600_000)
    >>> last.window.end_ms, last.growing
    (350000, False)
    """
    changes: dict[str, object] = {
        "look": look,
        "asked_ms": now_ms,
        "revision": max(revision, 0),
        "onset_ms": onset_ms,
    }
    if request.growing:
        end_ms = max(min(now_ms, _whole_ms(request)), request.window.end_ms)
        later = Window.ending(end_ms, began_ms(request), request.window.step_ms, rows=request.window.rows)
        request = request.model_copy(update={"window": later})
        changes["growing"] = not request.has_ended and _last_row_ms(request) > later.end_ms
    return request.model_copy(update=changes)


def next_look_ms(request: AnalysisRequest, fresh: Freshness) -> int | None:
    """When to look again after a look at this window; None after the last one.

    A first look before nearly every series has a sample since the alert is followed by one as soon as they
    should have: the usual reason is a scrape interval longer than the alert is old.

    >>> from patternwatch.contracts.series import Window
    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="manual", title="t", matchers=(),
    ...     requested_at_ms=299_500,
    ...     window=Window(start_ms=0, split_ms=298_000, end_ms=299_000, step_ms=1000), growing=True,
    ... )
    >>> next_look_ms(request, Freshness(alive=10, covered=10, late_ms=0))
    308000
    >>> next_look_ms(request, Freshness(alive=10, covered=5, late_ms=2000))
    305000
    """
    if not request.growing:
        return None
    step, end_ms, began = request.window.step_ms, request.window.end_ms, began_ms(request)
    known = (end_ms - fresh.late_ms - began) // step
    if request.look < MAX_WAITING_LOOKS and fresh.late_ms and not fresh.suffices:
        return max(first_row_ms(request) + fresh.late_ms, end_ms + step) + SETTLE_MS
    rows = next((r for r in LOOK_ROWS if known < r - r // 4), 0)  # a quarter short of it counts as reached
    due_ms = began + rows * step + fresh.late_ms
    return max(due_ms + -due_ms % step, end_ms + step) + SETTLE_MS


def _whole_ms(request: AnalysisRequest) -> int:
    """When the current part is whole."""
    return began_ms(request) + CURRENT_ROWS * request.window.step_ms


def _last_row_ms(request: AnalysisRequest) -> int:
    """The last row of the window with a whole current part."""
    whole = _whole_ms(request)
    return whole - whole % request.window.step_ms
