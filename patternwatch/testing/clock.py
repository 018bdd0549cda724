"""A clock that stands still until it is moved."""

from dataclasses import dataclass, field


@dataclass
class FakeClock:
    """Call it for the time in seconds; `sleep` moves it instead of waiting.

    slept  the pauses that were asked for, in order

    >>> import asyncio
    >>> clock = FakeClock(100.0)
    >>> clock.advance(5.0)
    >>> asyncio.run(clock.sleep(0.5))
    >>> clock(), clock.slept
    (105.5, [0.5])
    """

    now_s: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        """The time in seconds."""
        return self.now_s

    def advance(self, seconds: float) -> None:
        """Move on; raises ValueError where time would go back."""
        if seconds < 0:
            raise ValueError(f"time does not go back, by {seconds} s")
        self.now_s += seconds

    async def sleep(self, seconds: float) -> None:
        """Move on by the pause, without waiting for it."""
        self.slept.append(seconds)
        self.advance(seconds)
