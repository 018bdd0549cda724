"""The feed: one task that carries records from Kafka into the read model and to the event streams.

No consumer group: the place to go on from is stored with what was read, in one transaction, so a
restart neither loses a record nor depends on what Kafka remembers of us.
"""

import asyncio
from collections.abc import Sequence
from typing import TypeAlias

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from sqlalchemy.exc import DataError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from patternwatch.api.context import AppContext
from patternwatch.api.read_model.projection import (
    apply_alert,
    apply_example,
    apply_progress,
    apply_report,
    apply_request,
    apply_tombstone,
    move_position,
    reset_position,
)
from patternwatch.api.role import API_ROLE
from patternwatch.contracts.codec import decode
from patternwatch.contracts.errors import BrokerUnavailableError, MessageError, UndecodableError
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.messages import Alert, AnalysisRequest, Progress
from patternwatch.contracts.report import Report
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import ALERTS, LABELLED_EXAMPLES, PROGRESS, REQUESTS, Topic
from patternwatch.kafka.clients import consumer as kafka_consumer
from patternwatch.kafka.clients import unavailable
from patternwatch.kafka.producer import RecordPosition
from patternwatch.kafka.topics import Cluster, find_cluster, topic_name

log = structlog.get_logger(__name__)

Record: TypeAlias = "ConsumerRecord[bytes | None, bytes | None]"
Analysis: TypeAlias = tuple[str, str]
"""Tenant and request id."""

_LONGEST_PAUSE_S = 30.0
_POLL_MS = 1000
_MAX_RECORDS = 500


async def run_feed(context: AppContext) -> None:
    """Feed the read model until cancelled; start again with a growing pause whenever it dies."""
    pause_s = context.settings.feed_retry_s
    while True:
        try:
            feed = await Feed.connect(context)
            try:
                pause_s = context.settings.feed_retry_s
                await feed.run()
            finally:
                await feed.close()
        except (BrokerUnavailableError, KafkaError, SQLAlchemyError, OSError) as error:
            _died(context, error, pause_s)
        except Exception as error:
            # A fault of ours: it must show, and must not end the feed for good.
            _died(context, error, pause_s)
            log.exception("feed.fault")
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)


def _died(context: AppContext, error: Exception, pause_s: float) -> None:
    context.feed_state.failed(f"{type(error).__name__}: {error}")
    context.metrics.feed_restarts.inc()
    log.warning("feed.died", error=type(error).__name__, reason=str(error), again_in_s=pause_s)


