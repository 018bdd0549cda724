"""Dead letters: records that could not be processed, whole, with their origin and the reason."""

import base64
import traceback
from collections.abc import Callable

import structlog

from patternwatch.contracts.dead_letters import DeadLetter
from patternwatch.contracts.errors import RecordTooLargeError
from patternwatch.contracts.topics import DEAD_LETTERS
from patternwatch.kafka.producer import Publisher
from patternwatch.streams.consumer.records import Record
from patternwatch.streams.metrics import WorkerMetrics

log = structlog.get_logger()

MAX_STACK = 8000
"""Characters of it that are kept: its end, which tells where it was raised."""


class DeadLetterPublisher:
    """Publishes records that failed for good to the topic `dead-letter`."""

    def __init__(
        self, publisher: Publisher, metrics: WorkerMetrics, now_ms: Callable[[], int], prefix: str
    ) -> None:
        self._publisher = publisher
        self._metrics = metrics
        self._now_ms = now_ms
        self._prefix = prefix

    async def send(self, record: Record, error: Exception) -> None:
        """Publish the dead letter of this record and wait until it is confirmed."""
        log.error(
            "record.dead_lettered",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            error=type(error).__name__,
            reason=str(error),
        )
        letter = dead_letter(record, error, self._now_ms())
        try:
            await self._publisher.publish(DEAD_LETTERS, letter)
        except RecordTooLargeError as too_large:
            reason = f"{letter.reason} (its value is left out: {too_large})"
            await self._publisher.publish(
                DEAD_LETTERS, letter.model_copy(update={"value": None, "reason": reason})
            )
        self._metrics.dead_letters.labels(record.topic.removeprefix(self._prefix), type(error).__name__).inc()


def dead_letter(record: Record, error: Exception, now_ms: int) -> DeadLetter:
    """The dead letter of a record."""
    return DeadLetter(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=_base64(record.key),
        value=_base64(record.value),
        headers=record.headers,
        error=type(error).__name__,
        reason=str(error),
        stack="".join(traceback.format_exception(error))[-MAX_STACK:],
        at_ms=now_ms,
    )


def _base64(raw: bytes | None) -> str | None:
    return None if raw is None else base64.b64encode(raw).decode("ascii")
