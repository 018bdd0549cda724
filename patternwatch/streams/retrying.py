"""Another try at a metrics source that is away, with growing pauses, until a deadline."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from patternwatch.contracts.errors import SourceUnavailableError

log = structlog.get_logger()
T = TypeVar("T")

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 5.0


async def with_retries(
    attempt: Callable[[], Awaitable[T]],
    within_s: float,
    *,
    on_retry: Callable[[], object] = lambda: None,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> T:
    """What `attempt` returns, tried again while it raises SourceUnavailableError.

    Raises the last SourceUnavailableError when the next try would begin after `within_s`, also where
    one try alone takes longer than what is left; every other error at once.
    """
    until = clock() + within_s
    pause = FIRST_PAUSE_S
    while True:
        try:
            async with asyncio.timeout(max(until - clock(), 0.01)):
                return await attempt()
        except TimeoutError as error:
            raise SourceUnavailableError(
                f"The metrics source did not answer within {within_s:g} s",
                "Check that it is up, or allow more time by analysis.deadline_s",
            ) from error
        except SourceUnavailableError as error:
            wait = pause * random.uniform(0.5, 1.0)  # jitter
            if clock() + wait >= until:
                raise
            log.warning("source.retried", reason=str(error), pause_s=round(wait, 2))
            on_retry()
            await sleep(wait)
            pause = min(pause * 2, LONGEST_PAUSE_S)
