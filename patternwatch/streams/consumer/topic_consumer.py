"""The way of a record into an agent: decode, handle, acknowledge; or to the dead letters, with the reason.

Faust acknowledges a record whose agent raised, and restarts the agent after seconds: no exception may
escape from here.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog

from patternwatch.contracts.codec import decode
from patternwatch.contracts.topics import Topic
from patternwatch.streams.consumer.dead_letters import DeadLetterPublisher
from patternwatch.streams.consumer.records import Delivery, OffsetTracker, Record, record_of
from patternwatch.streams.metrics import WorkerMetrics

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ConsumerContext:
    """What every consumer needs."""

    tracker: OffsetTracker
    dead_letters: DeadLetterPublisher
    metrics: WorkerMetrics


class TopicConsumer:
    """Takes the records of one topic and handles up to `concurrency` of them at a time.

    handler     gets the decoded message; with `manual_ack` its delivery too, which it acknowledges itself
                when the record needs no redelivery. Else the record is acknowledged when it returns. An
                exception from it sends the record to the dead letters.
    """

    def __init__(
        self,
        topic: Topic,
        handler: Callable[..., Awaitable[None]],
        context: ConsumerContext,
        *,
        concurrency: int = 1,
        manual_ack: bool = False,
    ) -> None:
        self.topic = topic
        self._handler = handler
        self._context = context
        self._manual_ack = manual_ack
        self._slots = asyncio.Semaphore(concurrency)
        self._running: set[asyncio.Task[None]] = set()
        self.completed = 0
        """How many records were handled to their end."""

    async def __call__(self, stream: Any) -> None:
        """The body of a Faust agent."""
        async for event in stream.noack().events():
            await self.take(record_of(event))

    async def take(self, record: Record) -> None:
        """Begin with this record as soon as a slot is free."""
        await self._slots.acquire()
        delivery = self._context.tracker.track(record)
        if delivery is None:
            self._slots.release()
            return
        self._context.metrics.records_in.labels(self.topic.name).inc()
        task = asyncio.create_task(self._handle(delivery))
        self._running.add(task)
        task.add_done_callback(self._ended)

    @property
    def busy(self) -> bool:
        """Whether every slot is taken."""
        return self._slots.locked()

    async def cancel(self) -> None:
        """Cancel what is being handled; its records stay unacknowledged."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._slots.release()
        self.completed += 1
        if not task.cancelled() and (error := task.exception()) is not None:
            # Only a dead letter that could not be sent ends here: the record stays unacknowledged, and
            # the watchdog ends the process when the partition makes no progress.
            log.error("record.stuck", topic=self.topic.name, error=type(error).__name__, reason=str(error))

    async def _handle(self, delivery: Delivery) -> None:
        try:
            message = decode(delivery.record.value, self.topic.message)
            if self._manual_ack:
                await self._handler(message, delivery)
            else:
                await self._handler(message)
        except Exception as error:  # noqa: BLE001 - the boundary: any failure is a dead letter, none is lost
            await self._send_dead_letter(delivery, error)
            return
        if not self._manual_ack:
            delivery.done()

    async def _send_dead_letter(self, delivery: Delivery, error: Exception) -> None:
        await self._context.dead_letters.send(delivery.record, error)
        delivery.done()
