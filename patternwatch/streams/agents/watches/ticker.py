"""The ticker: says when it is time to look at each watch, at moments spread over its interval."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from patternwatch.contracts.ticks import Tick
from patternwatch.contracts.topics import TICKS, record_key
from patternwatch.contracts.watches import Watch
from patternwatch.kafka.producer import Publisher
from patternwatch.streams.state.watch_book import WatchBook

TURN_S = 1.0
"""The longest pause: a watch that is new ticks as soon as its time has come."""


@dataclass(frozen=True, slots=True)
class Ticker:
    """Sends a tick for each watch once in each of its intervals.

    Every worker runs one; only the owner of the watch's partition of `ticks` sends. In a rebalance two
    may: their ticks are equal, since a tick's time follows from the watch and its interval, not from the
    moment at which a clock was read.
    """

    publisher: Publisher
    watches: WatchBook
    owns: Callable[[Watch], bool]
    now_ms: Callable[[], int]
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep

    async def run(self) -> None:
        """Tick for ever. Of ticks that were slept through only the last one is sent."""
        until = self.now_ms()
        while True:
            next_ms = min((_last_tick_ms(w, until) + _interval_ms(w) for w in self._watches()), default=None)
            pause_s = TURN_S if next_ms is None else min((next_ms - until) / 1000, TURN_S)
            await self.sleep(max(pause_s, 0.001))
            since, until = until, self.now_ms()
            for watch in self._watches():
                at_ms = _last_tick_ms(watch, until)
                if since < at_ms and self.owns(watch):
                    await self.publisher.publish(
                        TICKS, Tick(tenant=watch.tenant, watch=watch.name, at_ms=at_ms)
                    )

    def _watches(self) -> list[Watch]:
        return [watch for watch in self.watches.all() if not watch.paused]


def _interval_ms(watch: Watch) -> int:
    return max(int(watch.interval_s * 1000), 1)


def _last_tick_ms(watch: Watch, now_ms: int) -> int:
    """The last tick up to now. By a hash of tenant and name, so that many watches do not tick at once."""
    interval_ms = _interval_ms(watch)
    offset = zlib.crc32(record_key(watch.tenant, watch.name)) % interval_ms
    return now_ms - (now_ms - offset) % interval_ms
