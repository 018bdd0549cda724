"""What every tenant taught, read from the compacted topic `lessons`. A tenant never sees another's."""

from collections.abc import Sequence
from typing import Protocol

import structlog

from patternwatch.contracts.codec import decode
from patternwatch.contracts.errors import MessageError
from patternwatch.contracts.lessons import Lesson
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import LESSONS, record_key
from patternwatch.streams.compacted import CompactedTopic

log = structlog.get_logger()


class LessonBook(Protocol):
    """Where lessons are looked up."""

    async def of(self, tenant: str) -> Sequence[Lesson]:
        """Everything that this tenant has taught until now; the same object while nothing changes."""
        ...


class Lessons:
    """The latest lessons by tenant, from the records of the topic in their order."""

    def __init__(self) -> None:
        self._by_key: dict[str, dict[bytes, Lesson]] = {}
        self._read: dict[str, tuple[Lesson, ...]] = {}

    def of(self, tenant: str) -> tuple[Lesson, ...]:
        """This tenant's lessons; the same tuple until one changes."""
        if tenant not in self._read:
            self._read[tenant] = tuple(self._by_key.get(tenant, {}).values())
        return self._read[tenant]

    def apply(self, key: bytes | None, value: bytes | None, offset: int) -> None:
        """Take a record in: a lesson, or a null value that takes one back. What is neither is passed over."""
        key = key or b""
        tenant = key.decode(errors="replace").partition("/")[0]
        if value is None:
            self._by_key.get(tenant, {}).pop(key, None)
            self._read.pop(tenant, None)
            return
        try:
            lesson = decode(value, Lesson)
        except MessageError as error:
            log.error("lesson.unreadable", offset=offset, reason=str(error))
            return
        if key != record_key(lesson.tenant, lesson.lesson_id):
            log.error("lesson.misplaced", offset=offset, tenant=lesson.tenant, key=key)
            return
        self._by_key.setdefault(tenant, {})[key] = lesson
        self._read.pop(tenant, None)


class LessonLog:
    """The `LessonBook` over the topic `lessons`."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._lessons = Lessons()
        self._topic = CompactedTopic(settings, LESSONS, self._lessons.apply)

    async def start(self) -> None:
        """Read the topic to its end; raises BrokerUnavailableError after `connect_timeout_s`."""
        await self._topic.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._topic.stop()

    async def of(self, tenant: str) -> tuple[Lesson, ...]:
        """See `LessonBook.of`; waits as long as the broker is away."""
        await self._topic.read_to_end()
        return self._lessons.of(tenant)
