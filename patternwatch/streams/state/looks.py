"""What was analysed already and what is looked at again, stored on the compacted topic `looks`.

Every worker reads the whole topic: an alert, its request and its results may meet in different ones.
"""

from typing import Protocol

import structlog

from patternwatch.contracts.codec import decode
from patternwatch.contracts.errors import MessageError
from patternwatch.contracts.looks import Look
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import LOOKS, record_key
from patternwatch.kafka.compacted import CompactedTopic
from patternwatch.kafka.producer import Publisher

log = structlog.get_logger()


class LookStore(Protocol):
    """Where looks are kept."""

    async def of(self, tenant: str, request_id: str) -> Look | None:
        """The latest state of a request, as all workers left it; None of one that is not kept."""
        ...

    async def all(self) -> list[Look]:
        """Every request that is kept."""
        ...

    async def put(self, look: Look) -> None:
        """Keep this state of a request."""
        ...

    async def drop(self, look: Look) -> None:
        """Forget a request."""
        ...


class Looks:
    """The latest state by key, from the records of the topic in their order."""

    def __init__(self) -> None:
        self.by_key: dict[bytes, Look] = {}

    def apply(self, key: bytes | None, value: bytes | None, offset: int) -> None:
        """Take a record in: a state, or a null value that ends one; skip anything else."""
        if value is None:
            self.by_key.pop(key or b"", None)
            return
        try:
            look = decode(value, Look)
        except MessageError as error:
            log.error("look.unreadable", offset=offset, reason=str(error))
            return
        known = self.by_key.get(_key(look))
        self.by_key[_key(look)] = look if known is None else merged(known, look)


class KafkaLookStore:
    """The `LookStore` over the topic `looks`."""

    def __init__(self, settings: KafkaSettings, publisher: Publisher) -> None:
        self._publisher = publisher
        self._looks = Looks()
        self._topic = CompactedTopic(settings, LOOKS, self._looks.apply)

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
        return self._looks.by_key.get(record_key(tenant, request_id))

    async def all(self) -> list[Look]:
        """See `LookStore.all`; waits as long as the broker is away."""
        await self._topic.read_to_end()
        return list(self._looks.by_key.values())

    async def put(self, look: Look) -> None:
        """See `LookStore.put`."""
        await self._publisher.publish(LOOKS, look)

    async def drop(self, look: Look) -> None:
        """See `LookStore.drop`."""
        await self._publisher.send(LOOKS, _key(look), None)


def merged(known: Look, look: Look) -> Look:
    """The state after two writers that may not have known of each other.

    The collector moves a request on while the planner hears that its alert has resolved: the later look is
    right, and a resolved alert stays so.
    """
    late, early = (look, known) if look.look >= known.look else (known, look)
    if not (early.has_resolved and not late.has_resolved):
        return late
    request = late.request.model_copy(update={"alert": early.request.alert})
    due_ms = None if late.due_ms is None else min(late.due_ms, early.due_ms or early.changed_ms)
    return late.model_copy(update={"request": request, "due_ms": due_ms})


def _key(look: Look) -> bytes:
    return record_key(look.request.tenant, look.request.request_id)
