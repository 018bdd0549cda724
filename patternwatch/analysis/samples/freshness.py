"""How new the samples of a window are: which series have some since the trouble began, how late they come."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from patternwatch.analysis.samples.usable_series import LATE_ROWS
from patternwatch.contracts.requests import AnalysisRequest

_NEARLY_ALL = 0.9
"""Share of the series that a time must suit."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far the samples of a look reach.

    alive    series that have not ended
    covered  those that have a sample since the trouble began, or in the step that it began in
    late_ms  so late at most is the newest sample of nearly all of them, in whole rows
    """

    alive: int
    covered: int
    late_ms: int

    @property
    def suffices(self) -> bool:
        """Whether nearly all series have a sample since the trouble began."""
        return self.covered >= _NEARLY_ALL * self.alive


def freshness_of(request: AnalysisRequest, newest: Iterable[list[int]]) -> Freshness:
    """The freshness of all shards of a request together.

    newest  of each shard, by row of the window: how many series have their newest sample there

    >>> from patternwatch.contracts.series import Window
    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="manual", title="t", matchers=(),
    ...     requested_at_ms=299_000,
    ...     window=Window(start_ms=0, split_ms=296_000, end_ms=299_000, step_ms=1000),
    ... )
    >>> freshness_of(request, [[0] * 295 + [2, 0, 0, 3, 5]])
    Freshness(alive=10, covered=8, late_ms=4000)
    """
    window = request.window
    counts = [sum(column) for column in zip_longest(*(by_row[::-1] for by_row in newest), fillvalue=0)]
    counts = counts[:LATE_ROWS]
    since = max((window.end_ms - first_row_ms(request)) // window.step_ms + 1, 0)
    alive = sum(counts)
    late = int(np.searchsorted(np.cumsum(counts), _NEARLY_ALL * alive)) if alive else 0
    return Freshness(alive, sum(counts[:since]), late * window.step_ms)


def began_ms(request: AnalysisRequest) -> int:
    """When the current part begins: the alert's start or the given time, which a window may not hold yet.

    >>> from patternwatch.contracts.series import Window
    >>> began_ms(AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="manual", title="t", matchers=(),
    ...     requested_at_ms=2,
    ...     window=Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1),
    ... ))
    1
    """
    if request.alert is None:
        return request.window.split_ms
    return min(request.alert.starts_at_ms, request.requested_at_ms)


def first_row_ms(request: AnalysisRequest) -> int:
    """The row of the step in which the current part begins.

    >>> from patternwatch.contracts.series import Window
    >>> first_row_ms(AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="manual", title="t", matchers=(), requested_at_ms=2,
    ...     window=Window(start_ms=0, split_ms=1500, end_ms=2000, step_ms=1000),
    ... ))
    2000
    """
    began = began_ms(request)
    return began + -began % request.window.step_ms
