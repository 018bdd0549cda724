"""The clock of looks: asks for what is due, ends what was lost, forgets what nothing can ask for again."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from patternwatch.analysis.report.looks import asked_again
from patternwatch.contracts.errors import in_words
from patternwatch.contracts.looks import Look
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.topics import REQUESTS
from patternwatch.kafka.producer import Publisher
from patternwatch.streams.agents.looks.alert_limits import AlertLimits
from patternwatch.streams.state.looks import LookStore

log = structlog.get_logger()

TURN_S = 1.0
LOST_MS = 900_000
"""A look that nothing was heard of for so long is lost: a record of it could not be read, or was deleted.
Longer than looks wait in any queue that is worked on; a result that comes yet beats the failure."""


class FailurePublisher(Protocol):
    """Who tells that a look came to nothing."""

    async def fail(self, request: AnalysisRequest, reason: str) -> None:
        """Publish it, and see to another try."""
        ...


@dataclass(frozen=True, slots=True)
class LookClock:
    """Publishes each due look as a request.

    Every worker runs one, and only the owner of the request's partition of `requests` asks. In a rebalance
    two may: the second request is the same look, whose equal revision nobody publishes.
    """

    publisher: Publisher
    store: LookStore
    reports: FailurePublisher
    limits: AlertLimits
    owns: Callable[[Look], bool]
    now_ms: Callable[[], int]
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    began_ms: int = 0
    """When this process began: what it reads again of the time before may take a while."""
    asked: dict[str, int] = field(default_factory=dict)
    """When each of the looks that are due was asked for."""

    async def run(self) -> None:
        """Ask for ever."""
        while True:
            await self.sleep(TURN_S)
            await self.turn()

    async def turn(self) -> None:
        """Ask for what is due now."""
        now = self.now_ms()
        full: set[str] = set()
        under_way = await self.store.under_way()
        for ended in self.store.expired(now, self.began_ms):
            if self.owns(ended):
                await self.store.drop(ended)
        waiting = {_name(look) for look in under_way if look.due_ms is not None}
        for gone in self.asked.keys() - waiting:
            del self.asked[gone]
        for look in under_way:
            if (look.due_ms is None or look.due_ms <= now) and self.owns(look):
                try:
                    if look.waits_for_room:
                        await self._take_up(look, now, full)
                    else:
                        await self._see_to(look, now)
                except Exception as error:  # one look must not end the clock of all
                    log.exception("look.not_asked", request_id=look.request.request_id)
                    await self.reports.fail(self._again(look, now), in_words("It was not asked for", error))

    async def _take_up(self, look: Look, now: int, full: set[str]) -> None:
        """Ask for an alert's first look, where there is room for it now.

        full  tenants of which it is known that there is none; filled
        """
        tenant = look.request.tenant
        if tenant in full:
            return
        if self.limits.why_it_waits(tenant, await self.store.load(tenant), now):
            full.add(tenant)
            return
        request = asked_again(look.request, 0, 0, now)
        await self.publisher.publish(REQUESTS, request)
        begun = look.model_copy(update={"request": request, "due_ms": None, "changed_ms": now})
        await self.store.put(begun)
        log.info("look.taken_up", tenant=tenant, request_id=request.request_id)

    async def _see_to(self, look: Look, now: int) -> None:
        request = look.request
        key = _name(look)
        asked_ms = look.changed_ms if look.due_ms is None else self.asked.get(key)
        if asked_ms is None:
            await self.publisher.publish(REQUESTS, self._again(look, now))
            self.asked[key] = now
            log.info("look.asked", tenant=request.tenant, request_id=request.request_id, look=look.look)
        elif now - asked_ms > LOST_MS:
            self.asked.pop(key, None)
            reason = (
                f"Nothing was heard of it for {(now - asked_ms) // 60_000} min: a record of it was lost or "
                "could not be read; `patternwatch dead-letters list` tells which, if it is there"
            )
            await self.reports.fail(self._again(look, now), reason)

    def _again(self, look: Look, now: int) -> AnalysisRequest:
        if not look.look:
            return look.request
        onset_ms = look.summary.onset_ms if look.summary else None
        return asked_again(look.request, look.look, look.revision, now, onset_ms)


def _name(look: Look) -> str:
    return f"{look.request.tenant}/{look.request.request_id}/{look.look}"
