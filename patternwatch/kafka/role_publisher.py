"""A publisher that keeps to what its role declares."""

from dataclasses import dataclass

from patternwatch.contracts.base import Message
from patternwatch.contracts.roles import Role
from patternwatch.contracts.topics import Topic
from patternwatch.kafka.producer import Publisher, RecordPosition


@dataclass(frozen=True, slots=True)
class RolePublisher:
    """A `Publisher` that acts in a role: a topic that the role does not declare is a fault of ours."""

    publisher: Publisher
    role: Role

    async def publish(
        self, topic: Topic, message: Message, encoded: bytes | None = None, partition: int | None = None
    ) -> RecordPosition:
        """See `Publisher.publish`; raises ValueError for an undeclared topic."""
        self._check(topic)
        return await self.publisher.publish(topic, message, encoded, partition)

    async def send(self, topic: Topic, key: bytes | None, value: bytes | None) -> RecordPosition:
        """See `Publisher.send`; raises ValueError for an undeclared topic."""
        self._check(topic)
        return await self.publisher.send(topic, key, value)

    def _check(self, topic: Topic) -> None:
        if topic not in self.role.produces:
            raise ValueError(f"the {self.role.name} does not declare that it produces {topic.name!r}")