class Feed:
    """One connection of the feed, from the stored positions on."""

    def __init__(self, context: AppContext, cluster: Cluster, consumer: "AIOKafkaConsumer") -> None:
        self._context = context
        self._cluster = cluster.id
        self._partitions = cluster.partitions
        self._consumer = consumer
        self._topics = {topic_name(context.settings.kafka, topic): topic for topic in API_ROLE.consumes}
        self._reached: dict[tuple[str, int], int] = {}

    @classmethod
    async def connect(cls, context: AppContext) -> "Feed":
        """Find the topics and go to the stored positions; raises BrokerUnavailableError."""
        kafka = context.settings.kafka
        cluster = await find_cluster(kafka, API_ROLE.consumes)
        consumer = await _started_consumer(kafka)
        feed = cls(context, cluster, consumer)
        try:
            await feed._seek()
        except BaseException:
            await consumer.stop()
            raise
        return feed

    async def close(self) -> None:
        """Leave Kafka."""
        await self._consumer.stop()

    async def run(self) -> None:
        """Carry records until cancelled, or until a topic has got more partitions."""
        assigned = self._consumer.assignment()
        while not self._has_grown():
            batch = await self._consumer.getmany(timeout_ms=_POLL_MS, max_records=_MAX_RECORDS)
            if batch:
                await self.carry([record for records in batch.values() for record in records])
            self._measure_lag(assigned)
            self._context.feed_state.turned()
        log.info("feed.topics_have_grown", partitions=len(assigned))

    async def carry(self, records: Sequence[Record]) -> None:
        """Store these records and where to go on, in one transaction; then tell the event streams."""
        try:
            await self._carry(records)
        except (DataError, OverflowError) as error:
            # A value that the database cannot hold: find its record, and let the others through.
            if len(records) > 1:
                for record in records:
                    await self.carry([record])
                return
            self._reject(records[0], error)
            async with self._context.read_model.writing() as db:
                await self._move(db, records)

    async def _carry(self, records: Sequence[Record]) -> None:
        moved: dict[Analysis, None] = {}
        rejected: list[tuple[Record, MessageError]] = []
        async with self._context.read_model.writing() as db:
            for record in records:
                at = RecordPosition(self._cluster, record.partition, record.offset)
                try:
                    found = await _apply(db, self._topics[record.topic], record, at)
                except MessageError as error:
                    rejected.append((record, error))
                    continue
                if found is not None:
                    moved[found] = None
            await self._move(db, records)
        for record, reason in rejected:
            self._reject(record, reason)
        for record in records:
            self._context.metrics.feed_records.labels(self._topics[record.topic].name).inc()
        for tenant, request_id in moved:
            self._context.broadcaster.send(await self._context.read_model.progress(tenant, request_id))

    async def _move(self, db: AsyncConnection, records: Sequence[Record]) -> None:
        ends = {(record.topic, record.partition): record.offset + 1 for record in records}
        for (topic, partition), end in ends.items():
            await move_position(db, self._cluster, topic, partition, end)
        self._reached.update(ends)

    def _reject(self, record: Record, error: Exception) -> None:
        """Log what cannot be read, and pass it over.

        The workers dead-letter what they cannot read; reports are read by those who display them only.
        """
        name = self._topics[record.topic].name
        self._context.metrics.feed_rejected.labels(name, type(error).__name__).inc()
        log.warning(
            "feed.rejected",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            error=type(error).__name__,
            reason=str(error),
        )

    async def _seek(self) -> None:
        assigned = [TopicPartition(name, p) for name, of in self._partitions.items() for p in range(of)]
        self._consumer.assign(assigned)
        stored = await self._context.read_model.positions(self._cluster)
        begins = await self._consumer.beginning_offsets(assigned)
        ends = await self._consumer.end_offsets(assigned)
        for tp in assigned:
            at = stored.get((tp.topic, tp.partition), 0)
            if at > ends[tp]:
                log.warning("feed.topic_recreated", topic=tp.topic, partition=tp.partition, stored=at)
                async with self._context.read_model.writing() as db:
                    await reset_position(db, self._cluster, tp.topic, tp.partition)
                at = 0
            self._reached[(tp.topic, tp.partition)] = max(at, begins[tp])
            self._consumer.seek(tp, max(at, begins[tp]))
        log.info("feed.connected", cluster=self._cluster, partitions=len(assigned))

    def _has_grown(self) -> bool:
        """Whether a topic has more partitions than we read."""
        now = {name: self._consumer.partitions_for_topic(name) or () for name in self._partitions}
        return any(len(now[name]) > of for name, of in self._partitions.items())

    def _measure_lag(self, assigned: set[TopicPartition]) -> None:
        lags = dict.fromkeys(self._topics, 0)
        for tp in assigned:
            end = self._consumer.highwater(tp)
            if end is not None:
                lags[tp.topic] += max(end - self._reached.get((tp.topic, tp.partition), 0), 0)
        for name, lag in lags.items():
            self._context.metrics.feed_lag.labels(self._topics[name].name).set(lag)


async def _started_consumer(kafka: KafkaSettings) -> "AIOKafkaConsumer":
    consumer = kafka_consumer(kafka, "patternwatch-api", metadata_max_age_ms=30_000)
    try:
        await consumer.start()
    except (KafkaError, OSError) as error:
        await consumer.stop()
        raise unavailable(kafka, error) from error
    return consumer


async def _apply(db: AsyncConnection, topic: Topic, record: Record, at: RecordPosition) -> Analysis | None:
    if topic is ALERTS:
        await apply_alert(db, decode(record.value, Alert))
        return None
    if topic is REQUESTS:
        request = decode(record.value, AnalysisRequest)
        await apply_request(db, request)
        return None
    if topic is PROGRESS:
        progress = decode(record.value, Progress)
        moved = await apply_progress(db, progress)
        return (progress.tenant, progress.request_id) if moved else None
    if record.value is None:
        await apply_tombstone(db, topic, *_key(record.key), at)
        return None
    if topic is LABELLED_EXAMPLES:
        await apply_example(db, decode(record.value, LabelledExample), at)
        return None
    report = decode(record.value, Report)
    moved = await apply_report(db, report, at)
    return (report.tenant, report.request_id) if moved else None


def _key(key: bytes | None) -> tuple[str, str]:
    try:
        tenant, _, own = (key or b"").decode().partition("/")
    except UnicodeDecodeError as error:
        raise UndecodableError(f"A tombstone whose key is not UTF-8: {key!r}") from error
    if not tenant or not own:
        raise UndecodableError(f"A tombstone whose key is not tenant/id: {key!r}")
    return tenant, own
