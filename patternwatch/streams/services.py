"""What the agents of a worker share: its source, its publisher, its threads, and the states on Kafka."""

import asyncio
from typing import Protocol

from patternwatch.classifier.few_shot import Embedder, EmbeddingSpace
from patternwatch.contracts.topics import Topic
from patternwatch.cortex.kept_windows import KeptWindows
from patternwatch.cortex.source import SeriesSource
from patternwatch.kafka.delivery import WaitForBroker
from patternwatch.kafka.producer import KafkaPublisher
from patternwatch.kafka.role_publisher import RolePublisher
from patternwatch.streams.agents.declarations import ATTEMPT_COUNTER, LOOKER, PLANNER, WATCHER, Declaration
from patternwatch.streams.agents.looks.alert_limits import AlertLimits
from patternwatch.streams.agents.looks.later_looks import LaterLooks
from patternwatch.streams.agents.looks.looker import Looker
from patternwatch.streams.agents.shards.attempts import Attempts
from patternwatch.streams.agents.watches.alarms import Alarms
from patternwatch.streams.clock import now_ms
from patternwatch.streams.consumer.fair_threads import FairThreads
from patternwatch.streams.consumer.records import OffsetTracker
from patternwatch.streams.consumer.unread import UnreadRecords
from patternwatch.streams.metrics import WorkerMetrics
from patternwatch.streams.settings import WorkerSettings
from patternwatch.streams.state.attempts import KafkaAttemptStore
from patternwatch.streams.state.classifiers import FewShotProvider
from patternwatch.streams.state.episodes import KafkaEpisodeStore
from patternwatch.streams.state.joined_alerts import KafkaJoinedAlertStore
from patternwatch.streams.state.kafka_looks import KafkaLookStore
from patternwatch.streams.state.labels import KafkaLabelStore
from patternwatch.streams.state.models import ModelReloader
from patternwatch.streams.state.published import KafkaPublishedReports
from patternwatch.streams.state.watch_book import KafkaWatchBook

ANALYSIS_THREADS = 2
"""For parts of a thousand series, of which half runs in compiled code, and reports."""


class _Store(Protocol):
    """A state on a topic of Kafka, read from its beginning and kept."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Services:
    """What the agents of a worker share."""

    def __init__(self, settings: WorkerSettings, source: SeriesSource, model: Embedder) -> None:
        self.metrics = WorkerMetrics()
        self.source = source
        self.windows = KeptWindows(source, max_samples=settings.max_kept_samples)
        self.metrics.kept_samples.labels("looks").set_function(lambda: self.windows.samples)
        self.threads = FairThreads(ANALYSIS_THREADS, "analysis")
        self.lone_parts_thread = FairThreads(1, "lone-parts")
        self.unread = UnreadRecords(settings.kafka.topic_prefix, self.metrics)
        self.tracker = OffsetTracker(self.unread)
        self.publisher = KafkaPublisher(
            settings.kafka, "patternwatch-worker", WaitForBroker(), self._count_sent
        )
        self.labels = KafkaLabelStore(settings.kafka)
        self.episodes = KafkaEpisodeStore(settings.kafka, self.publisher_of(WATCHER))
        self.looks = KafkaLookStore(settings.kafka, self.publisher_of(LOOKER))
        self.metrics.kept_looks.set_function(lambda: len(self.looks.looks))
        self.metrics.kept_looks_bytes.set_function(lambda: self.looks.looks.record_bytes)
        self.joined_alerts = KafkaJoinedAlertStore(settings.kafka, self.publisher_of(PLANNER))
        self.attempt_store = KafkaAttemptStore(settings.kafka, self.publisher_of(ATTEMPT_COUNTER), now_ms)
        self.attempts = Attempts(self.attempt_store, self.metrics)
        self.alert_limits = AlertLimits(
            settings.max_alert_analyses_in_flight, settings.max_alert_analyses_per_minute
        )
        self.published = KafkaPublishedReports(settings.kafka, now_ms)
        late_ms = round(settings.late_s * 1000)
        self.looker = Looker(self.looks, self.joined_alerts, now_ms, late_ms, self.published)
        self.later_looks = LaterLooks(self.looks, self.joined_alerts, now_ms)
        tenants = [tenant.id for tenant in settings.tenants]
        self.watches = KafkaWatchBook(settings.kafka, settings.watches, tenants)
        self._stores: tuple[_Store, ...] = (
            self.episodes,
            self.looks,
            self.published,
            self.joined_alerts,
            self.attempt_store,
            self.labels,
            self.watches,
        )
        self.alarms = Alarms(settings.alarms, self.metrics)
        self.models = ModelReloader(EmbeddingSpace(model), settings.model, self.metrics)
        self.classifiers = FewShotProvider(self.models, self.labels, self.threads)

    async def start(self) -> None:
        """Connect, and read the states on Kafka; raises BrokerUnavailableError."""
        await asyncio.gather(self.publisher.start(), *(store.start() for store in self._stores))

    async def close(self) -> None:
        """Write what is not written yet, and release everything."""
        await self.attempt_store.flush()
        await asyncio.gather(
            self.publisher.close(),
            *(store.stop() for store in self._stores),
            self.alarms.close(),
            self.source.close(),
        )
        for threads in (self.threads, self.lone_parts_thread):
            threads.shutdown(wait=False, cancel_futures=True)

    def publisher_of(self, declaration: Declaration) -> RolePublisher:
        """The publisher, for what this agent declares that it produces."""
        return RolePublisher(self.publisher, declaration.role)

    def _count_sent(self, topic: Topic) -> None:
        self.metrics.records_out.labels(topic.name).inc()
