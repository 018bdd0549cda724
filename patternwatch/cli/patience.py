"""Another try, as a worker makes it, of a source that says that a part of it is away, or that it is busy."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from patternwatch.contracts.errors import SourceUnavailableError
from patternwatch.cortex.retrying import with_retries

T = TypeVar("T")

PATIENT_TRIES = 6
"""With the pauses between them some ten seconds: a Cortex that starts again has its ring back by then."""
_DAY_S = 86_400.0
"""Who asks by hand stops it by hand: a read of many halves may take its time."""


async def patiently(
    ask: Callable[[], Awaitable[T]],
    tries: int = PATIENT_TRIES,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> T:
    """What `ask` returns, tried again while the source itself says that it is away or busy.

    tries  how often at most, each of them with the source's own tries

    Raises SourceUnavailableError after the last one, and at once where nobody answers at all (who typed a
    wrong address is told so); every other error at once.

    >>> import asyncio
    >>> async def answer() -> int:
    ...     return 7
    >>> asyncio.run(patiently(answer))
    7
    """

    async def attempt() -> T | SourceUnavailableError:
        try:
            return await ask()
        except SourceUnavailableError as error:
            if error.status is None:
                return error
            raise

    said = await with_retries(attempt, _DAY_S, tries=tries, sleep=sleep)
    if isinstance(said, SourceUnavailableError):
        raise said
    return said
