"""From which row on a trouble may have begun that a watch saw: it looks at every row, and is not late.

An alert comes minutes after the fault, or an hour, so its onset is searched in all of the window. A watch
needs three ticks for a step and a dozen for a slow rise, less than a current part; what moved long before
was another matter, however much moved then.
"""

from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import CURRENT_ROWS


def first_watched_row(request: AnalysisRequest | None, split: int) -> int:
    """The first row at which the trouble of a request may have begun; 0 where no watch saw it.

    split  row of the watch's first evidence

    >>> from patternwatch.contracts.episodes import EpisodeSpan
    >>> from patternwatch.contracts.series import Window
    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="watch", title="t", matchers=(), requested_at_ms=2,
    ...     window=Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1),
    ... )
    >>> seen = request.model_copy(update={"episode": EpisodeSpan(entity="cart", since_ms=1)})
    >>> first_watched_row(request, 290), first_watched_row(seen, 290)
    (0, 230)
    """
    return 0 if request is None or request.episode is None else max(0, split - CURRENT_ROWS)
