"""How soon a process is started again that has ended by itself."""

from dataclasses import dataclass

MIN_PAUSE_S, MAX_PAUSE_S = 1.0, 30.0
STEADY_S = 60.0
"""One that has run so long did not die of its start: the pause before the next one is short again."""


@dataclass(slots=True)
class RestartPace:
    """The pauses before one process is started again: each twice the one before while it dies at once.

    >>> pace = RestartPace()
    >>> pace.started(0.0)
    >>> pace.ended(5.0), pace.ended(6.0), pace.is_due(7.9), pace.is_due(8.0)
    (1.0, 2.0, False, True)
    >>> pace.ended(STEADY_S)
    1.0
    """

    pause_s: float = MIN_PAUSE_S
    started_at: float = 0.0
    start_at: float = 0.0

    def started(self, now_s: float) -> None:
        """It was started just now."""
        self.started_at = now_s

    def ended(self, now_s: float) -> float:
        """It was found to have ended: how many seconds to wait."""
        pause_s = MIN_PAUSE_S if now_s - self.started_at >= STEADY_S else self.pause_s
        self.pause_s = min(pause_s * 2, MAX_PAUSE_S)
        self.start_at = now_s + pause_s
        return pause_s

    def is_due(self, now_s: float) -> bool:
        """Whether the pause since it ended is over."""
        return now_s >= self.start_at
