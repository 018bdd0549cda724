"""Another try at a metrics source that is away or busy: exponential backoff with full jitter.

One rule, used in two places: by the source for a single request, with few tries, so that one refused
part of a shard does not cost the parts already read; and by the worker for a whole shard, for as long as
the request's deadline allows. The pause before try n is drawn from (0, min(LONGEST, FIRST * 2^n)), so
that many workers that were refused together do not come back together; a pause that the server asks for
(Retry-After) is waited in full, and the drawn one on top of it.
Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from patternwatch.contracts.errors import SourceSlowError, SourceUnavailableError

log = structlog.get_logger()
T = TypeVar("T")

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 5.0
MORE_TIME = (
    "Check that it is up; a slow one gets more time by source.timeout_s (for one answer) and source.retry_s "
    "(for all tries)"
)
"""What to do about a source that is too slow."""


async def with_retries(
    attempt: Callable[[], Awaitable[T]],
    within_s: float,
    *,
    tries: int | None = None,
    more_time: str = MORE_TIME,
    on_retry: Callable[[], object] = lambda: None,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
    draw: Callable[[float, float], float] = random.uniform,
) -> T:
    """What `attempt` returns, tried again while it raises SourceUnavailableError.

    within_s   the deadline of all tries together; a try that is under way when it comes is given up
    tries      at most so many; None for as many as fit into the deadline
    more_time  what to do where the deadline was too short
    Raises the last SourceUnavailableError when the next try would begin after the deadline or there is
    none left, and every other error (the caller's mistake, a limit) at once.
    """
    until = clock() + within_s
    pause, tried = FIRST_PAUSE_S, 0
    while True:
        tried += 1
        try:
            async with asyncio.timeout(max(until - clock(), 0.01)):
                return await attempt()
        except TimeoutError as error:
            raise SourceSlowError(
                f"The metrics source did not answer within {within_s:g} s",
                more_time,
            ) from error
        except SourceUnavailableError as error:
            wait = (error.retry_after_s or 0.0) + draw(0.0, pause)
            if tried == tries or clock() + wait >= until:
                raise
            log.warning("source.retried", reason=str(error), pause_s=round(wait, 2), tried=tried)
            on_retry()
            await sleep(wait)
            pause = min(pause * 2, LONGEST_PAUSE_S)
