"""What workers have begun and not ended, stored on the topic `attempts`: who begins anew knows what died.

A record is written when something begins and deleted when it ends, however it ends. What is left belongs to
a worker that died. Only the owner of a partition begins what lies on it, so the topic is read once after
each assignment, not at each beginning.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import structlog

from patternwatch.contracts.attempts import Attempt
from patternwatch.contracts.codec import decode
from patternwatch.contracts.errors import MessageError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import ATTEMPTS, record_key
from patternwatch.kafka.compacted import CompactedTopic
from patternwatch.kafka.producer import Publisher

log = structlog.get_logger()


class AttemptStore(Protocol):
    """Where it is kept what was begun."""

    async def tries(self, tenant: str, work: str) -> int:
        """How often this was begun by workers that died before it ended."""
        ...

    async def begin(self, tenant: str, work: str, tries: int) -> None:
        """Note that it begins now, for the `tries`-th time; returns when that is confirmed."""
        ...

    def end(self, tenant: str, work: str) -> None:
        """Note soon that it has ended, or was handed back: it has killed nobody."""
        ...


class Tries:
    """How often each was begun, from the records of the topic in their order."""

    def __init__(self) -> None:
        self.tries: dict[bytes, int] = {}

    def apply(self, key: bytes | None, value: bytes | None, offset: int) -> None:
        """Take a record in: a beginning, or a null value for its end; skip anything else."""
        if value is None:
            self.tries.pop(key or b"", None)
            return
        try:
            attempt = decode(value, Attempt)
        except MessageError as error:
            log.error("attempt.unreadable", offset=offset, reason=str(error))
            return
        self.tries[record_key(attempt.tenant, attempt.work)] = attempt.tries


class KafkaAttemptStore:
    """The `AttemptStore` over the topic `attempts`."""

    def __init__(self, settings: KafkaSettings, publisher: Publisher, now_ms: Callable[[], int]) -> None:
        self._publisher = publisher
        self._now_ms = now_ms
        self._known = Tries()
        # Not followed: what this worker has in hand itself has killed nobody.
        self._topic = CompactedTopic(settings, ATTEMPTS, self._known.apply, follows=False)
        self._reading = asyncio.Lock()
        self._is_read = False
        self._in_hand: set[tuple[str, str]] = set()
        self._ending: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """Read the topic, which must be there, to its end.

        Raises BrokerUnavailableError after `connect_timeout_s`.
        """
        await self._topic.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._topic.stop()

    async def tries(self, tenant: str, work: str) -> int:
        """See `AttemptStore.tries`; waits as long as the broker is away."""
        async with self._reading:
            if not self._is_read:
                self._is_read = True  # a revocation meanwhile makes it false again
                await self.flush()
                await self._topic.read_to_end()
        return self._known.tries.get(record_key(tenant, work), 0)

    async def begin(self, tenant: str, work: str, tries: int) -> None:
        """See `AttemptStore.begin`."""
        self._in_hand.add((tenant, work))
        attempt = Attempt(tenant=tenant, work=work, tries=tries, at_ms=self._now_ms())
        await self._publisher.publish(ATTEMPTS, attempt)

    def end(self, tenant: str, work: str) -> None:
        """See `AttemptStore.end`."""
        if (tenant, work) not in self._in_hand:
            return  # handed back already
        self._in_hand.discard((tenant, work))
        self._known.tries.pop(record_key(tenant, work), None)
        self._soon(self._publisher.send(ATTEMPTS, record_key(tenant, work), None))

    def revoke(self) -> None:
        """The partitions are being assigned anew: hand back what is in hand, read what others have left."""
        self._is_read = False
        for tenant, work in list(self._in_hand):
            self.end(tenant, work)

    async def flush(self) -> None:
        """Wait until every end that was noted so far is out."""
        if self._ending:
            await asyncio.wait(tuple(self._ending))

    def _soon(self, sending: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(sending)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
