"""The watchdog: a consumer that silently stopped consuming ends the process, so that others take over.

It asks the broker by clients of its own, since those of the consumer are what it doubts.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from patternwatch.contracts.settings import KafkaSettings
from patternwatch.streams.intake import Intake
from patternwatch.streams.metrics import WorkerMetrics
from patternwatch.streams.records import Acks, Partition
from patternwatch.streams.topics import connected, topic_name

log = structlog.get_logger()


class StalledError(Exception):
    """A partition of ours has records and makes no progress."""


class Offsets(Protocol):
    """What the broker knows of partitions."""

    async def remaining(self, taken: Mapping[Partition, int | None]) -> dict[Partition, int]:
        """How many records follow the last one taken; from the committed offset on where that is None."""
        ...


class BrokerOffsets:
    """The `Offsets` of a real broker."""

    def __init__(self, settings: KafkaSettings, group: str) -> None:
        self._settings = settings
        self._group = group
        self._consumer: AIOKafkaConsumer | None = None
        self._admin: AIOKafkaAdminClient | None = None

    async def start(self) -> None:
        """Connect; raises BrokerUnavailableError."""
        servers = {"bootstrap_servers": self._settings.bootstrap, "client_id": "patternwatch-watchdog"}
        self._consumer = await connected(self._settings, lambda: AIOKafkaConsumer(**servers))
        self._admin = await connected(self._settings, lambda: AIOKafkaAdminClient(**servers))

    async def stop(self) -> None:
        """Disconnect."""
        if self._consumer is not None:
            await self._consumer.stop()
        if self._admin is not None:
            await self._admin.close()

    async def remaining(self, taken: Mapping[Partition, int | None]) -> dict[Partition, int]:
        """See `Offsets.remaining`; raises KafkaError where the broker is away."""
        assert self._consumer is not None, "start first"
        assert self._admin is not None
        partitions = [TopicPartition(*partition) for partition in taken]
        if not partitions:
            return {}
        ends = await self._consumer.end_offsets(partitions)
        begins = await self._consumer.beginning_offsets(partitions)
        committed = await self._admin.list_consumer_group_offsets(self._group)
        lag = {}
        for partition, last in taken.items():
            tp = TopicPartition(*partition)
            if last is None:
                stored = committed.get(tp)
                last = (stored.offset if stored is not None else 0) - 1  # noqa: PLW2901
            lag[partition] = max(ends[tp] - max(last + 1, begins[tp]), 0)
        return lag


class Watchdog:
    """Compares what is there with what agents took.

    A partition is stalled when it has records left and, for `stall_s`, nothing of it was taken while
    its intake had a free place, nor was any record settled while it had none.
    """

    def __init__(
        self,
        offsets: Offsets,
        acks: Acks,
        intakes: Iterable[Intake[Any]],
        settings: KafkaSettings,
        metrics: WorkerMetrics,
        stall_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._offsets = offsets
        self._acks = acks
        self._intakes = {topic_name(settings, intake.topic): intake for intake in intakes}
        self._metrics = metrics
        self._stall_s = stall_s
        self._clock = clock
        self._seen: dict[Partition, tuple[object, float]] = {}

    async def check(self, assigned: Iterable[Partition]) -> None:
        """Look once at the partitions that are ours; raises StalledError."""
        taken = self._acks.taken()
        ours = {partition: taken.get(partition) for partition in assigned if partition[0] in self._intakes}
        try:
            lag = await self._offsets.remaining(ours)
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("watchdog.blind", error=type(error).__name__)
            self._seen.clear()
            return
        self._metrics.consumer_lag.clear()
        self._seen = {partition: self._judge(partition, ours[partition], n) for partition, n in lag.items()}

    def _judge(self, partition: Partition, last: int | None, lag: int) -> tuple[object, float]:
        intake = self._intakes[partition[0]]
        self._metrics.consumer_lag.labels(intake.topic.name, str(partition[1])).set(lag)
        mark = (last, intake.settled if intake.busy else None)
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
