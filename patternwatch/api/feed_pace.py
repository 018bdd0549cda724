"""How soon the feed carries what comes: at once, but in a storm some records at a time."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

STORM_PER_S = 100
"""Records a second from which on they wait for each other. An analysis of 10,000 series has some thirty."""
PAUSE_S = 0.1
"""Each transaction costs some milliseconds of CPU, whatever it holds: ten a second take a twentieth of a
core, where a feed that carries each handful at once takes a whole one from the requests."""


@dataclass(slots=True)
class FeedPace:
    """Counts the records of the last second.

    clock  seconds, monotonic

    >>> pace = FeedPace(clock=lambda: 7.0)
    >>> pace.pause_s(30), pace.pause_s(100)
    (0.0, 0.1)
    """

    clock: Callable[[], float]
    _carried: deque[tuple[float, int]] = field(default_factory=deque)

    def pause_s(self, records: int) -> float:
        """How long to wait for more, in seconds, after so many records were carried."""
        now = self.clock()
        self._carried.append((now, records))
        while self._carried[0][0] < now - 1.0:
            self._carried.popleft()
        return PAUSE_S if sum(of for _, of in self._carried) > STORM_PER_S else 0.0
