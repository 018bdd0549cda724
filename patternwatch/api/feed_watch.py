"""The watchdog of the feed: one that stands still without a word ends the process, so that a new one starts.

A feed that fails says so and starts again by itself; one whose connection or database never answers does not.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from patternwatch.api.health import FeedState

log = structlog.get_logger(__name__)

STALLED = 3
"""Exit code of a process that its watchdog has ended: the same as a worker's."""
TICK_S = 5.0


async def watch_feed(
    state: FeedState,
    timeout_s: float,
    stop: Callable[[], object],
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Call `stop` once the feed was not heard of for `timeout_s`.

    By ticks of its own: a process that was frozen as a whole ticks no more than its feed turns.
    """
    silent, last = 0, -1
    while silent * TICK_S <= timeout_s:
        await sleep(TICK_S)
        silent = silent + 1 if state.signs == last else 0
        last = state.signs
    state.stands_still = True
    log.error("api.feed_stalled", reason=f"The feed was not heard of for {silent * TICK_S:.0f} s")
    stop()
