"""The way of a record into an agent: it is decoded, waits for its turn, and is handled beside others."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NamedTuple, Protocol

import structlog

from patternwatch.contracts.codec import decode
from patternwatch.contracts.topics import Topic
from patternwatch.streams.consumer.fair_queue import PEOPLE, FairQueue, Place
from patternwatch.streams.consumer.record_handler import ConsumerContext, HandOver, RecordHandler
from patternwatch.streams.consumer.records import Delivery, Record, record_of

log = structlog.get_logger()

MAX_WAITING = 2000
"""Records of a topic that wait in a worker, some 5 kB each."""


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


class _Waiting(NamedTuple):
    delivery: Delivery
    message: Any
    method: Callable[..., Awaitable[Any]]


class TopicConsumer:
    """Takes the records of one topic and handles up to `concurrency` of them at a time.

    handler      an agent's method, see `RecordHandler`; so are `manual_ack` and `unreadable`
    place_of     where a message waits for its turn; without it the records go in the order of their offsets
    max_waiting  records that wait at most; the others stay at Kafka, and whoever is urgent among them too
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
        self.handler = RecordHandler(topic, handler, context.dead_letters, manual_ack, unreadable)
        self._context = context
        self._place_of = place_of
        self._concurrency = concurrency
        self._people_slots = people_slots
        self._gate = gate
        if gate is not None:
            gate.listen(self.go_on)
        self._waiting: FairQueue[_Waiting] = FairQueue(people_leave=people_leave)
        self._room = asyncio.Semaphore(max_waiting if place_of else concurrency)
        self._running: set[asyncio.Task[None]] = set()
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
            self._start(self.handler.reject(delivery, error))
            return
        if self._place_of is None:
            self._start(self.handler.handle(delivery, message))
            return
        self._waiting.put(_Waiting(delivery, message, self.handler.method), self._place_of(message))
        self.go_on()

    def taking(self, method: Callable[..., Awaitable[Any]], place_of: Callable[[Any], Place]) -> HandOver:
        """Where messages wait among the records of this topic that were handed over instead of sent.

        method  handles them as the consumer's own handles its records
        """

        async def take(message: Any, delivery: Delivery) -> None:
            await self._room.acquire()
            if not delivery.held:
                self._room.release()
                return
            self._waiting.put(_Waiting(delivery, message, method), place_of(message))
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
            self._start(self.handler.handle(*waiting))

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
