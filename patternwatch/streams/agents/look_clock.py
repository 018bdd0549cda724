"""The clock of looks: asks for what is due, and forgets what nothing can ask for again."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from patternwatch.analysis.looks import asked_again
from patternwatch.contracts.looks import Look
from patternwatch.contracts.topics import REQUESTS
from patternwatch.kafka.producer import Publisher
from patternwatch.streams.agents.recent import RecentIds
from patternwatch.streams.state.looks import LookStore

log = structlog.get_logger()

TURN_S = 1.0
KEPT_MS = 7 * 24 * 3600 * 1000
"""How long after its last look an alert is remembered that never resolves. Senders repeat sooner."""
RESOLVED_KEPT_MS = 3600 * 1000
"""How long one that has resolved is remembered: others may join its analysis so long (`join_s`)."""


@dataclass(frozen=True, slots=True)
class LookClock:
    """Publishes each due look as a request.

    Every worker runs one, and only the owner of the request's partition of `requests` asks. In a rebalance
    two may: the second request is the same look, whose equal revision nobody publishes.
    """

    publisher: Publisher
    store: LookStore
    owns: Callable[[Look], bool]
    now_ms: Callable[[], int]
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    asked: RecentIds = field(default_factory=RecentIds)

    async def run(self) -> None:
        """Ask for ever."""
        while True:
            await self.sleep(TURN_S)
            await self.turn()

    async def turn(self) -> None:
        """Ask for what is due now."""
        now = self.now_ms()
        for look in await self.store.all():
            if look.is_over:
                kept_ms = RESOLVED_KEPT_MS if look.has_resolved else KEPT_MS
                if now - look.changed_ms > kept_ms and self.owns(look):
                    await self.store.drop(look)
            elif look.due_ms is not None and look.due_ms <= now and self.owns(look):
                await self._ask(look, now)

    async def _ask(self, look: Look, now: int) -> None:
        request = look.request
        key = f"{request.tenant}/{request.request_id}/{look.look}"
        if key in self.asked:
            return  # under way
        onset_ms = look.summary.onset_ms if look.summary else None
        await self.publisher.publish(REQUESTS, asked_again(request, look.look, look.revision, now, onset_ms))
        self.asked.add(key)
        log.info("look.asked", tenant=request.tenant, request_id=request.request_id, look=look.look)
