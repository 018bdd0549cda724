"""Which onsets an early look tries: that of the look before, the alert's, and the likeliest new one.

Each row that is tried costs one evaluation of all candidates. Between two looks a few rows of samples come:
what began was nearly always proposed before. The last look tries all rows, so that a report that grew ends as
one made at once.
"""

from collections.abc import Mapping

from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import Window

MAX_NEW_ONSETS = 1
"""Rows that an early look tries beside the split and the onset of the look before; judgement."""


def is_again(request: AnalysisRequest) -> bool:
    """Whether this is a look between the first one and the last.

    >>> from patternwatch.contracts.series import Window
    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="manual", title="t", matchers=(),
    ...     requested_at_ms=2, growing=True, window=Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1),
    ... )
    >>> is_again(request), is_again(request.model_copy(update={"look": 1}))
    (False, True)
    """
    return request.growing and request.look > 0


def onset_before(request: AnalysisRequest, window: Window) -> int | None:
    """The row of the onset by the look before an early one; None where that is not in this window.

    window  as the request is judged: its split may lie before the request's

    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="manual", title="t", matchers=(),
    ...     requested_at_ms=299_500, growing=True, look=1, onset_ms=285_000,
    ...     window=Window(start_ms=0, split_ms=290_000, end_ms=299_000, step_ms=1000),
    ... )
    >>> onset_before(request, request.window)
    285
    >>> onset_before(request.model_copy(update={"growing": False}), request.window)  # the last look
    """
    if request.onset_ms is None or not is_again(request):
        return None
    row = (request.onset_ms - window.start_ms) // window.step_ms
    return row if 0 < row <= window.split_row else None


def tried_again(priors: Mapping[int, float], split: int, before: int | None) -> dict[int, float]:
    """The rows with their priors that an early look tries.

    priors  of all proposed rows, the split among them
    before  the row of the look before

    >>> tried_again({100: 0.9, 120: 0.2, 200: 1.2, 280: 0.8, 290: 1.1}, 290, 120)
    {120: 0.2, 200: 1.2, 290: 1.1}
    """
    kept = {split, before}
    others = sorted((row for row in priors if row not in kept), key=lambda row: (-priors[row], row))
    kept.update(others[:MAX_NEW_ONSETS])
    return {row: prior for row, prior in priors.items() if row in kept}
