"""The watchdog: a consumer that silently stopped consuming ends the process, so that others take over.

It asks the broker by clients of its own, since the consumer's clients are what it checks.
"""

import time
from collections.abc import Callable, Iterable

import structlog

from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.kafka.offsets import Offsets, Partition
from patternwatch.kafka.topics import topic_name
from patternwatch.streams.consumer.records import OffsetTracker
from patternwatch.streams.consumer.topic_consumer import TopicConsumer
from patternwatch.streams.metrics import WorkerMetrics

log = structlog.get_logger()


class StalledError(Exception):
    """A partition of ours has records and makes no progress."""


class Watchdog:
    """Compares the records of each partition with those that its consumer took.

    A partition is stalled when it has records left and, for `stall_s` seconds, none of them was taken while
    its consumer had a free slot, nor was any record completed while it had none.
    """

    def __init__(
        self,
        offsets: Offsets,
        tracker: OffsetTracker,
        consumers: Iterable[TopicConsumer],
        settings: KafkaSettings,
        metrics: WorkerMetrics,
        stall_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._offsets = offsets
        self._tracker = tracker
        self._consumers = {topic_name(settings, consumer.topic): consumer for consumer in consumers}
        self._metrics = metrics
        self._stall_s = stall_s
        self._clock = clock
        self._seen: dict[Partition, tuple[object, float]] = {}

    async def check(self, assigned: Iterable[Partition]) -> None:
        """Check the assigned partitions once; raises StalledError."""
        taken = self._tracker.taken()
        ours = {partition: taken.get(partition) for partition in assigned if partition[0] in self._consumers}
        try:
            lag = await self._offsets.remaining(ours)
        except BrokerUnavailableError as error:
            log.warning("watchdog.blind", reason=str(error))
            self._seen.clear()
            return
        self._metrics.consumer_lag.clear()
        self._seen = {partition: self._judge(partition, ours[partition], n) for partition, n in lag.items()}

    def _judge(self, partition: Partition, last: int | None, lag: int) -> tuple[object, float]:
        consumer = self._consumers[partition[0]]
        self._metrics.consumer_lag.labels(consumer.topic.name, str(partition[1])).set(lag)
        mark = (last, consumer.completed if consumer.busy else None)
        now = self._clock()
        before, since = self._seen.get(partition, (None, now))
        if lag == 0 or mark != before:
            return mark, now
        if now - since > self._stall_s:
            raise StalledError(
                f"{partition[0]} partition {partition[1]} has {lag} records but made no progress "
                f"for {now - since:.0f} s"
            )
        return mark, since
