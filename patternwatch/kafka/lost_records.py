"""Whether a record that was sent can still be worked on: is it on its topic, and has the group gone past it?

Asked of the brokers by clients of its own, of few records and seldom.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import Topic
from patternwatch.kafka.clients import admin_client, close_client, consumer
from patternwatch.kafka.diagnosis import explained
from patternwatch.kafka.producer import RecordPosition
from patternwatch.kafka.topics import find_cluster, topic_name

Fate: TypeAlias = Literal["waiting", "gone", "passed", "elsewhere"]
"""A record waits for its turn; is no longer on its topic; was gone past by the consumer group; or lies in
another Kafka cluster than the one that is in use."""

_READ_MS = 2000


@dataclass(frozen=True, slots=True)
class Sought:
    """A record that was sent: its key, and where it lay."""

    key: bytes
    at: RecordPosition


@dataclass(frozen=True, slots=True)
class Reach:
    """A partition's first offset and its end, and up to where the group has come; None where nobody tells.

    >>> Reach(begins=4, ends=9, committed=6).lag
    3
    """

    begins: int
    ends: int
    committed: int | None

    @property
    def lag(self) -> int | None:
        """How many records the group has still to take; None where that is not known."""
        return None if self.committed is None else self.ends - max(self.committed, self.begins)

    def fate(self, offset: int, *, is_there: bool) -> Fate:
        """What becomes of the record at this offset.

        A worker may hold in memory what retention has deleted meanwhile: as long as the group has not come
        so far, and has records left to come by, it waits.

        >>> Reach(begins=0, ends=9, committed=6).fate(7, is_there=True)
        'waiting'
        >>> Reach(begins=8, ends=9, committed=6).fate(7, is_there=False)
        'waiting'
        >>> Reach(begins=9, ends=9, committed=6).fate(7, is_there=False)
        'gone'
        >>> Reach(begins=0, ends=9, committed=8).fate(7, is_there=True)
        'passed'
        """
        has_passed = self.committed is not None and offset < self.committed
        if is_there:
            return "passed" if has_passed else "waiting"
        return "gone" if has_passed or not self.lag else "waiting"


async def fates(
    settings: KafkaSettings, topic: Topic, group: str, sought: Sequence[Sought]
) -> dict[Sought, Fate]:
    """What became of these records of one topic; raises BrokerUnavailableError.

    group  the consumer group that works on the topic; where nobody may tell how far it has come, a record
           counts as waiting for as long as it is there
    """
    cluster = await find_cluster(settings, (topic,))
    here = [one for one in sought if one.at.cluster == cluster.id]
    found: dict[Sought, Fate] = dict.fromkeys(sought, "elsewhere")
    name = topic_name(settings, topic)
    numbers = sorted({one.at.partition for one in here})
    partitions = [TopicPartition(name, n) for n in numbers if n < cluster.partitions[name]]
    client = consumer(settings, "patternwatch-lost-records")
    try:
        await client.start()
        reach = await _reach(settings, client, group, partitions)
        for one in here:
            found[one] = "gone"  # as where there is no such partition any more
        for tp in partitions:
            of_it = sorted((one for one in here if one.at.partition == tp.partition), key=_offset)
            found |= await _of_partition(client, tp, reach[tp], of_it)
    except (KafkaError, OSError) as error:
        raise await explained(settings, error) from error
    finally:
        await close_client(client)
    return found


async def _of_partition(
    client: AIOKafkaConsumer, tp: TopicPartition, reach: Reach, sought: Sequence[Sought]
) -> dict[Sought, Fate]:
    """The fates of these, the lowest offset first: behind one that is there and waits all others do.

    Of a topic that was made again that is not so: then the first one is worked on, and no more asked for.
    """
    found: dict[Sought, Fate] = {}
    waits = False
    for one in sought:
        at = one.at.offset
        is_there = reach.begins <= at < reach.ends and (waits or await _lies_there(client, tp, one))
        found[one] = reach.fate(at, is_there=is_there)
        waits = is_there and found[one] == "waiting"
    return found


async def _lies_there(client: AIOKafkaConsumer, tp: TopicPartition, sought: Sought) -> bool:
    """Whether the record at this offset is the one: of a topic that was made again it is another."""
    client.assign([tp])
    client.seek(tp, sought.at.offset)
    for record in (await client.getmany(tp, timeout_ms=_READ_MS, max_records=1)).get(tp, []):
        return bool(record.offset == sought.at.offset and record.key == sought.key)
    return True  # not read in time: nothing is known


async def _reach(
    settings: KafkaSettings, client: AIOKafkaConsumer, group: str, partitions: list[TopicPartition]
) -> dict[TopicPartition, Reach]:
    if not partitions:
        return {}
    begins = await client.beginning_offsets(partitions)
    ends = await client.end_offsets(partitions)
    committed = await _committed(settings, group)
    found = {}
    for tp in partitions:
        offset = committed.get(tp)
        # Committed of a topic that was deleted: whoever takes it begins anew.
        told = None if offset is None else offset if offset <= ends[tp] else 0
        found[tp] = Reach(begins[tp], ends[tp], told)
    return found


async def _committed(settings: KafkaSettings, group: str) -> dict[TopicPartition, int]:
    """How far the group has come; empty where this client may not know."""
    admin = admin_client(settings)
    try:
        await admin.start()
        offsets = await admin.list_consumer_group_offsets(group)
    except KafkaError:
        return {}
    finally:
        await close_client(admin)
    return {tp: of.offset for tp, of in offsets.items() if of.offset >= 0}


def _offset(sought: Sought) -> int:
    return sought.at.offset
