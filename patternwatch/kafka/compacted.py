"""A compacted topic that a process reads whole: its latest records are the state."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import Topic
from patternwatch.kafka.clients import close_client, connect, consumer
from patternwatch.kafka.topics import topic_name

log = structlog.get_logger()

MIN_PAUSE_S, MAX_PAUSE_S = 0.2, 5.0
WAIT_S = 0.5


class CompactedTopic:
    """Gives every record of the topic, from its beginning, to `apply` (key, value, offset).

    follows  records are applied as they come; else when somebody asks for the end. Between two such reads
             nothing is fetched: a partition whose records nobody takes is left out of the client's next
             fetch, and would wait until that has waited for others, half a second

    The end of the topic is asked for by a client of its own: on the consumer's connection the question would
    wait behind a fetch that waits for records.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        topic: Topic,
        apply: Callable[[bytes | None, bytes | None, int], None],
        *,
        follows: bool = True,
    ) -> None:
        self._settings = settings
        self._topic = topic
        self._apply = apply
        self._follows = follows
        self._following: asyncio.Task[None] | None = None
        self._consumer: AIOKafkaConsumer | None = None
        self._offsets: AIOKafkaConsumer | None = None
        self._turn = asyncio.Lock()
        self._reads: set[asyncio.Task[None]] = set()
        self._next_read: asyncio.Task[None] | None = None
        """Has not begun: whoever asks now shares it."""
        self._applied = asyncio.Condition()

    async def start(self, since_ms: int | None = None) -> None:
        """Read the topic, which must exist, to its end.

        since_ms  only what was sent since then, in ms since 1970 by the clocks of those who sent it

        Raises BrokerUnavailableError after `connect_timeout_s`.
        """
        settings, client_id = self._settings, f"patternwatch-{self._topic.name}"
        name = topic_name(settings, self._topic)
        self._consumer = await connect(settings, lambda: consumer(settings, client_id, name))
        self._offsets = await connect(settings, lambda: consumer(settings, f"{client_id}-offsets"))
        if since_ms is not None:
            await self.seek_to_time(since_ms)
        if self._follows:
            self._following = asyncio.create_task(self._follow())
        await self.read_to_end()

    async def stop(self) -> None:
        """Disconnect."""
        tasks = [*self._reads, *([] if self._following is None else [self._following])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for client in (self._consumer, self._offsets):
            if client is not None:
                await close_client(client)

    async def read_to_end(self) -> None:
        """Apply all that has been published until now; waits as long as the broker is away.

        Whoever asks while a read is under way shares the next one: alerts come by the hundred. All of them go
        on in one turn of the event loop; a lock that went from each to the next would take as many turns.
        """
        if self._next_read is None:
            self._next_read = asyncio.create_task(self._read())
            self._reads.add(self._next_read)
            self._next_read.add_done_callback(self._reads.discard)
        await asyncio.shield(self._next_read)

    def read_anew(self) -> None:
        """Begin at the beginning again: what was made of the records is lost. Who asks for the end waits."""
        if self._consumer is not None:
            for tp in self._consumer.assignment():
                self._consumer.seek(tp, 0)

    async def _read(self) -> None:
        async with self._turn:
            self._next_read = None  # what is published from here on, the end that is asked for may lack
            await self._retried(self._read_once)

    async def seek_to_time(self, since_ms: int) -> None:
        """Go on with the first record that was sent then or later, in each partition, or read it again."""
        async with self._turn:
            await self._retried(lambda: self._seek_once(since_ms))

    async def _seek_once(self, since_ms: int) -> None:
        assert self._consumer is not None, "start it first"
        assert self._offsets is not None
        partitions = self._consumer.assignment()
        # The ends first: a record that comes in between is read, not passed over.
        ends = await self._offsets.end_offsets(partitions)
        found = await self._offsets.offsets_for_times(dict.fromkeys(partitions, since_ms))
        for tp in partitions:
            at = found.get(tp)
            self._consumer.seek(tp, ends[tp] if at is None else at.offset)

    async def _follow(self) -> None:
        while True:
            await self._retried(self._take)
            async with self._applied:
                self._applied.notify_all()

    async def _retried(self, step: Callable[[], Awaitable[None]]) -> None:
        pause = MIN_PAUSE_S
        while True:
            try:
                return await step()
            except KafkaError as error:
                log.warning(
                    "topic.read.retried",
                    topic=self._topic.name,
                    error=type(error).__name__,
                    pause_s=pause,
                )
                await asyncio.sleep(pause)
                pause = min(pause * 2, MAX_PAUSE_S)

    async def _read_once(self) -> None:
        assert self._consumer is not None, "start it first"
        assert self._offsets is not None
        # The positions first: what comes while the ends are asked for is applied beside, and leads past them.
        reached = {tp: await self._consumer.position(tp) for tp in self._consumer.assignment()}
        ends: dict[TopicPartition, int] = await self._offsets.end_offsets(reached)
        for tp, end in ends.items():
            if reached[tp] > end:
                log.warning("topic.recreated", topic=self._topic.name, partition=tp.partition, end=end)
                self._consumer.seek(tp, 0)
        if self._follows:
            await self._followed_to(ends)
        else:
            self._consumer.resume(*ends)
            try:
                while await self._is_before(ends):
                    await self._take()
            finally:
                self._consumer.pause(*ends)

    async def _followed_to(self, ends: dict[TopicPartition, int]) -> None:
        assert self._following is not None
        async with self._applied:  # else what comes between a look and the wait would go unheard
            while await self._is_before(ends):
                if self._following.done():
                    self._following.result()
                # Anew after a while: a position may move without a record, past one that compaction took.
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._applied.wait(), 2 * WAIT_S)

    async def _is_before(self, ends: dict[TopicPartition, int]) -> bool:
        assert self._consumer is not None
        for tp, end in ends.items():
            if await self._consumer.position(tp) < end:
                return True
        return False

    async def _take(self) -> None:
        """Apply what has come, or comes within a moment; one that cannot be applied holds no other up."""
        assert self._consumer is not None
        for records in (await self._consumer.getmany(timeout_ms=round(WAIT_S * 1000))).values():
            for record in records:
                try:
                    self._apply(record.key, record.value, record.offset)
                except Exception:
                    place = {"partition": record.partition, "offset": record.offset}
                    log.exception("topic.record.skipped", topic=self._topic.name, **place)
