"""A worker and the API's feed in this process, over topics in memory: for what Kafka adds nothing to.

Agents, consumers, stores and read model are the product's own, wired as the product wires them; only what
talks to Kafka is replaced.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from patternwatch.api.access.access import Access
from patternwatch.api.context import AppContext
from patternwatch.api.feed import Feed
from patternwatch.api.read_model.queries import ReadModel
from patternwatch.api.role import API_ROLE
from patternwatch.api.settings import ApiSettings
from patternwatch.classifier.few_shot import Embedder
from patternwatch.contracts.base import Message
from patternwatch.contracts.codec import encode
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import BASELINE_ROWS, WINDOW_ROWS, SeriesBatch, Window
from patternwatch.contracts.topics import Topic
from patternwatch.kafka import topic_reader
from patternwatch.kafka.producer import RecordPosition, message_key
from patternwatch.kafka.role_publisher import RolePublisher
from patternwatch.kafka.topics import topic_name
from patternwatch.streams.consumer.records import Record
from patternwatch.streams.services import Services
from patternwatch.streams.settings import WorkerSettings
from patternwatch.streams.wiring import build_agents
from patternwatch.testing.fake_source import FakeSource

SERVICES = 4
BROKEN = "shop-2"


class MemoryTopics:
    """A publisher whose topics are lists of key and value."""

    def __init__(self) -> None:
        self.records: defaultdict[str, list[tuple[bytes | None, bytes | None]]] = defaultdict(list)

    async def publish(
        self, topic: Topic, message: Message, encoded: bytes | None = None, partition: int | None = None
    ) -> RecordPosition:
        """As `Publisher.publish`."""
        return await self.send(topic, message_key(topic, message), encoded or encode(message))

    async def send(self, topic: Topic, key: bytes | None, value: bytes | None) -> RecordPosition:
        """As `Publisher.send`."""
        await asyncio.sleep(0)
        own = self.records[topic.name]
        own.append((key, value))
        return RecordPosition("memory", 0, len(own) - 1)

    async def ping(self) -> None:
        """It is always there."""

    def why_unsent(self) -> str:
        """It takes everything."""
        return ""

    async def close(self) -> None:
        """There is nothing to let go of."""


class _Compacted:
    """Instead of a `CompactedTopic`: applies what came to a topic in memory."""

    def __init__(self, topics: MemoryTopics, instead_of: Any) -> None:
        self._records = topics.records[instead_of._topic.name]
        self._apply = instead_of._apply
        self._read = 0

    async def read_to_end(self) -> None:
        """Apply all that has been published until now."""
        while self._read < len(self._records):
            key, value = self._records[self._read]
            self._apply(key, value, self._read)
            self._read += 1


class MemoryServices(Services):
    """A worker's services over topics in memory."""

    def __init__(self, settings: WorkerSettings, topics: MemoryTopics, model: Embedder) -> None:
        super().__init__(settings, fake_source(), model)
        self.publisher: Any = topics
        stores: tuple[Any, ...] = (
            self.labels,
            self.episodes,
            self.looks,
            self.joined_alerts,
            self.attempt_store,
            self.watches,
        )
        for store in stores:
            store._topic = _Compacted(topics, store._topic)
            if store not in (self.labels, self.watches):  # which only read
                store._publisher = RolePublisher(topics, store._publisher.role)


class _AllOurs:
    """The partitions of the only worker."""

    def owns(self, topic: Topic, *key: str) -> bool:
        """Yes."""
        return True

    def has(self, topic: Topic, partition: int) -> bool:
        """Yes."""
        return True

    def beside(self, topic: Topic, other: Topic, *key: str) -> int | None:
        """Topics in memory have no partitions."""
        return None


