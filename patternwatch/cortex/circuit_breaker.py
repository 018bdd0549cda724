"""Whether a way of asking a server is open: a circuit breaker for each way there is.

A gateway refuses one path, method or kind of query for as long as it is set up so, or once in passing while
it is restarted; its answer does not say which. So a way that is refused is left for a short while, for twice
as long each time that it is refused again, and tried anew after that: never given up for good.
Source: M. Nygard, "Release It!", 2nd edition, 2018, "Circuit Breaker".
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

FIRST_PAUSE_S = 15.0
LONGEST_PAUSE_S = 600.0


@dataclass(slots=True)
class CircuitBreaker:
    """One way of asking; refusals count only where another way was taken instead with success.

    clock  seconds, rising

    >>> now = [0.0]
    >>> breaker = CircuitBreaker(lambda: now[0])
    >>> breaker.refused(), breaker.is_open
    (15.0, True)
    >>> now[0] = 15.0
    >>> breaker.is_open, breaker.refused()
    (False, 30.0)
    """

    clock: Callable[[], float] = time.monotonic
    _pause_s: float = field(default=0.0, init=False)
    _until: float = field(default=0.0, init=False)

    @property
    def is_open(self) -> bool:
        """Whether this way is left for now."""
        return self._pause_s > 0.0 and self.clock() < self._until

    def refused(self, at_least_s: float = FIRST_PAUSE_S) -> float:
        """Leave this way for a while, of at least so many seconds; returns how many."""
        if not self.is_open:  # several requests may have been under way together: they are one refusal
            self._pause_s = min(max(2 * self._pause_s, at_least_s), LONGEST_PAUSE_S)
            self._until = self.clock() + self._pause_s
        return self._pause_s

    def worked(self) -> None:
        """Forget earlier refusals."""
        self._pause_s = 0.0
