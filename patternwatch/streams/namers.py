"""Who names the shapes of a report: the model of the moment with the lessons of the report's tenant."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Protocol

import structlog

from patternwatch.classifier.naming import Namer
from patternwatch.classifier.taught import TaughtModel, Teachable
from patternwatch.contracts.lessons import Lesson
from patternwatch.streams.lessons import LessonBook

log = structlog.get_logger()


class Namers(Protocol):
    """What the collector asks before it concludes a report."""

    async def of(self, tenant: str) -> Namer:
        """The namer for this tenant's next report; it stays as it is while the report is made."""
        ...


class TaughtNamers:
    """The `Namers` over a model that may be exchanged and lessons that may change at any time.

    model  gives the model of the moment
    """

    def __init__(self, model: Callable[[], Teachable], lessons: LessonBook, executor: Executor) -> None:
        self._model = model
        self._lessons = lessons
        self._executor = executor
        self._made: dict[str, tuple[Teachable, Sequence[Lesson], TaughtModel]] = {}

    async def of(self, tenant: str) -> TaughtModel:
        """See `Namers.of`; learns anew only where the model or a lesson has changed."""
        lessons, model = await self._lessons.of(tenant), self._model()
        known = self._made.get(tenant)
        if known is None or known[0] is not model or known[1] is not lessons:
            loop = asyncio.get_running_loop()
            made = await loop.run_in_executor(self._executor, TaughtModel, model, lessons)
            known = self._made[tenant] = (model, lessons, made)
            if lessons:
                log.info("lessons.learned", tenant=tenant, lessons=len(lessons), model=made.version)
        return known[2]
