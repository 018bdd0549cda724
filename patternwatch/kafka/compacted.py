"""A compacted topic that a process reads whole: its latest records are the state."""

import asyncio
from collections.abc import Callable

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import Topic
from patternwatch.kafka.clients import connect, consumer
from patternwatch.kafka.topics import topic_name

log = structlog.get_logger()


class CompactedTopic:
    """Gives every record of the topic, from its beginning, to `apply` (key, value, offset).

    The end of the topic is asked for by a client of its own: on the consumer's connection the question would
    wait behind a fetch that waits for records, up to half a second.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        topic: Topic,
        apply: Callable[[bytes | None, bytes | None, int], None],
    ) -> None:
        self._settings = settings
        self._topic = topic
        self._apply = apply
        self._consumer: AIOKafkaConsumer | None = None
        self._offsets: AIOKafkaConsumer | None = None
        self._turn = asyncio.Lock()
        self._asked = self._answered = 0

    async def start(self) -> None:
        """Read the topic, which must exist, to its end.

        Raises BrokerUnavailableError after `connect_timeout_s`.
        """
        settings, client_id = self._settings, f"patternwatch-{self._topic.name}"
        name = topic_name(settings, self._topic)
        self._consumer = await connect(settings, lambda: consumer(settings, client_id, name))
        self._offsets = await connect(settings, lambda: consumer(settings, f"{client_id}-offsets"))
        await self.read_to_end()

    async def stop(self) -> None:
        """Disconnect."""
        for client in (self._consumer, self._offsets):
            if client is not None:
                await client.stop()

    async def read_to_end(self) -> None:
        """Apply all that has been published until now; waits as long as the broker is away.

        Whoever asks while a read is under way shares the next one: alerts come by the hundred.
        """
        self._asked += 1
        turn = self._asked
        async with self._turn:
            if self._answered >= turn:
                return
            answers = self._asked
            await self._read()
            self._answered = answers

    async def _read(self) -> None:
        pause = 0.2
        while True:
            try:
                await self._read_once()
            except KafkaError as error:
                log.warning(
                    "topic.read.retried",
                    topic=self._topic.name,
                    error=type(error).__name__,
                    pause_s=pause,
                )
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
            else:
                return

    async def _read_once(self) -> None:
        assert self._consumer is not None, "start it first"
        assert self._offsets is not None
        ends: dict[TopicPartition, int] = await self._offsets.end_offsets(self._consumer.assignment())
        for tp, end in ends.items():
            if await self._consumer.position(tp) > end:
                log.warning("topic.recreated", topic=self._topic.name, partition=tp.partition, end=end)
                self._consumer.seek(tp, 0)
        while [tp for tp, end in ends.items() if await self._consumer.position(tp) < end]:
            for records in (await self._consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    self._apply(record.key, record.value, record.offset)
