"""What was analysed already and is looked at again: read from the compacted topic `looks`, and written."""

from patternwatch.contracts.looks import Look
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import LOOKS, record_key
from patternwatch.kafka.compacted import CompactedTopic
from patternwatch.kafka.producer import Publisher
from patternwatch.streams.state.looks import Looks, TenantLoad, key_of


class KafkaLookStore:
    """The `LookStore` over the topic `looks`."""

    def __init__(self, settings: KafkaSettings, publisher: Publisher) -> None:
        self._publisher = publisher
        self.looks = Looks()
        self._topic = CompactedTopic(settings, LOOKS, self.looks.apply)
        self.looks.on_lost = self._topic.read_anew

    async def start(self) -> None:
        """Read the topic, which must be there, to its end.

        Raises BrokerUnavailableError after `connect_timeout_s`.
        """
        await self._topic.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._topic.stop()

    async def of(self, tenant: str, request_id: str) -> Look | None:
        """See `LookStore.of`; waits as long as the broker is away."""
        await self._topic.read_to_end()
        return self.looks.get(record_key(tenant, request_id))

    def seen(self, tenant: str, request_id: str) -> Look | None:
        """See `LookStore.seen`."""
        return self.looks.get(record_key(tenant, request_id))

    async def under_way(self) -> list[Look]:
        """See `LookStore.under_way`; waits as long as the broker is away."""
        await self._topic.read_to_end()
        return list(self.looks.under_way.values())

    def expired(self, now_ms: int, since_ms: int) -> list[Look]:
        """See `LookStore.expired`."""
        return self.looks.ended.expired(now_ms, since_ms)

    async def of_scope(self, tenant: str, matchers: Matchers) -> list[Look]:
        """See `LookStore.of_scope`; waits as long as the broker is away."""
        await self._topic.read_to_end()
        return self.looks.of_scope(tenant, matchers)

    async def load(self, tenant: str) -> TenantLoad:
        """See `LookStore.load`; waits as long as the broker is away."""
        await self._topic.read_to_end()
        return self.looks.load(tenant)

    async def put(self, look: Look) -> None:
        """See `LookStore.put`."""
        await self._publisher.publish(LOOKS, look)

    async def drop(self, look: Look) -> None:
        """See `LookStore.drop`."""
        await self._publisher.send(LOOKS, key_of(look), None)
