"""A request whose window is longer than what the source holds: judged on what is there, and said so."""

from patternwatch.analysis.verdict import clock
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import MIN_BASELINE_ROWS

SPARE_ROWS = 4
"""Rows between the first sample and the window: a rate needs one before, targets are not scraped at the same
time, and a limit on how far back one may look moves on while shards wait."""


def within_history(request: AnalysisRequest, begins_ms: int) -> AnalysisRequest:
    """The request with its window cut to where the source's samples begin, and a note that tells it.

    begins_ms  the first sample of any of its series

    Where too little is left for a baseline, the window stays: its series are left out as too short. Nothing
    counts as new for having no sample before in either case.

    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', 60_000_000, None, "", AnalysisSettings(), 60_000_000, "r1"
    ... )
    >>> cut = within_history(request, 55_000_000)
    >>> request.window.rows, cut.window.rows, cut.window.end_ms == request.window.end_ms
    (300, 163, True)
    """
    window = request.window
    rows = -((window.start_ms - begins_ms) // window.step_ms) + SPARE_ROWS
    start_ms = window.start_ms + rows * window.step_ms
    note = (
        f"The source holds no sample of any of these series before {clock(begins_ms)}, though the window "
        f"begins at {clock(window.start_ms)}: max_query_lookback, retention, or a young source. "
    )
    if window.split_ms - start_ms < MIN_BASELINE_ROWS * window.step_ms:
        note += "That is little to compare with: fewer rows (analysis.rows) or a shorter step may help."
        return request.model_copy(update={"notes": [*request.notes, note]})
    note += f"Only what follows was judged, by {window.rows - rows} rows instead of {window.rows}."
    return request.model_copy(
        update={"window": window.model_copy(update={"start_ms": start_ms}), "notes": [*request.notes, note]}
    )
