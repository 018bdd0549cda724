"""The membership watchdog: a worker that is dealt no partitions any more ends, so that a new one joins.

A group that is being dealt anew waits for its slowest member, seconds mostly. A member that the group forgot
in the middle of it waits for ever, with no lag to show: it owns nothing.
"""

import time
from collections.abc import Callable

from patternwatch.streams.consumer.watchdog import StalledError


class Membership:
    """Since when this worker waits for its part of the partitions; none at all is a part, too."""

    def __init__(self, timeout_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._timeout_s = timeout_s
        self._clock = clock
        self._waits_since: float | None = clock()

    def revoked(self) -> None:
        """The group is being dealt anew."""
        if self._waits_since is None:
            self._waits_since = self._clock()

    def assigned(self) -> None:
        """It has got its part."""
        self._waits_since = None

    def check(self, *, brokers_answer: bool) -> None:
        """Raise StalledError where it has waited too long of brokers that answer."""
        if self._waits_since is None:
            return
        if not brokers_answer:
            self._waits_since = self._clock()
            return
        waited_s = self._clock() - self._waits_since
        if waited_s > self._timeout_s:
            raise StalledError(
                f"Kafka answers, but its group has dealt this worker no partitions for {waited_s:.0f} s: "
                "its membership is lost, or refused for its session_timeout_s (`patternwatch doctor`)"
            )
