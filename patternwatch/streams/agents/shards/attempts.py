"""Attempts: what kills its worker twice is set aside, and takes nothing else with it.

A scan can end the process: killed for memory, or by a fault of compiled code. Its record is not acknowledged
then, so the next worker begins with it, and dies. What was in hand beside it looks as guilty; so whatever was
in hand at a death is begun alone the next time, and only what dies alone is set aside.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

import structlog

from patternwatch.contracts.errors import PatternwatchError
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.streams.metrics import WorkerMetrics
from patternwatch.streams.state.attempts import AttemptStore

log = structlog.get_logger()

MAX_TRIES = 2
"""Workers that one thing may kill: the first may have died of something else, the second ran it alone."""
LATER_TRIES = 1
"""More of them, for all later looks at its request: both may have died of something else."""


class SetAsideError(PatternwatchError):
    """It killed its worker again and again, and is not begun any more."""


@dataclass(slots=True)
class Company:
    """Who runs beside others, and who alone; whoever wants to be alone goes before those who come later."""

    _others: int = 0
    _alone: int = 0
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @asynccontextmanager
    async def of_others(self) -> AsyncIterator[None]:
        """Run beside others, once nobody is alone or wants to be."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._alone)
            self._others += 1
        try:
            yield
        finally:
            self._others -= 1
            await self._tell()

    @asynccontextmanager
    async def of_nobody(self) -> AsyncIterator[None]:
        """Run when all others have ended, one after the other."""
        self._alone += 1
        try:
            async with self._changed:
                await self._changed.wait_for(lambda: not self._others)
                yield
        finally:
            self._alone -= 1
            await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


@dataclass(frozen=True, slots=True)
class Begun:
    """Something that was begun; `noted` once that is on the broker."""

    noted: asyncio.Task[None]


@dataclass(frozen=True, slots=True)
class Attempts:
    """Counts beginnings whose end nobody saw, durably, and runs what looks guilty alone."""

    store: AttemptStore
    metrics: WorkerMetrics
    company: Company = field(default_factory=Company)

    @asynccontextmanager
    async def of(
        self, request: AnalysisRequest, kind: Literal["shard", "report"], name: str
    ) -> AsyncIterator[Begun]:
        """Begin with this part of a request; it has ended when the block ends, in whatever way.

        Of a first try the note is on its way while the block begins: await `noted` before what may kill.

        Raises SetAsideError, where it was begun `MAX_TRIES` times, at a later look `LATER_TRIES` more.
        """
        tenant, work = request.tenant, f"{kind}/{name}"
        tries = await self.store.tries(tenant, work)
        if tries >= MAX_TRIES + (LATER_TRIES if request.look else 0):
            self.metrics.set_aside.labels(kind).inc()
            log.error("work.set_aside", tenant=tenant, work=work, tries=tries)
            raise SetAsideError(
                f"It was begun {tries} times, and each time its worker died before the end: it is set aside",
                "See why the worker ended (killed for memory, a crash); give it more memory, or lower "
                "analysis.shard_series and source.concurrency",
            )
        if tries:
            log.warning("work.suspected", tenant=tenant, work=work, tries=tries)
        async with self.company.of_nobody() if tries else self.company.of_others():
            noted = asyncio.create_task(self.store.begin(tenant, work, tries + 1))
            try:
                if tries:
                    await noted
                yield Begun(noted)
                await noted
            finally:
                if noted.done():
                    self.store.end(tenant, work)
                else:  # else the beginning would overtake its end
                    noted.add_done_callback(lambda _: self.store.end(tenant, work))
