"""Whether a report may say that all is well: not over what ended, has no samples or could not be judged."""

from patternwatch.analysis.lifecycle.judgement import SURE_ROWS, Lifecycle
from patternwatch.analysis.samples.newest_samples import NewestSamples
from patternwatch.analysis.verdict import clock, duration
from patternwatch.contracts.report import SeriesCounts
from patternwatch.contracts.series import Window
from patternwatch.contracts.skipped import NOTHING_LOST
from patternwatch.cortex.bisection import OVER_LIMIT

_MUCH = 0.2
"""Part of the series of which nothing can be said, from which on that comes first; judgement."""


def late_in_words(window: Window, newest: NewestSamples) -> str:
    """That samples of all series end before the window does, by more than they may be late; else empty.

    >>> window = Window(start_ms=0, split_ms=240_000, end_ms=299_000, step_ms=1000)
    >>> late_in_words(window, NewestSamples(299, False, 0, 0))
    ''
    """
    if not newest.is_late or window.rows - 1 - newest.row < SURE_ROWS:
        return ""
    last_ms = window.start_ms + newest.row * window.step_ms
    age = duration(window.end_ms - last_ms)
    return (
        f"No series has a sample after {clock(last_ms)}, {age} before the window's end: what they tell "
        "of ended, or the source is late"
    )


def gaps_in_words(counts: SeriesCounts, lifecycle: Lifecycle) -> str:
    """Why the report is no all-clear: much of what was selected could not be judged; empty where it was.

    >>> from patternwatch.analysis.lifecycle.judgement import EventSeries
    >>> nothing = Lifecycle([], EventSeries.none(300), 0, 0)
    >>> gaps_in_words(SeriesCounts(selected=12, analysed=2, flagged=0, skipped={"too short": 10}), nothing)
    '10 of 12 series could not be judged (10 too short)'
    """
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
