"""What a worker says of itself: whether its event loop turns, and whether it can work now.

It is written by the event loop and read by the thread that serves /health, so an answer never waits for
what it tells of.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

BEAT_S = 0.5
DEAD_AFTER_S = 15.0
"""A loop that has not turned for so long is not live: Kafka's group gives such a worker up, too."""
CHECKS = {
    "brokers": "Kafka has not been asked yet",
    "sending": "Nothing has been sent to Kafka yet",
    "partitions": "It waits for its part of the partitions",
    "warm-up": "It compiles what an analysis needs",
}
"""What a worker must have to be ready, and what it says until then."""


class WorkerHealth:
    """Beats and checks of one worker. Times are seconds, monotonic.

    >>> health = WorkerHealth()
    >>> for check in ("brokers", "sending", "partitions"):
    ...     health.tell(check)
    >>> health.reasons()
    {'brokers': '', 'sending': '', 'partitions': '', 'warm-up': 'It compiles what an analysis needs'}
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._reasons = dict(CHECKS)
        self._beat_at = clock()
        self.beats = 0
        """How often the event loop has turned."""

    async def beat(self, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        """Beat for ever, on the event loop."""
        while True:
            self.beats += 1
            self._beat_at = self._clock()
            await sleep(BEAT_S)

    def tell(self, check: str, reason: str = "") -> None:
        """From now on this check is well; or it is not, for this reason."""
        self._reasons[check] = reason

    def why_dead(self) -> str:
        """Why it is not live; empty where it is."""
        silent_s = self._clock() - self._beat_at
        return f"Its event loop has not turned for {silent_s:.0f} s" if silent_s > DEAD_AFTER_S else ""

    def reasons(self) -> dict[str, str]:
        """By check, why it cannot work now; empty for what is well."""
        return dict(self._reasons)
