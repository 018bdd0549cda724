"""Times, lengths of time and numbers in words."""

from collections.abc import Sequence
from datetime import UTC, datetime


def clock(at_ms: int) -> str:
    """The time of day.

    >>> clock(1_760_000_000_000)
    '08:53:20 UTC'
    """
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%H:%M:%S} UTC"


def duration(ms: int) -> str:
    """A length of time in its largest units.

    >>> duration(20_400), duration(240_000), duration(7_500_000)
    ('20 s', '4 min', '2 h 5 min')
    """
    seconds = round(ms / 1000)
    if seconds < 120:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def plural(noun: str) -> str:
    """A noun in the plural.

    >>> plural("service"), plural("entity")
    ('services', 'entities')
    """
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


def series_in_words(count: int) -> str:
    """A number of series.

    >>> series_in_words(1234)
    '1,234 series'
    """
    return f"{count:,} series"


def some_of(sayings: Sequence[str], most: int) -> str:
    """The first of several sayings, and how many more there are.

    >>> some_of(["a stopped", "b stopped", "c stopped"], 2)
    'a stopped; b stopped; and 1 more'
    """
    rest = len(sayings) - most
    return "; ".join([*sayings[:most], *([f"and {rest} more"] if rest > 0 else [])])
