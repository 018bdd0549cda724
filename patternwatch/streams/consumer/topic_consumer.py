"""The way of a record into an agent: decode, handle, acknowledge; or to the dead letters, with the reason.

Faust acknowledges a record whose agent raised, and restarts the agent after seconds: no exception may
escape from here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias

import structlog

from patternwatch.contracts.codec import decode
from patternwatch.contracts.topics import Topic
from patternwatch.streams.consumer.dead_letters import DeadLetterPublisher
from patternwatch.streams.consumer.fair_queue import PEOPLE, FairQueue, Place
from patternwatch.streams.consumer.records import Delivery, OffsetTracker, Record, record_of
from patternwatch.streams.metrics import WorkerMetrics

log = structlog.get_logger()

MAX_WAITING = 2000
"""Records of a topic that wait in a worker, some 5 kB each."""


@dataclass(frozen=True, slots=True)
class ConsumerContext:
    """What every consumer needs."""

    tracker: OffsetTracker
    dead_letters: DeadLetterPublisher
    metrics: WorkerMetrics


class Gate(Protocol):
    """Admits messages that wait; what begins is told to it at once."""

    def admits(self, place: Place, running: int) -> bool:
        """Whether the message that waits at this place may begin now, beside so many that are handled."""
        ...

    def begins(self, message: Any) -> None:
        """This one does."""
        ...

    def listen(self, on_room: Callable[[], object]) -> None:
        """Call this where it may admit what it did not before."""
        ...


HandOver: TypeAlias = Callable[[Any, Delivery], Awaitable[None]]
"""Takes a message on within this process, with the delivery of the record that led to it."""


class _Waiting(NamedTuple):
    delivery: Delivery
    message: Any
    handler: Callable[..., Awaitable[Any]]


class TopicConsumer:
    """Takes the records of one topic and handles up to `concurrency` of them at a time.

    handler      gets the decoded message; with `manual_ack` its delivery too, which it acknowledges itself
                 when the record needs no redelivery. Else the record is acknowledged when it returns, unless
                 it returns a message, which goes `onward` with the delivery. An exception from it sends the
                 record to the dead letters.
    place_of     where a message waits for its turn; without it the records go in the order of their offsets
    max_waiting  records that wait at most; the others stay at Kafka, and whoever is urgent among them too
    unreadable   told of a record that cannot be decoded, and why, before it goes to the dead letters
    gate         admits what waits, or lets it wait on
    people_leave of a tenant's people, see `FairQueue`
    people_slots beyond `concurrency`, for people's records only
    """

    def __init__(
        self,
        topic: Topic,
        handler: Callable[..., Awaitable[Any]],
        context: ConsumerContext,
        *,
        concurrency: int = 1,
        manual_ack: bool = False,
        place_of: Callable[[Any], Place] | None = None,
        max_waiting: int = MAX_WAITING,
        unreadable: Callable[[Record, Exception], Awaitable[None]] | None = None,
        gate: Gate | None = None,
        people_leave: bool = False,
        people_slots: int = 0,
    ) -> None:
        self.topic = topic
        self._handler = handler
        self._context = context
        self._manual_ack = manual_ack
        self._place_of = place_of
        self._unreadable = unreadable
        self._concurrency = concurrency
        self._people_slots = people_slots
        self._gate = gate
        if gate is not None:
            gate.listen(self.go_on)
        self._waiting: FairQueue[_Waiting] = FairQueue(people_leave=people_leave)
        self._room = asyncio.Semaphore(max_waiting if place_of else concurrency)
        self._running: set[asyncio.Task[None]] = set()
        self.onward: HandOver | None = None
        """Where a message goes that the handler returns."""
        self.completed = 0
        """How many records were handled to their end."""

    async def __call__(self, stream: Any) -> None:
        """The body of a Faust agent."""
        async for event in stream.noack().events():
            await self.take(record_of(event))

    async def take(self, record: Record) -> None:
        """Take this record in as soon as there is room, and begin with it when it is its turn."""
        tracker = self._context.tracker
        dealt = tracker.dealt
        await self._room.acquire()
        # One that waited for room while partitions were dealt anew comes again, behind those before it.
        delivery = tracker.track(record) if tracker.dealt == dealt else None
        if delivery is None:
            self._room.release()
            return
        self._context.metrics.records_in.labels(self.topic.name).inc()
        try:
            message = decode(record.value, self.topic.message)
        except Exception as error:  # noqa: BLE001 - the boundary: any failure is a dead letter, none is lost
            self._start(self._reject(delivery, error))
            return
        if self._place_of is None:
            self._start(self._handle(delivery, message, self._handler))
            return
        self._waiting.put(_Waiting(delivery, message, self._handler), self._place_of(message))
        self.go_on()

    def taking(self, handler: Callable[..., Awaitable[Any]], place_of: Callable[[Any], Place]) -> HandOver:
        """Where messages wait among the records of this topic that were handed over instead of sent.

        handler  handles them as the consumer's own handles its records
        """

        async def take(message: Any, delivery: Delivery) -> None:
            await self._room.acquire()
            if not delivery.held:
                self._room.release()
                return
            self._waiting.put(_Waiting(delivery, message, handler), place_of(message))
            self.go_on()

        return take

    @property
    def busy(self) -> bool:
        """Whether every slot is taken, or what waits is not admitted."""
        return len(self._running) >= self._slots or self._holds_back

    @property
    def _slots(self) -> int:
        """How many records may be handled, for whoever is next."""
        is_persons = bool(self._waiting) and self._waiting.first.rank == PEOPLE
        return self._concurrency + (self._people_slots if is_persons else 0)

    @property
    def waiting(self) -> int:
        """How many records wait for their turn here."""
        return len(self._waiting)

    @property
    def _holds_back(self) -> bool:
        if self._gate is None or not self._waiting:
            return False
        return not self._gate.admits(self._waiting.first, len(self._running))

    def forget_waiting(self) -> None:
        """Let go of what has not begun: its partitions are being assigned anew."""
        for _ in range(len(self._waiting)):
            self._room.release()
        self._waiting.clear()

    async def cancel(self) -> None:
        """Cancel what is being handled and forget what waits; the records stay unacknowledged."""
        self.forget_waiting()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def go_on(self) -> None:
        """Begin with whatever may begin."""
        while len(self._waiting) and not self.busy:
            waiting = self._waiting.take()
            if self._gate is not None:
                self._gate.begins(waiting.message)
            self._start(self._handle(*waiting))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._room.release()
        self.completed += 1
        if not task.cancelled() and (error := task.exception()) is not None:
            # Only a dead letter that could not be sent ends here: the record stays unacknowledged, and
            # the watchdog ends the process when the partition makes no progress.
            log.error("record.stuck", topic=self.topic.name, error=type(error).__name__, reason=str(error))
        self.go_on()

    async def _handle(self, delivery: Delivery, message: Any, handler: Callable[..., Awaitable[Any]]) -> None:
        with structlog.contextvars.bound_contextvars(**told_of(message)):
            await self._handled(delivery, message, handler)

    async def _handled(
        self, delivery: Delivery, message: Any, handler: Callable[..., Awaitable[Any]]
    ) -> None:
        try:
            if self._manual_ack:
                await handler(message, delivery)
                return
            goes_on = await handler(message)
            if goes_on is not None:
                assert self.onward is not None, "the handler returns a message that goes nowhere"
                await self.onward(goes_on, delivery)
                return
        except Exception as error:  # noqa: BLE001 - the boundary: any failure is a dead letter, none is lost
            await self._send_dead_letter(delivery, error)
            return
        delivery.done()

    async def _reject(self, delivery: Delivery, error: Exception) -> None:
        if self._unreadable is not None:
            try:
                await self._unreadable(delivery.record, error)
            except Exception:  # the letter must go out, whatever becomes of the rest
                log.exception("record.not_told", topic=self.topic.name, offset=delivery.record.offset)
        await self._send_dead_letter(delivery, error)

    async def _send_dead_letter(self, delivery: Delivery, error: Exception) -> None:
        await self._context.dead_letters.send(delivery.record, error)
        delivery.done()


def told_of(message: Any) -> dict[str, str]:
    """Whose a message is, for every line that is logged while it is handled: its tenant, and its request.

    >>> told_of(Place(rank=1, tenant="shop", analysis="r1")), told_of("nothing")
    ({'tenant': 'shop'}, {})
    """
    of = getattr(message, "request", message)
    return {name: str(told) for name in ("tenant", "request_id") if (told := getattr(of, name, None))}
