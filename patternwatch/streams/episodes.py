"""The open episodes of all watched clusters, kept on the compacted topic `watches`.

Every worker reads the whole topic: the ticks of one watch may meet in any of them.
"""

import asyncio
from typing import Protocol

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from patternwatch.contracts.codec import decode
from patternwatch.contracts.errors import MessageError
from patternwatch.contracts.messages import Episode
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import WATCHES
from patternwatch.streams.outbox import Publisher
from patternwatch.streams.topics import connected, topic_name

log = structlog.get_logger()


class EpisodeStore(Protocol):
    """Where episodes are kept."""

    async def of(self, tenant: str, watch: str) -> list[Episode]:
        """The latest state of every episode of this watch, as all workers left it."""
        ...

    async def put(self, episode: Episode) -> None:
        """Keep this state of an episode."""
        ...


class EpisodeLog:
    """The `EpisodeStore` over the topic `watches`."""

    def __init__(self, settings: KafkaSettings, publisher: Publisher) -> None:
        self._settings = settings
        self._publisher = publisher
        self._consumer: AIOKafkaConsumer | None = None
        self._latest: dict[tuple[str, str], dict[str, Episode]] = {}
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Read the topic, which must be there, to its end.

        Raises BrokerUnavailableError after `connect_timeout_s`.
        """
        name = topic_name(self._settings, WATCHES)
        self._consumer = await connected(
            self._settings,
            lambda: AIOKafkaConsumer(
                name,
                bootstrap_servers=self._settings.bootstrap,
                client_id="patternwatch-episodes",
                enable_auto_commit=False,
                auto_offset_reset="earliest",
            ),
        )
        await self._read_to_end()

    async def stop(self) -> None:
        """Disconnect."""
        if self._consumer is not None:
            await self._consumer.stop()

    async def of(self, tenant: str, watch: str) -> list[Episode]:
        """See `EpisodeStore.of`; waits as long as the broker is away."""
        await self._read_to_end()
        return list(self._latest.get((tenant, watch), {}).values())

    async def put(self, episode: Episode) -> None:
        """See `EpisodeStore.put`."""
        await self._publisher.publish(WATCHES, episode)

    async def _read_to_end(self) -> None:
        pause = 0.2
        async with self._turn:
            while True:
                try:
                    await self._read_once()
                except KafkaError as error:
                    log.warning("episodes.retried", error=type(error).__name__, pause_s=pause)
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, 5.0)
                else:
                    return

    async def _read_once(self) -> None:
        assert self._consumer is not None, "start the episode log first"
        ends: dict[TopicPartition, int] = await self._consumer.end_offsets(self._consumer.assignment())
        while [tp for tp, end in ends.items() if await self._consumer.position(tp) < end]:
            for records in (await self._consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    self._apply(record.value, record.offset)

    def _apply(self, value: bytes | None, offset: int) -> None:
        try:
            episode = decode(value, Episode)
        except MessageError as error:
            log.error("episode.unreadable", offset=offset, reason=str(error))
            return
        self._latest.setdefault((episode.tenant, episode.watch), {})[episode.cause] = episode