class MemoryWorker:
    """The consumers of a worker, fed from topics in memory."""

    def __init__(self, settings: WorkerSettings, topics: MemoryTopics, model: Embedder) -> None:
        self.topics = topics
        self._settings = settings
        self.services = MemoryServices(settings, topics, model)
        self.agents = build_agents(settings, self.services, _AllOurs())
        self._next: dict[str, int] = {}
        self.escaped: list[str] = []
        """What came out of a consumer: it would have ended the agent."""

    async def work(self) -> None:
        """Feed the consumers until nothing is left and nothing runs."""
        while await self._feed() or any(c.busy_or_waiting for c in map(_State, self.agents.consumers)):
            await asyncio.sleep(0)
            await self.agents.collector.sweep()
        await self.agents.flush()

    async def _feed(self) -> bool:
        fed = False
        for consumer in self.agents.consumers:
            name = consumer.topic.name
            own = self.topics.records[name]
            for offset in range(self._next.get(name, 0), len(own)):
                key, value = own[offset]
                self._next[name] = offset + 1
                record = Record(topic_name(self._settings.kafka, consumer.topic), 0, offset, key, value)
                try:
                    await consumer.take(record)
                except Exception as error:  # noqa: BLE001 - to be counted
                    self.escaped.append(f"{name}: {type(error).__name__}: {error}")
                fed = True
        return fed


class _State:
    """Whether a consumer has something to do."""

    def __init__(self, consumer: Any) -> None:
        self.busy_or_waiting = bool(consumer._running) or bool(consumer.waiting)


class _AnyWindow(FakeSource):
    """Of other windows than an analysis', those of a watch, it gives the quiet rows again and again."""

    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        if window.rows == WINDOW_ROWS:
            return await super().fetch(tenant, matchers, window)
        start_ms = window.end_ms - (WINDOW_ROWS - 1) * window.step_ms
        whole = window.model_copy(update={"start_ms": start_ms, "split_ms": window.end_ms})
        batch = await super().fetch(tenant, matchers, whole)
        rows = np.resize(np.arange(BASELINE_ROWS), window.rows)
        return replace(batch, times=window.times(), values=batch.values[:, rows])


def fake_source() -> FakeSource:
    """A few series of a few services, of which one breaks when the current part begins."""
    labels = [{"__name__": "request_latency_seconds", "service": f"shop-{n}"} for n in range(SERVICES)]
    values = np.random.default_rng(1).normal(10.0, 1.0, (SERVICES, WINDOW_ROWS))
    values[2, BASELINE_ROWS:] += 30.0
    return _AnyWindow(labels, values)


class _Reader:
    """Instead of a `TopicReader`."""

    cluster = "memory"


class MemoryFeed:
    """The API's feed into a read model of its own, from topics in memory."""

    def __init__(self, context: AppContext) -> None:
        self.context = context
        self._feed = Feed(context, _Reader(), context.read_model.writing)  # type: ignore[arg-type]
        self.crashed: list[str] = []

    async def carry(self, topic: Topic, values: Sequence[tuple[bytes | None, bytes | None]]) -> None:
        """Carry these records of a topic, as one batch of a poll."""
        name = topic_name(self.context.settings.kafka, topic)
        records = [topic_reader.Record(name, 0, n, key, value) for n, (key, value) in enumerate(values)]
        try:
            await self._feed.carry(records)
        except Exception as error:  # noqa: BLE001 - to be counted
            self.crashed.append(f"{topic.name}: {type(error).__name__}: {error}")


def _no_time() -> int:
    return 0


@asynccontextmanager
async def memory_feed(folder: Path, topics: MemoryTopics, settings: ApiSettings) -> AsyncIterator[MemoryFeed]:
    """A feed over a database of its own in this folder."""
    read_model = ReadModel(f"sqlite+aiosqlite:///{folder / 'mutants.db'}")
    await read_model.open()
    publisher = RolePublisher(topics, API_ROLE)
    try:
        context = AppContext(settings, read_model, publisher, topics, _no_time, Access(settings, _no_time))
        yield MemoryFeed(context)
    finally:
        await read_model.close()
