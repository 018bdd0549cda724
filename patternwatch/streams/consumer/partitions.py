"""Which partitions are this worker's now, and which partitions of other topics lie beside one.

Faust gives partitions of the same number to the same worker, for all topics that have as many of them (its
`CopartitionedAssignor`). Where an operator gave a topic more, nothing is known to lie beside its partitions.
"""

from collections.abc import Callable
from typing import Protocol

from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import Topic, record_key
from patternwatch.kafka.offsets import Partition
from patternwatch.kafka.topics import partition_of, topic_name


class Partitions(Protocol):
    """What agents ask of the partitions."""

    def owns(self, topic: Topic, *key: str) -> bool:
        """Whether the partition of the record with this key is ours now; False until that is known.

        `key` are its parts, as `record_key` takes them.
        """
        ...

    def has(self, topic: Topic, partition: int) -> bool:
        """Whether this partition is ours now."""
        ...

    def beside(self, topic: Topic, other: Topic, *key: str) -> int | None:
        """The partition of `topic` that lies beside that of the record with this key of `other`, if any."""
        ...


class AssignedPartitions:
    """The `Partitions` of a member of the group.

    counts  how many partitions a topic has, by its name at the broker; None until that is known

    >>> from patternwatch.contracts.topics import SHARDS, TICKS
    >>> partitions = AssignedPartitions(KafkaSettings(topic_prefix="p."), {"p.ticks": 4, "p.shards": 4}.get)
    >>> number = partitions.beside(SHARDS, TICKS, "default", "shop")
    >>> partitions.now = {("p.ticks", number)}
    >>> partitions.owns(TICKS, "default", "shop"), partitions.has(SHARDS, number)
    (True, False)
    """

    def __init__(self, settings: KafkaSettings, counts: Callable[[str], int | None]) -> None:
        self.now: set[Partition] = set()
        self._settings, self._counts = settings, counts

    def owns(self, topic: Topic, *key: str) -> bool:
        """See `Partitions.owns`."""
        partition = self.beside(topic, topic, *key)
        return partition is not None and self.has(topic, partition)

    def has(self, topic: Topic, partition: int) -> bool:
        """See `Partitions.has`."""
        return (topic_name(self._settings, topic), partition) in self.now

    def beside(self, topic: Topic, other: Topic, *key: str) -> int | None:
        """See `Partitions.beside`."""
        count = self._counts(topic_name(self._settings, other))
        if count is None or self._counts(topic_name(self._settings, topic)) != count:
            return None
        return partition_of(record_key(*key), count)
