"""The episodes of all watched clusters, stored on the compacted topic `watches`.

Every worker reads the whole topic: the ticks of one watch may meet in any of them.
"""

from typing import Protocol

import structlog

from patternwatch.contracts.codec import decode
from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.errors import MessageError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import WATCHES
from patternwatch.kafka.compacted import CompactedTopic
from patternwatch.kafka.producer import Publisher

log = structlog.get_logger()


class EpisodeStore(Protocol):
    """Where episodes are kept."""

    async def of(self, tenant: str, watch: str) -> list[Episode]:
        """The latest state of every episode of this watch, as all workers left it."""
        ...

    async def open(self) -> list[Episode]:
        """The open ones of all watches, as all workers left them."""
        ...

    async def put(self, episode: Episode) -> None:
        """Keep this state of an episode."""
        ...


class KafkaEpisodeStore:
    """The `EpisodeStore` over the topic `watches`."""

    def __init__(self, settings: KafkaSettings, publisher: Publisher) -> None:
        self._publisher = publisher
        self._topic = CompactedTopic(settings, WATCHES, self._apply)
        self._latest: dict[tuple[str, str], dict[str, Episode]] = {}

    async def start(self) -> None:
        """Read the topic, which must be there, to its end.

        Raises BrokerUnavailableError after `connect_timeout_s`.
        """
        await self._topic.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._topic.stop()

    async def of(self, tenant: str, watch: str) -> list[Episode]:
        """See `EpisodeStore.of`; waits as long as the broker is away."""
        await self._topic.read_to_end()
        return list(self._latest.get((tenant, watch), {}).values())

    async def open(self) -> list[Episode]:
        """See `EpisodeStore.open`; waits as long as the broker is away."""
        await self._topic.read_to_end()
        return [one for own in self._latest.values() for one in own.values() if one.open]

    async def put(self, episode: Episode) -> None:
        """See `EpisodeStore.put`."""
        await self._publisher.publish(WATCHES, episode)

    def _apply(self, _key: bytes | None, value: bytes | None, offset: int) -> None:
        try:
            episode = decode(value, Episode)
        except MessageError as error:
            log.error("episode.unreadable", offset=offset, reason=str(error))
            return
        self._latest.setdefault((episode.tenant, episode.watch), {})[episode.cause] = episode
