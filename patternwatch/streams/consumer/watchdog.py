"""The watchdog: a consumer that silently stopped consuming ends the process, so that others take over.

It asks the broker by clients of its own, since the consumer's clients are what it checks.
"""

import time
from collections.abc import Awaitable, Callable, Iterable

import structlog

from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.kafka.offsets import Offsets, Partition, RecreatedTopicError
from patternwatch.kafka.topics import topic_name
from patternwatch.streams.consumer.records import OffsetTracker
from patternwatch.streams.consumer.topic_consumer import TopicConsumer
from patternwatch.streams.metrics import WorkerMetrics

log = structlog.get_logger()


BLIND_S = 30.0
"""Longer than a broker takes to come back at its address, when every client finds it again by itself."""


class StalledError(Exception):
    """A partition of ours has records and makes no progress, or cannot make any."""


async def nobody_asks() -> bool:
    """The default of `answers`: nothing is known of the bootstrap address."""
    return False


class Watchdog:
    """Compares the records of each partition with those that its consumer took.

    A partition is stalled when it has records left and, for `stall_s` seconds, none of them was taken while
    its consumer had a free slot, nor was any record completed while it had none.

    Two things end the process sooner, since a new one finds its way by itself: a topic that was deleted and
    made again, whose first records Faust would pass over as known; and brokers that are back under other
    addresses, or with another login, since clients ask those that they know, as they know them, and never the
    bootstrap address again.

    answers  whether Kafka answers a new client
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
        answers: Callable[[], Awaitable[bool]] = nobody_asks,
    ) -> None:
        self._offsets = offsets
        self._tracker = tracker
        self._consumers = {topic_name(settings, consumer.topic): consumer for consumer in consumers}
        self._metrics = metrics
        self._stall_s = stall_s
        self._clock = clock
        self._answers = answers
        self._blind_since: float | None = None
        self._found_elsewhere = False
        self._recreated: str = ""
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
            await self._look_elsewhere()
            return
        except RecreatedTopicError as error:
            self._confirm_recreated(str(error))
            return
        self._blind_since, self._found_elsewhere, self._recreated = None, False, ""
        self._metrics.consumer_lag.clear()
        self._seen = {partition: self._judge(partition, ours[partition], n) for partition, n in lag.items()}

    async def _look_elsewhere(self) -> None:
        """Twice in a row, lest a broker that has just come back at its old address be taken for another."""
        now = self._clock()
        self._blind_since = now if self._blind_since is None else self._blind_since
        if now - self._blind_since < BLIND_S:
            return
        before, self._found_elsewhere = self._found_elsewhere, await self._answers()
        if before and self._found_elsewhere:
            raise StalledError(
                "Kafka answers at its bootstrap address, but its brokers have not answered where this "
                f"process knew them for {now - self._blind_since:.0f} s: they are back under other "
                "addresses, or want another login than the one that it began with (the file of its password "
                "or certificate was changed). A new process begins with what holds now"
            )

    def _confirm_recreated(self, said: str) -> None:
        """Twice in a row, since a new leader may tell an end that is behind for a moment (KIP-207)."""
        log.warning("watchdog.topic_recreated", reason=said)
        if self._recreated:
            raise StalledError(f"{said}; a new process begins at its beginning")
        self._recreated = said

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
