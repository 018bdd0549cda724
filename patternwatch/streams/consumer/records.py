"""Records as agents get them, acknowledged in the order of their offsets."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from patternwatch.kafka.offsets import Partition

OnUnread: TypeAlias = Callable[[Partition, int, int], None]
"""Told of the offsets of a partition, from one to before another, that were deleted before they were read."""


def untold(_partition: Partition, _first: int, _after: int) -> None:
    """The `OnUnread` of whoever does not want to know."""


@dataclass(slots=True)
class Record:
    """One record of a topic, raw. `free` drops its bytes, `ack` lets its offset be committed."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: dict[str, str] = field(default_factory=dict)
    ack: Callable[[], object] = lambda: None
    free: Callable[[], object] = lambda: None


def record_of(event: Any) -> Record:
    """The record behind a Faust event of a raw topic."""
    message = event.message

    def free() -> None:
        message.value = None
        event.value = None

    return Record(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        value=message.value,
        headers={
            str(name): value.decode(errors="replace") if isinstance(value, bytes) else str(value)
            for name, value in dict(message.headers or {}).items()
        },
        ack=event.ack,
        free=free,
    )


class Delivery:
    """One record in process. `done` may be called in any order; offsets are committed in theirs."""

    def __init__(self, record: Record, tracker: "OffsetTracker") -> None:
        self.record = record
        self.finished = False
        self._tracker = tracker

    @property
    def held(self) -> bool:
        """Whether it is in hand; not where its partition was dealt anew, whose owner gets it again."""
        return self._tracker.holds(self.record)

    def done(self) -> None:
        """This record needs no other delivery: its effects are confirmed."""
        self.finished = True
        self.record.value = None
        self.record.free()
        self._tracker.complete(self.record)


class OffsetTracker:
    """The unacknowledged records of each partition.

    Faust commits past an unacknowledged record when it is the first of its partition (a partition without
    a committed offset has nothing to compare with), so a record is acknowledged only when all before it
    are.

    on_unread  told of what was passed over: Kafka deleted it under a consumer that was behind
    """

    def __init__(self, on_unread: OnUnread = untold) -> None:
        self._on_unread = on_unread
        self._partitions: dict[Partition, OrderedDict[int, Delivery]] = {}
        self._last: dict[Partition, int] = {}
        self.dealt = 0
        """How often the partitions were dealt anew: what Faust handed out before comes again."""

    def track(self, record: Record) -> Delivery | None:
        """Track a record until it is done; None where it is tracked or done already (a redelivery)."""
        partition = (record.topic, record.partition)
        last = self._last.get(partition)
        if last is not None and record.offset <= last:
            return None
        if last is not None and record.offset > last + 1:
            self._on_unread(partition, last + 1, record.offset)
        self._last[partition] = record.offset
        delivery = self._partitions.setdefault(partition, OrderedDict())[record.offset] = Delivery(
            record, self
        )
        return delivery

    def holds(self, record: Record) -> bool:
        """Whether it is tracked, and its partition was not dealt anew since."""
        partition = self._partitions.get((record.topic, record.partition), OrderedDict())
        held = partition.get(record.offset)
        return held is not None and held.record is record

    def complete(self, record: Record) -> None:
        """Acknowledge finished records up to the first one that is not."""
        if not self.holds(record):
            return
        partition = self._partitions[record.topic, record.partition]
        while partition and (first := next(iter(partition.values()))).finished:
            first.record.ack()
            partition.popitem(last=False)

    def revoke(self) -> None:
        """Forget every record: the partitions are being assigned anew."""
        self._partitions.clear()
        self._last.clear()
        self.dealt += 1

    def taken(self) -> dict[Partition, int]:
        """The last tracked offset, by partition."""
        return dict(self._last)

    def in_hand(self) -> int:
        """How many records are unacknowledged."""
        return sum(len(partition) for partition in self._partitions.values())
