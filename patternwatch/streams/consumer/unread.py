"""What Kafka deleted before the group had read it: said, counted, and gone past.

The client goes on at the first record that is there (`auto_offset_reset`) and says nothing.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

import structlog
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.kafka.offsets import Partition
from patternwatch.streams.consumer.records import OnUnread
from patternwatch.streams.metrics import WorkerMetrics

log = structlog.get_logger()

Begins: TypeAlias = Callable[[Sequence[Partition]], Awaitable[Mapping[Partition, int]]]
"""Says where partitions begin; raises BrokerUnavailableError."""

_REMEDY = (
    "Raise the topic's retention.ms (`patternwatch doctor` names those that are too short), or start more "
    "workers; analyses that lack their request end and say so, alerts are taken up when they are repeated"
)


class UnreadRecords:
    """Counts and logs them, as an `OnUnread`; `topic_prefix` is that of the settings."""

    def __init__(self, topic_prefix: str, metrics: WorkerMetrics) -> None:
        self._prefix, self._metrics = topic_prefix, metrics

    def __call__(self, partition: Partition, first: int, after: int) -> None:
        """See `OnUnread`."""
        topic, number = partition
        log.warning(
            "records.unread",
            topic=topic,
            partition=number,
            records=after - first,
            first_offset=first,
            goes_on_at=after,
            remedy=_REMEDY,
        )
        self._metrics.records_unread.labels(topic.removeprefix(self._prefix)).inc(after - first)


def transport_telling(begins: Begins, on_unread: OnUnread) -> type[driver.Transport]:
    """Faust's transport, whose consumer tells what is gone between the group's offsets and what is there."""

    class Consumer(driver.Consumer):
        async def seek_to_committed(self) -> Mapping[TP, int]:
            """Go past what is gone before anything is read.

            Faust would take each offset of it into a list when it commits the first record behind: a gigabyte
            and seconds without a turn of the event loop for fifteen million. Committed here, it is told once
            in a group, by the partition's owner.
            """
            committed: Mapping[TP, int] = await super().seek_to_committed()
            gone = await _gone(begins, committed)
            if not gone or not await self._commit(gone):
                return committed
            for tp, first in gone.items():
                on_unread((tp.topic, tp.partition), committed[tp], first)
            found: Mapping[TP, int] = await super().seek_to_committed()
            return found

    return type("Transport", (driver.Transport,), {"Consumer": Consumer})


async def _gone(begins: Begins, committed: Mapping[TP, int | None]) -> dict[TP, int]:
    """Where partitions begin that begin behind what the group has committed."""
    told = {tp: at for tp, at in committed.items() if at is not None and at >= 0}
    try:
        first = await begins([(tp.topic, tp.partition) for tp in told])
    except BrokerUnavailableError as error:  # then the client goes past it, silently
        log.info("records.unread.unknown", reason=str(error))
        return {}
    return {
        tp: first[tp.topic, tp.partition] for tp, at in told.items() if at < first[tp.topic, tp.partition]
    }
