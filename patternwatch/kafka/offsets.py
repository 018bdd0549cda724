"""How many records of a partition are still to be read, asked by clients of its own.

The watchdog asks it about the consumer, so it must not depend on the consumer's own clients.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from patternwatch.contracts.settings import KafkaSettings
from patternwatch.kafka.clients import METADATA_MAX_AGE_MS, admin_client, close_client, connect, consumer
from patternwatch.kafka.diagnosis import explained

Partition: TypeAlias = tuple[str, int]
"""A topic's name at the broker, and the number of one of its partitions."""

_CLIENT_ID = "patternwatch-watchdog"
_TIMEOUT_MS = 10_000
"""After this a broker counts as away."""


class RecreatedTopicError(Exception):
    """A partition ends before the last record taken from it: its topic was deleted and made again."""


class Offsets(Protocol):
    """What the broker knows of partitions."""

    async def remaining(self, taken: Mapping[Partition, int | None]) -> dict[Partition, int]:
        """How many records follow the last one taken; from the committed offset on where that is None.

        Raises BrokerUnavailableError; RecreatedTopicError where a partition ends before what was taken.
        """
        ...


class BrokerOffsets:
    """The `Offsets` of a real broker, for one consumer group."""

    def __init__(self, settings: KafkaSettings, group: str) -> None:
        self._settings = settings
        self._group = group
        self._consumer: AIOKafkaConsumer | None = None
        self._admin: AIOKafkaAdminClient | None = None

    async def start(self) -> None:
        """Connect; raises BrokerUnavailableError."""
        settings = self._settings
        self._consumer = await connect(
            settings,
            lambda: consumer(
                settings,
                _CLIENT_ID,
                request_timeout_ms=_TIMEOUT_MS,
                metadata_max_age_ms=METADATA_MAX_AGE_MS,
            ),
        )
        self._admin = await connect(settings, lambda: admin_client(settings))

    async def stop(self) -> None:
        """Disconnect."""
        if self._consumer is not None:
            await close_client(self._consumer)
        if self._admin is not None:
            await close_client(self._admin)

    def partitions(self, topic: str) -> int | None:
        """How many partitions a topic has that was asked about; None where none was yet.

        A member's own consumer does not tell: aiokafka keeps the count in the group's leader alone.
        """
        numbers = self._consumer.partitions_for_topic(topic) if self._consumer is not None else None
        return len(numbers) if numbers else None

    async def begins(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """The first offset that is still there, of each partition; raises BrokerUnavailableError."""
        assert self._consumer is not None, "start first"
        asked = [TopicPartition(*partition) for partition in partitions]
        try:
            found = await self._consumer.beginning_offsets(asked) if asked else {}
        except (KafkaError, OSError, TimeoutError) as error:
            raise await explained(self._settings, error) from error
        return {(tp.topic, tp.partition): offset for tp, offset in found.items()}

    async def remaining(self, taken: Mapping[Partition, int | None]) -> dict[Partition, int]:
        """See `Offsets.remaining`."""
        assert self._consumer is not None, "start first"
        assert self._admin is not None
        partitions = [TopicPartition(*partition) for partition in taken]
        if not partitions:
            return {}
        try:
            ends = await self._consumer.end_offsets(partitions)
            committed = await self._admin.list_consumer_group_offsets(self._group)
        except (KafkaError, OSError, TimeoutError) as error:
            raise await explained(self._settings, error) from error
        begins = await self.begins([*taken])
        lag = {}
        for partition, last in taken.items():
            tp = TopicPartition(*partition)
            if last is not None and last >= ends[tp]:
                raise RecreatedTopicError(
                    f"{partition[0]} partition {partition[1]} ends at {ends[tp]}, but {last} was taken from "
                    "it: the topic was deleted and made again"
                )
            if last is None:
                stored = committed.get(tp)
                next_offset = stored.offset if stored is not None else 0
            else:
                next_offset = last + 1
            if next_offset > ends[tp]:
                next_offset = 0  # committed of a topic that was deleted: whoever takes it begins anew
            lag[partition] = max(ends[tp] - max(next_offset, begins[partition]), 0)
        return lag
