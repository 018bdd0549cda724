"""History is read in pieces, behind everybody else, and what cannot be had of it is left out."""

import asyncio

import pytest

from patternwatch.contracts.errors import SourceRefusedError, SourceUnavailableError
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.contracts.watches import Watch
from patternwatch.cortex.partial_answers import tell
from patternwatch.streams.agents.watches.history import MAX_YIELD_S, YIELD_S, WatchHistory
from patternwatch.watch.history.history_windows import DAY_MS, history_windows
from tests.fakes.clock import NOW_MS, FakeClock
from tests.fakes.messages import TENANT
from tests.fakes.source import FakeSource

WATCH = Watch(name="shop", tenant=TENANT, selector='{cluster="shop"}')
STEP = 30_000
FROM_MS = NOW_MS - 2 * DAY_MS
PLANNED = history_windows(FROM_MS, NOW_MS, STEP, 30)


class Source(FakeSource):
    """Answers each piece as `answers` says by its number: an error to raise, or words of what is left out."""

    def __init__(self, answers: dict[int, Exception | str] | None = None) -> None:
        super().__init__()
        self.answers, self.pieces = answers or {}, 0

    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        number, self.pieces = self.pieces, self.pieces + 1
        answer = self.answers.get(number)
        if isinstance(answer, Exception):
            raise answer
        if answer:
            tell(answer)
        return await super().fetch(tenant, matchers, window)


async def read(history: WatchHistory) -> list[int]:
    """The first row of each piece that was read."""
    return [int(b.times[0]) async for b in history.read(WATCH, FROM_MS, NOW_MS, STEP, 30)]


def history_of(source: Source, busy: bool = False, clock: FakeClock | None = None) -> WatchHistory:
    sleep = (clock or FakeClock()).sleep
    return WatchHistory(source, asyncio.Semaphore(1), lambda: busy, 0.05, sleep)


async def test_every_piece_is_read_in_its_order() -> None:
    assert await read(history_of(Source())) == [window.start_ms for window in PLANNED]
    assert len(PLANNED) > 5


@pytest.mark.parametrize(
    "answer", [SourceRefusedError("older than a day"), "a store is down"], ids=["refused", "in part"]
)
async def test_a_piece_that_cannot_be_had_whole_is_left_out(answer: Exception | str) -> None:
    begins = await read(history_of(Source({0: answer, 2: answer})))
    assert begins == [window.start_ms for n, window in enumerate(PLANNED) if n not in (0, 2)]


async def test_a_source_that_is_away_ends_it() -> None:
    with pytest.raises(SourceUnavailableError):
        await read(history_of(Source(dict.fromkeys(range(1, 9), SourceUnavailableError("away")))))


async def test_others_go_first_but_not_for_ever() -> None:
    clock = FakeClock()
    await read(history_of(Source(), busy=True, clock=clock))
    assert clock.slept == [YIELD_S] * round(MAX_YIELD_S / YIELD_S) * len(PLANNED)
    idle = FakeClock()
    await read(history_of(Source(), clock=idle))
    assert idle.slept == []
