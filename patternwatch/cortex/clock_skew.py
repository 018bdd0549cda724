"""How far the source's clock is from ours: windows end now by ours, and samples bear the source's time."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import structlog

log = structlog.get_logger()

TOLD_FROM_S = 30.0
"""From here on windows lack rows that are there, or end in rows that are not yet."""
EVERY_S = 600.0


def skew_s(date: str, here_s: float) -> float | None:
    """How far the clock that wrote this header `Date` is ahead of ours, in s; None where it tells no time.

    here_s  when it was written, by our clock, in s since 1970

    >>> skew_s("Tue, 14 Nov 2023 22:13:20 GMT", 1_700_000_000.5), skew_s("", 0.0)
    (0.0, None)
    """
    try:
        there = parsedate_to_datetime(date)
    except (ValueError, TypeError):
        return None
    there = there if there.tzinfo else there.replace(tzinfo=UTC)
    # The header is cut to whole seconds: half a second more is the likeliest.
    return (there - datetime.fromtimestamp(here_s, UTC)).total_seconds() + 0.5


class ClockWatch:
    """Knows how far the clocks are apart, and logs it now and then while they are.

    now_s  our clock, in s since 1970
    clock  seconds, monotonic
    """

    ahead_s: float = 0.0
    """How far the source's clock was ahead of ours at its last answer, in s; 0 where that changes nothing."""

    def __init__(
        self, url: str, now_s: Callable[[], float] = time.time, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = url
        self._now_s, self._clock = now_s, clock
        self._told_at: float | None = None

    def heard(self, headers: Mapping[str, str]) -> None:
        """The head of an answer has come just now."""
        apart_s = skew_s(headers.get("Date", ""), self._now_s())
        if apart_s is None or "Age" in headers:  # a cache tells old times
            return
        self.ahead_s = apart_s if abs(apart_s) >= TOLD_FROM_S else 0.0
        if not self.ahead_s:
            return
        now = self._clock()
        if self._told_at is not None and now - self._told_at < EVERY_S:
            return
        self._told_at = now
        log.warning(
            "source.clock_differs",
            source=self._url,
            ahead_s=round(apart_s),
            remedy="Run NTP on both: windows end now by our clock, and samples bear the source's time",
        )
