"""From a decoded record to its acknowledgement, or to the dead letters with the reason.

Faust acknowledges a record whose agent raised, and restarts the agent after seconds: no exception may
escape from here.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import structlog

from patternwatch.contracts.topics import Topic
from patternwatch.streams.consumer.dead_letters import DeadLetterPublisher
from patternwatch.streams.consumer.records import Delivery, OffsetTracker, Record
from patternwatch.streams.metrics import WorkerMetrics

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ConsumerContext:
    """What every consumer needs."""

    tracker: OffsetTracker
    dead_letters: DeadLetterPublisher
    metrics: WorkerMetrics


HandOver: TypeAlias = Callable[[Any, Delivery], Awaitable[None]]
"""Takes a message on within this process, with the delivery of the record that led to it."""


@dataclass(slots=True)
class RecordHandler:
    """Calls an agent's method with the messages of a topic.

    method      gets the decoded message; with `manual_ack` its delivery too, which it acknowledges itself
                when the record needs no redelivery. Else the record is acknowledged when it returns, unless
                it returns a message, which goes `onward` with the delivery. An exception from it sends the
                record to the dead letters.
    unreadable  told of a record that cannot be decoded, and why, before it goes to the dead letters
    """

    topic: Topic
    method: Callable[..., Awaitable[Any]]
    dead_letters: DeadLetterPublisher
    manual_ack: bool = False
    unreadable: Callable[[Record, Exception], Awaitable[None]] | None = None
    onward: HandOver | None = None
    """Where a message goes that the method returns."""

    async def handle(
        self, delivery: Delivery, message: Any, method: Callable[..., Awaitable[Any]] | None = None
    ) -> None:
        """Handle this message of the record; by another method where one is given."""
        with structlog.contextvars.bound_contextvars(**told_of(message)):
            await self._handle(delivery, message, method or self.method)

    async def reject(self, delivery: Delivery, error: Exception) -> None:
        """Send a record that cannot be decoded to the dead letters."""
        if self.unreadable is not None:
            try:
                await self.unreadable(delivery.record, error)
            except Exception:  # the letter must go out, whatever becomes of the rest
                log.exception("record.not_told", topic=self.topic.name, offset=delivery.record.offset)
        await self._send_dead_letter(delivery, error)

    async def _handle(self, delivery: Delivery, message: Any, method: Callable[..., Awaitable[Any]]) -> None:
        try:
            if self.manual_ack:
                await method(message, delivery)
                return
            goes_on = await method(message)
            if goes_on is not None:
                assert self.onward is not None, "the handler returns a message that goes nowhere"
                await self.onward(goes_on, delivery)
                return
        except Exception as error:  # noqa: BLE001 - the boundary: any failure is a dead letter, none is lost
            await self._send_dead_letter(delivery, error)
            return
        delivery.done()

    async def _send_dead_letter(self, delivery: Delivery, error: Exception) -> None:
        await self.dead_letters.send(delivery.record, error)
        delivery.done()


def told_of(message: Any) -> dict[str, str]:
    """Whose a message is, for every line that is logged while it is handled: its tenant, and its request.

    >>> from patternwatch.streams.consumer.fair_queue import Place
    >>> told_of(Place(rank=1, tenant="shop", analysis="r1")), told_of("nothing")
    ({'tenant': 'shop'}, {})
    """
    of = getattr(message, "request", message)
    return {name: str(told) for name in ("tenant", "request_id") if (told := getattr(of, name, None))}
