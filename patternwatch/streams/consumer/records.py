"""Records as agents get them, and their acknowledgement in the order of their offsets."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from patternwatch.kafka.offsets import Partition


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
    """One record in hand. `done` may be called in any order; records are acknowledged in theirs."""

    def __init__(self, record: Record, tracker: "OffsetTracker") -> None:
        self.record = record
        self.finished = False
        self._tracker = tracker

    def done(self) -> None:
        """This record needs no other delivery: its effects are confirmed."""
        self.finished = True
        self.record.value = None
        self.record.free()
        self._tracker.complete(self.record)


class OffsetTracker:
    """Records in hand by partition.

    Faust commits past a record that is still in hand when it is the first of its partition (an
    uncommitted partition has no offset to compare with), so a record is acknowledged only when all
    before it are.
    """

    def __init__(self) -> None:
        self._lanes: dict[Partition, OrderedDict[int, Delivery]] = {}
        self._last: dict[Partition, int] = {}

    def track(self, record: Record) -> Delivery | None:
        """Take a record in hand; None where it is in hand or done already (a second delivery)."""
        lane = (record.topic, record.partition)
        if record.offset <= self._last.get(lane, -1):
            return None
        self._last[lane] = record.offset
        delivery = self._lanes.setdefault(lane, OrderedDict())[record.offset] = Delivery(record, self)
        return delivery

    def complete(self, record: Record) -> None:
        """Acknowledge what is finished, up to the first record that is not."""
        lane = self._lanes.get((record.topic, record.partition), OrderedDict())
        held = lane.get(record.offset)
        if held is None or held.record is not record:
            return  # its partition was taken away since: whoever has it now gets the record again
        while lane and (first := next(iter(lane.values()))).finished:
            first.record.ack()
            lane.popitem(last=False)

    def revoke(self) -> None:
        """Forget everything in hand: the partitions are being dealt out anew."""
        self._lanes.clear()
        self._last.clear()

    def taken(self) -> dict[Partition, int]:
        """The last offset taken in hand, by partition."""
        return dict(self._last)

    def in_hand(self) -> int:
        """How many records are not acknowledged yet."""
        return sum(len(lane) for lane in self._lanes.values())
