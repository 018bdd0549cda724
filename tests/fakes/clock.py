"""A clock that tests move by hand."""

from dataclasses import dataclass, field

from patternwatch.api.context import Clock

NOW_MS = 1_795_447_200_000
"""When the examples of `tests.fakes.messages` happen: 2026-11-23T15:20:00Z, in ms since 1970."""


@dataclass
class FakeClock:
    """Seconds that pass only when a test moves `now`, or when something awaits `sleep`."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def now_ms(self) -> int:
        """The same time in ms, for what takes the wall clock."""
        return round(self.now * 1000)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def standing_clock() -> FakeClock:
    """A wall clock that stands at `NOW_MS`."""
    return FakeClock(NOW_MS / 1000)


_clock: Clock = FakeClock().now_ms
