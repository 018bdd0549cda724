"""The way of a record into an agent: decode, work, acknowledge; or to the dead letters, with the reason.

Faust acknowledges a record whose agent raised, and restarts the agent after seconds: nothing may
escape from here.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog

from patternwatch.contracts.codec import decode
from patternwatch.contracts.errors import MessageError
from patternwatch.contracts.messages import Message
from patternwatch.contracts.topics import Topic
from patternwatch.streams.dead_letters import DeadLetterBox
from patternwatch.streams.metrics import WorkerMetrics
from patternwatch.streams.records import Acks, Receipt, Record, record_of

log = structlog.get_logger()
M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Desk:
    """What every agent needs to take records in."""

    acks: Acks
    dead_letters: DeadLetterBox
    metrics: WorkerMetrics


class Intake(Generic[M]):
    """Takes the records of one topic and works on up to `at_once` of them at a time.

    `work` gets the message and the receipt of its record. With `keeps` it calls `receipt.done()`
    itself, when the record needs no other delivery; else the record is done when `work` returns.
    An exception from `work` sends the record to the dead letters.
    """

    def __init__(
        self,
        topic: Topic,
        kind: type[M],
        work: Callable[[M, Receipt], Awaitable[None]],
        desk: Desk,
        *,
        at_once: int = 1,
        keeps: bool = False,
    ) -> None:
        self.topic = topic
        self._kind = kind
        self._work = work
        self._desk = desk
        self._keeps = keeps
        self._slots = asyncio.Semaphore(at_once)
        self._running: set[asyncio.Task[None]] = set()
        self.settled = 0
        """How many records were worked on to their end."""

    async def __call__(self, stream: Any) -> None:
        """The body of a Faust agent."""
        async for event in stream.noack().events():
            await self.take(record_of(event))

    async def take(self, record: Record) -> None:
        """Begin with this record as soon as there is a free place."""
        await self._slots.acquire()
        receipt = self._desk.acks.hold(record)
        if receipt is None:
            self._slots.release()
            return
        self._desk.metrics.records_in.labels(self.topic.name).inc()
        task = asyncio.create_task(self._settle(receipt))
        self._running.add(task)
        task.add_done_callback(self._ended)

    @property
    def busy(self) -> bool:
        """Whether every place is taken."""
        return self._slots.locked()

    async def cancel(self) -> None:
        """Stop the work in hand; its records stay unacknowledged."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._slots.release()
        self.settled += 1
        if not task.cancelled() and (error := task.exception()) is not None:
            # Only a dead letter that could not be sent ends here: the record stays in hand, and the
            # watchdog ends the process when the partition stands still.
            log.error("record.stuck", topic=self.topic.name, error=type(error).__name__, reason=str(error))

    async def _settle(self, receipt: Receipt) -> None:
        try:
            message = decode(receipt.record.value, self._kind)
        except MessageError as error:
            await self._bury(receipt, error)
            return
        try:
            await self._work(message, receipt)
        except Exception as error:  # noqa: BLE001 - the boundary: any failure is a dead letter, none is lost
            await self._bury(receipt, error)
            return
        if not self._keeps:
            receipt.done()

    async def _bury(self, receipt: Receipt, error: Exception) -> None:
        await self._desk.dead_letters.bury(receipt.record, error)
        receipt.done()
