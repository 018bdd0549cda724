"""Ticks come once an interval, from the owner alone, and not all at the same moment."""

from itertools import pairwise

import pytest

from patternwatch.contracts.errors import NotFoundError
from patternwatch.contracts.topics import TICKS, record_key
from patternwatch.contracts.watches import Watch
from patternwatch.kafka.topics import partition_of
from patternwatch.streams.agents.watches.ticker import Ticker
from tests.fakes.clock import FakeClock, standing_clock
from tests.fakes.messages import TENANT
from tests.fakes.publisher import FakePublisher
from tests.fakes.watch_book import FakeWatchBook

WATCHES = [Watch(name=f"w{n}", tenant=TENANT, selector='{cluster="shop"}', interval_s=60) for n in range(40)]


async def ticks_of(
    watches: list[Watch], seconds: float, owner: bool = True, clock: FakeClock | None = None
) -> list[tuple[str, int]]:
    """What is sent in so many seconds: watch and time."""
    clock = clock or standing_clock()
    publisher, until = FakePublisher(), clock.now + seconds

    async def sleep(pause_s: float) -> None:
        if clock.now >= until:
            raise NotFoundError("enough")
        await clock.sleep(pause_s)

    ticker = Ticker(publisher, FakeWatchBook(watches), lambda _: owner, clock.now_ms, sleep)
    with pytest.raises(NotFoundError):
        await ticker.run()
    return [(tick.watch, tick.at_ms) for tick in publisher.on(TICKS)]


async def test_each_watch_ticks_once_an_interval_at_its_own_moment() -> None:
    sent = await ticks_of(WATCHES, 300)
    assert len(sent) == 5 * len(WATCHES)
    moments = {}
    for name in {watch.name for watch in WATCHES}:
        times = [at_ms for watch, at_ms in sent if watch == name]
        assert [b - a for a, b in pairwise(times)] == [60_000] * 4
        moments[name] = times[0] % 60_000
    by_quarter = [sum(m // 15_000 == quarter for m in moments.values()) for quarter in range(4)]
    assert min(by_quarter) >= 4
    assert await ticks_of(WATCHES, 300) == sent, "whoever sends them, they are the same"


async def test_only_the_owner_ticks() -> None:
    assert await ticks_of(WATCHES, 300, owner=False) == []


async def test_a_short_interval_ticks_as_often() -> None:
    watch = WATCHES[0].model_copy(update={"interval_s": 0.5})
    sent = await ticks_of([watch], 10)
    assert len(sent) == pytest.approx(20, abs=1)
    assert len(set(sent)) == len(sent)


async def test_of_ticks_that_were_slept_through_the_last_one_is_sent() -> None:
    clock = standing_clock()
    asleep = clock.sleep

    async def sleep(seconds: float) -> None:
        await asleep(seconds + (600 if len(clock.slept) == 5 else 0))

    clock.sleep = sleep  # type: ignore[method-assign]
    sent = await ticks_of(WATCHES[:1], 900, clock=clock)
    gaps = [b - a for (_, a), (_, b) in pairwise(sent)]
    assert sorted(set(gaps)) in ([60_000], [60_000, 600_000], [60_000, 660_000])
    assert len(sent) in (5, 6)


def test_watches_are_spread_over_the_partitions() -> None:
    assert {partition_of(record_key(watch.tenant, watch.name), 4) for watch in WATCHES} == {0, 1, 2, 3}
