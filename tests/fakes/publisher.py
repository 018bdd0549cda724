"""Kafka as seen by whoever sends: a list."""

from collections.abc import Callable
from typing import Any

from patternwatch.api.context import Broker
from patternwatch.api.health import Reachable
from patternwatch.contracts.base import Message
from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.contracts.topics import Topic
from patternwatch.kafka.producer import Publisher, RecordPosition, message_key

CLUSTER = "cluster-1"
FIRST_OFFSET = 1001
"""Where the first record lies that a `FakePublisher` sends."""


class FakePublisher:
    """Keeps what was sent, encoded as on the wire, in order; while `broken`, Kafka is away.

    fail  may raise instead of taking a message
    """

    def __init__(self, fail: Callable[[Message], None] = lambda _: None) -> None:
        self.sent: list[tuple[Topic, bytes | None, bytes | None]] = []
        self.placed: list[int | None] = []
        """The partition that each published message was meant for."""
        self.broken = False
        self.unsent = ""
        self._fail = fail

    async def publish(
        self, topic: Topic, message: Message, encoded: bytes | None = None, partition: int | None = None
    ) -> RecordPosition:
        self._fail(message)
        self.placed.append(partition)
        return await self.send(topic, message_key(topic, message), encoded or encode(message))

    async def send(self, topic: Topic, key: bytes | None, value: bytes | None) -> RecordPosition:
        await self.ping()
        self.sent.append((topic, key, value))
        return RecordPosition(CLUSTER, 0, FIRST_OFFSET + len(self.sent) - 1)

    async def ping(self) -> None:
        if self.broken:
            raise BrokerUnavailableError("Kafka is away", "Start it")

    def why_unsent(self) -> str:
        return self.unsent

    async def close(self) -> None:
        return

    def on(self, topic: Topic) -> list[Any]:
        """The messages of this topic, decoded from what was sent."""
        return [decode(value, topic.message) for at, _, value in self.sent if at is topic]


_publisher: Publisher = FakePublisher()
_broker: Broker = FakePublisher()
_reachable: Reachable = FakePublisher()
