"""Sources that are late: up to which row a request can be judged, and which series really ended.

A remote write queue, a lagging region or an exporter of cloud metrics delivers its samples minutes late. A
series that is late does not differ from one that ended; a source whose every series stops together does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.onset.earliest_row import earliest_row
from patternwatch.analysis.samples.usable_series import LATE_ROWS
from patternwatch.analysis.verdict import clock, duration
from patternwatch.contracts.series import Flags, Matrix, Window
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.detectors.edges import Edges

Counts = npt.NDArray[np.int64]

_NEARLY_ALL = 0.9
"""Part of the series that have to be late for the source to be so: more than die together."""
_MIN_CURRENT_ROWS = 5
"""Rows that count as current at least, where the split lies after the newest samples; judgement."""


@dataclass(frozen=True, slots=True)
class NewestSamples:
    """What the newest samples of a request's series say.

    row       up to which nearly all series have samples, a row of the window
    is_late   whether the source is late as a whole: `row` lies before the window's end
    vanished  series that ended before `row`, by more than their own gaps
    unjudged  series that are judged although they have no sample since the split yet
    """

    row: int
    is_late: bool
    vanished: int
    unjudged: int

    def judged(self, window: Window) -> Window:
        """The window with its split moved before the newest samples, where it lies after them."""
        if not self.is_late or window.split_row <= self.row:
            return window
        row = max(self.row - _MIN_CURRENT_ROWS + 1, earliest_row(window.rows, window.split_row))
        return window.model_copy(update={"split_ms": window.start_ms + row * window.step_ms})

    def notes(self, window: Window) -> list[str]:
        """Sentences for the report."""
        if self.is_late:
            newest_ms = window.start_ms + self.row * window.step_ms
            age = duration(window.end_ms - newest_ms)
            return [f"The newest samples are {age} old at the window's end; judged up to {clock(newest_ms)}."]
        if self.unjudged:
            since = clock(window.split_ms)
            return [
                f"{self.unjudged:,} series have no sample since {since} yet: judged up to their newest one."
            ]
        return []


def newest_and_due(values: Matrix, edges: Edges, counted: Flags) -> tuple[list[int], list[int]]:
    """By row, how many series have their newest point there; and from where on their absence would be news.

    values   shape (N, T); NaN is a gap
    edges    of the same series
    counted  which of them have a point wherever they were scraped, shape (N,)

    Both add up over shards. The second list has T + 1 numbers, the last of series that are not due.

    >>> from patternwatch.detectors.edges import edges_of
    >>> values = np.array([[1.0, 1, 1, 1, 1, 1], [1, 1, np.nan, np.nan, np.nan, np.nan]])
    >>> newest_and_due(values, edges_of(values), np.ones(2, bool))
    ([0, 1, 0, 0, 0, 1], [0, 0, 0, 0, 1, 0, 1])
    """
    rows = values.shape[1]
    there = counted & ~np.isnan(values).all(axis=1)
    newest = rows - 1 - edges.trailing[there]
    due = np.minimum(newest + edges.usual[there] + 1, rows)
    return np.bincount(newest, minlength=rows).tolist(), np.bincount(due, minlength=rows + 1).tolist()


def newest_samples(window: Window, results: Sequence[ShardResult]) -> NewestSamples:
    """What the newest samples of all shards say.

    window   the request's window
    results  successful results of its shards

    >>> window = Window(start_ms=0, split_ms=290_000, end_ms=299_000, step_ms=1000)
    >>> newest_samples(window, [])
    NewestSamples(row=299, is_late=False, vanished=0, unjudged=0)
    """
    told = [r for r in results if r.newest]
    if not told:
        return NewestSamples(window.rows - 1, False, sum(r.vanished for r in results), 0)
    newest = np.sum([np.array(r.newest, dtype=np.int64) for r in told], axis=0)
    due = np.sum([np.array(r.due, dtype=np.int64) for r in told], axis=0)
    row = _late_row(newest, int(due[-1]))
    is_late = row < window.rows - 1
    split = NewestSamples(row, is_late, 0, 0).judged(window).split_row
    recent = newest.copy()
    recent[: window.rows - LATE_ROWS] = 0
    vanished = int(due[: row + 1].sum()) if is_late else sum(r.vanished for r in results)
    return NewestSamples(row, is_late, vanished, int(recent[:split].sum()))


def _late_row(newest: Counts, on_time: int) -> int:
    """The row up to which nearly all series have samples, if nearly all are late; else the last row.

    on_time  series whose absence at the window's end is no news
    """
    recent = newest.copy()
    recent[: len(newest) - LATE_ROWS] = 0
    if not recent.any():  # all of it is older, and nothing else is there to compare with
        recent = newest
    series = int(recent.sum())
    if not series or on_time > (1.0 - _NEARLY_ALL) * series:
        return len(newest) - 1
    fresher = series - np.cumsum(recent)  # series with a sample after each row
    return int(np.argmax(fresher <= (1.0 - _NEARLY_ALL) * series))
