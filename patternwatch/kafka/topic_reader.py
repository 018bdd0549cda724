"""Reads several topics without a consumer group: whoever reads keeps the positions by itself."""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import Topic
from patternwatch.kafka.clients import METADATA_MAX_AGE_MS, close_client
from patternwatch.kafka.clients import consumer as kafka_consumer
from patternwatch.kafka.offsets import Partition
from patternwatch.kafka.refusals import unavailable
from patternwatch.kafka.topics import Cluster, find_cluster

_POLL_MS = 1000
_FETCH_WAIT_MS = 100
"""A partition whose records the caller takes only after 100 ms, since it still stores the ones before, is
left out of the client's next fetch, and waits until that one has waited for others: 500 ms by default."""
MAX_RECORDS = 500
"""Of one read."""
_CHECK_S = 10.0


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it lies on its topic; `topic` is the name at the broker."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


class TopicReader:
    """A connection that reads every partition of some topics, from positions that its caller stores.

    Every method that asks the broker raises BrokerUnavailableError where it does not answer.
    """

    def __init__(self, settings: KafkaSettings, cluster: Cluster, consumer: AIOKafkaConsumer) -> None:
        self._settings = settings
        self._partitions = cluster.partitions
        self._consumer = consumer
        self._next: dict[Partition, int] = {}
        self._checking: asyncio.Task[dict[TopicPartition, int]] | None = None
        self._next_when_asked: dict[Partition, int] = {}
        """Where reading was when the ends were asked for: it goes on meanwhile, past what they answer."""
        self._check_at = time.monotonic() + _CHECK_S
        self.cluster = cluster.id
        """The Kafka cluster's id: offsets mean something within one cluster only."""

    @classmethod
    async def connect(cls, settings: KafkaSettings, client_id: str, topics: Iterable[Topic]) -> "TopicReader":
        """Find the topics, which must be there, and connect."""
        cluster = await find_cluster(settings, topics)
        consumer = kafka_consumer(
            settings,
            client_id,
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
            fetch_max_wait_ms=_FETCH_WAIT_MS,
        )
        try:
            with _translated(settings):
                await consumer.start()
        except BaseException:
            await close_client(consumer)
            raise
        return cls(settings, cluster, consumer)

    async def seek(self, positions: Mapping[Partition, int]) -> list[Partition]:
        """Go to these offsets, in other partitions to the beginning; once, before the first `read`.

        A position that retention has passed means the first record that is left. Where a position lies
        behind the end, its topic was deleted and created again: such partitions are read from their
        beginning, and returned.
        """
        assigned = [TopicPartition(topic, n) for topic, of in self._partitions.items() for n in range(of)]
        self._consumer.assign(assigned)
        with _translated(self._settings):
            begins = await self._consumer.beginning_offsets(assigned)
            ends = await self._consumer.end_offsets(assigned)
        recreated = [tp for tp in assigned if positions.get(tp, 0) > ends[tp]]
        for tp in assigned:
            wanted = 0 if tp in recreated else positions.get(tp, 0)
            self._next[tp] = max(wanted, begins[tp])
            self._consumer.seek(tp, self._next[tp])
        return [(tp.topic, tp.partition) for tp in recreated]

    async def read(self) -> list[Record]:
        """The next records, at most 500; none where nothing comes within a second.

        Raises BrokerUnavailableError too where a topic was deleted and made again, or where the brokers do
        not answer where this connection knows them: a new connection begins anew, at the bootstrap address.
        """
        await self._check()
        with _translated(self._settings):
            batch = await self._consumer.getmany(timeout_ms=_POLL_MS, max_records=MAX_RECORDS)
        for tp, of_partition in batch.items():
            if of_partition and of_partition[0].offset < self._next.get(tp, 0):
                # The client went back to the beginning by itself; what is stored of the positions is void.
                raise _recreated(tp, self._next[tp], f"goes on at {of_partition[0].offset}")
        records = [
            Record(record.topic, record.partition, record.offset, record.key, record.value)
            for of_partition in batch.values()
            for record in of_partition
        ]
        self._next.update({(record.topic, record.partition): record.offset + 1 for record in records})
        return records

    async def _check(self) -> None:
        """Now and then ask for the ends, beside the fetches: those wait silently for lost brokers."""
        if self._checking is None:
            if time.monotonic() >= self._check_at:
                self._next_when_asked = dict(self._next)
                self._checking = asyncio.create_task(self._ends())
            return
        if not self._checking.done():
            return
        checked, self._checking = self._checking, None
        self._check_at = time.monotonic() + _CHECK_S
        with _translated(self._settings):
            ends = checked.result()
        for tp, end in ends.items():
            if self._next_when_asked.get(tp, 0) > end:
                raise _recreated(tp, self._next_when_asked[tp], f"ends at {end}")

    async def _ends(self) -> dict[TopicPartition, int]:
        ends: dict[TopicPartition, int] = await self._consumer.end_offsets(self._consumer.assignment())
        return ends

    async def remaining(self) -> int:
        """How many records there are behind those that were read, by the ends as they are now."""
        with _translated(self._settings):
            ends = await self._ends()
        return sum(max(end - self._next.get((tp.topic, tp.partition), 0), 0) for tp, end in ends.items())

    @property
    def partitions(self) -> int:
        """How many partitions are read."""
        return sum(self._partitions.values())

    def has_grown(self) -> bool:
        """Whether a topic has more partitions than are read: then connect again."""
        now = {topic: self._consumer.partitions_for_topic(topic) or () for topic in self._partitions}
        return any(len(now[topic]) > of for topic, of in self._partitions.items())

    def lag(self) -> dict[str, int]:
        """How many records have not been read yet, by topic, as far as the broker has told its ends."""
        lags = dict.fromkeys(self._partitions, 0)
        for (topic, partition), reached in self._next.items():
            end = self._consumer.highwater(TopicPartition(topic, partition))
            if end is not None:
                lags[topic] += max(end - reached, 0)
        return lags

    async def close(self) -> None:
        """Disconnect."""
        if self._checking is not None:
            self._checking.cancel()
            await asyncio.gather(self._checking, return_exceptions=True)
        await close_client(self._consumer)


def _recreated(tp: TopicPartition, expected: int, found: str) -> BrokerUnavailableError:
    return BrokerUnavailableError(
        f"{tp.topic} partition {tp.partition} {found}, but was read up to {expected}: "
        "the topic was deleted and made again"
    )


@contextmanager
def _translated(settings: KafkaSettings) -> Iterator[None]:
    try:
        yield
    except (KafkaError, OSError) as error:
        raise unavailable(settings, error) from error
