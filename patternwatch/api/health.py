"""Whether this process can do its work now: its database, its broker, its feed."""

import asyncio
import time
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from patternwatch.api.schemas.health import Check, Readiness
from patternwatch.contracts.errors import PatternwatchError

STALLED_AFTER_S = 30.0
_CHECK_TIMEOUT_S = 3.0


class FeedState:
    """What the feed says about itself."""

    def __init__(self) -> None:
        self._reason = "The feed has not started yet"
        self._turned_at = 0.0
        self._behind = 0
        self.signs = 0
        """How often it was heard of, by a turn or a failure."""
        self.stands_still = False
        """Whether the watchdog has given it up."""

    def turned(self) -> None:
        """One more turn of its loop is done."""
        self._reason = ""
        self._turned_at = time.monotonic()
        self.signs += 1

    def failed(self, reason: str) -> None:
        """It died, or could not start."""
        self._reason = reason
        self.signs += 1

    def catches_up(self, behind: int) -> None:
        """It still reads what was there before: so many records are left; 0 once it has caught up."""
        self._behind = behind

    def check(self) -> Check:
        """Not ok where it is not running, has not turned for half a minute, or has not caught up yet."""
        if self._reason:
            return Check(ok=False, reason=self._reason)
        silent = time.monotonic() - self._turned_at
        if silent > STALLED_AFTER_S:
            return Check(ok=False, reason=f"The feed has been stuck for {silent:.0f} s")
        if self._behind:
            return Check(ok=False, reason=f"The feed catches up: {self._behind} records are left")
        return Check(ok=True)


class Reachable(Protocol):
    """Something that answers a ping, or raises."""

    async def ping(self) -> None:
        """One round trip."""
        ...


class Sending(Reachable, Protocol):
    """A broker that takes records, or does not."""

    def why_unsent(self) -> str:
        """Why it does not take what is sent now; empty where it does."""
        ...


async def readiness(database: Reachable, broker: Sending, feed: FeedState) -> Readiness:
    """Ask all of them at once; each has three seconds."""
    database_check, broker_check = await asyncio.gather(_ask(database), _ask(broker))
    unsent = broker.why_unsent() if broker_check.ok else ""
    checks = {
        "database": database_check,
        "broker": broker_check,
        "sending": Check(ok=not unsent, reason=unsent),
        "feed": feed.check(),
    }
    return Readiness(ready=all(check.ok for check in checks.values()), checks=checks)


async def _ask(part: Reachable) -> Check:
    try:
        async with asyncio.timeout(_CHECK_TIMEOUT_S):
            await part.ping()
    except TimeoutError:
        return Check(ok=False, reason=f"No answer within {_CHECK_TIMEOUT_S:g} s")
    except (OSError, SQLAlchemyError, PatternwatchError) as error:
        return Check(ok=False, reason=f"{type(error).__name__}: {error}")
    return Check(ok=True)
