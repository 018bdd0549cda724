"""Whether a report may say that all is well: not over what ended, has no samples or could not be judged."""

from patternwatch.analysis.lifecycle.judgement import SURE_ROWS, Lifecycle
from patternwatch.analysis.newest_samples import NewestSamples
from patternwatch.analysis.verdict import clock, duration
from patternwatch.contracts.report import SeriesCounts
from patternwatch.contracts.series import Window
from patternwatch.contracts.skipped import NOTHING_LOST
from patternwatch.cortex.bisection import OVER_LIMIT

_MUCH = 0.2
"""Part of the series of which nothing can be said, from which on that comes first; judgement."""


def gaps_in_words(window: Window, counts: SeriesCounts, lifecycle: Lifecycle, newest: NewestSamples) -> str:
    """Why the report is no all-clear: much of what was selected could not be judged; empty where it was.

    >>> from patternwatch.analysis.lifecycle.judgement import EventSeries
    >>> window = Window(start_ms=0, split_ms=240_000, end_ms=299_000, step_ms=1000)
    >>> nothing = Lifecycle([], EventSeries.none(300), 0, 0)
    >>> gaps_in_words(
    ...     window, SeriesCounts(selected=12, analysed=2, flagged=0, skipped={"too short": 10}), nothing,
    ...     NewestSamples(299, False, 0, 0),
    ... )
    '10 of 12 series could not be judged (10 too short)'
    """
    if newest.is_late and window.rows - 1 - newest.row >= SURE_ROWS:
        last_ms = window.start_ms + newest.row * window.step_ms
        age = duration(window.end_ms - last_ms)
        return (
            f"No series has a sample after {clock(last_ms)}, {age} before the window's end: what they tell "
            "of ended, or the source is late"
        )
    if refused := counts.skipped.get(OVER_LIMIT):
        return f"{refused:,} of {counts.selected:,} series were not read ({OVER_LIMIT})"
    skipped = {why: n for why, n in counts.skipped.items() if why not in NOTHING_LOST and n}
    unjudged = max(sum(skipped.values()) - lifecycle.excused, 0)
    judgeable = counts.selected - sum(n for why, n in counts.skipped.items() if why in NOTHING_LOST)
    if lifecycle.lost and lifecycle.lost >= _MUCH * max(judgeable, lifecycle.lost):
        return f"{lifecycle.lost:,} of {counts.selected:,} series ended inside the window"
    if unjudged and unjudged >= _MUCH * judgeable:
        reasons = ", ".join(f"{n:,} {why}" for why, n in sorted(skipped.items(), key=lambda s: (-s[1], s[0])))
        return f"{sum(skipped.values()):,} of {counts.selected:,} series could not be judged ({reasons})"
    return ""
