"""A clock for watchdogs that stands still while the process does."""

import time
from collections.abc import Callable


class AwakeClock:
    """Seconds that this process was awake: asked every few seconds, it counts a longer pause as one step.

    A process that was frozen as a whole (SIGSTOP, `docker pause`, a machine that was suspended) finds its
    records untaken and its group gone, and is about to take up both: nothing stalls.

    max_step_s  of one pause, so much is counted
    clock       seconds, monotonic

    >>> seconds = iter([0.0, 5.0, 605.0])
    >>> awake = AwakeClock(15.0, lambda: next(seconds))
    >>> awake(), awake()
    (5.0, 20.0)
    """

    def __init__(self, max_step_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_step_s = max_step_s
        self._clock = clock
        self._last = clock()
        self._awake_s = 0.0

    def __call__(self) -> float:
        """The seconds up to now."""
        now = self._clock()
        self._awake_s += min(now - self._last, self._max_step_s)
        self._last = now
        return self._awake_s
