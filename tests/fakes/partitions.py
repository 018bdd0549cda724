"""The partitions of a group of one worker, or of none."""

from patternwatch.contracts.topics import Topic
from patternwatch.streams.consumer.partitions import Partitions


class FakePartitions:
    """All partitions are ours, or none; what lies beside a watch is partition 7."""

    def __init__(self, ours: bool = True) -> None:
        self.ours = ours

    def owns(self, topic: Topic, *key: str) -> bool:
        return self.ours

    def has(self, topic: Topic, partition: int) -> bool:
        return self.ours

    def beside(self, topic: Topic, other: Topic, *key: str) -> int | None:
        return 7


_partitions: Partitions = FakePartitions()
