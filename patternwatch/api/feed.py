"""The feed: one task that carries records from Kafka into the read model and to the event streams.

No consumer group: the place to go on from is stored with what was read, in one transaction, so a
restart neither loses a record nor depends on what Kafka remembers of us.
"""

import asyncio
from collections.abc import Sequence
from typing import TypeAlias

import structlog
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from patternwatch.api.context import AppContext
from patternwatch.api.feed_events import Change, Told, tell
from patternwatch.api.read_model.database import refuses_value
from patternwatch.api.read_model.projection import (
    apply_alert,
    apply_example,
    apply_joined,
    apply_progress,
    apply_report,
    apply_request,
    apply_tombstone,
    is_known,
    move_position,
    reset_position,
)
from patternwatch.api.role import API_ROLE
from patternwatch.contracts.codec import decode
from patternwatch.contracts.errors import BrokerUnavailableError, MessageError, UndecodableError
from patternwatch.contracts.joined_alerts import JoinedAlert
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.messages import Alert, AnalysisRequest, Progress
from patternwatch.contracts.report import Report
from patternwatch.contracts.topics import ALERTS, JOINED_ALERTS, LABELLED_EXAMPLES, PROGRESS, REQUESTS, Topic
from patternwatch.kafka.producer import RecordPosition
from patternwatch.kafka.topic_reader import MAX_RECORDS, Record, TopicReader
from patternwatch.kafka.topics import topic_name

log = structlog.get_logger(__name__)

Changes: TypeAlias = dict[tuple[str, str], Change]
"""By tenant and request id, the last that came of each analysis."""

_LONGEST_PAUSE_S = 30.0
_CLIENT_ID = "patternwatch-api"


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
        except (BrokerUnavailableError, SQLAlchemyError, OSError) as error:
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

    def __init__(self, context: AppContext, reader: TopicReader) -> None:
        self._context = context
        self._reader = reader
        self._told = Told()
        self._topics = {topic_name(context.settings.kafka, topic): topic for topic in API_ROLE.consumes}

    @classmethod
    async def connect(cls, context: AppContext) -> "Feed":
        """Find the topics and go to the stored positions; raises BrokerUnavailableError."""
        reader = await TopicReader.connect(context.settings.kafka, _CLIENT_ID, API_ROLE.consumes)
        feed = cls(context, reader)
        try:
            await feed._seek()
        except BaseException:
            await reader.close()
            raise
        return feed

    async def close(self) -> None:
        """Leave Kafka."""
        await self._reader.close()

    async def run(self) -> None:
        """Carry records until cancelled, or until a topic has got more partitions."""
        is_behind = True
        while not self._reader.has_grown():
            if is_behind:
                is_behind = await self._is_behind()
            if records := await self._reader.read():
                await self.carry(records)
            for name, lag in self._reader.lag().items():
                self._context.metrics.feed_lag.labels(self._topics[name].name).set(lag)
            self._context.feed_state.turned()
        log.info("feed.topics_have_grown", partitions=self._reader.partitions)

    async def _is_behind(self) -> bool:
        """Whether more is left than one turn carries; only then the page shows what was there before."""
        remaining = await self._reader.remaining()
        behind = remaining if remaining > MAX_RECORDS else 0
        self._context.feed_state.catches_up(behind)
        return bool(behind)

    async def carry(self, records: Sequence[Record]) -> None:
        """Store these records and where to go on, in one transaction; then tell the event streams."""
        try:
            await self._carry(records)
        except (DBAPIError, OverflowError) as error:
            if not refuses_value(error):
                raise
            # Find the record that holds the value, and let the others through.
            if len(records) > 1:
                for record in records:
                    await self.carry([record])
                return
            self._reject(records[0], error)
            async with self._context.read_model.writing() as db:
                await self._move(db, records)

    async def _carry(self, records: Sequence[Record]) -> None:
        changes: Changes = {}
        rejected: list[tuple[Record, MessageError]] = []
        async with self._context.read_model.writing() as db:
            for record in records:
                at = RecordPosition(self._reader.cluster, record.partition, record.offset)
                try:
                    found = await _apply(db, self._topics[record.topic], record, at)
                except MessageError as error:
                    rejected.append((record, error))
                    continue
                if found is not None:
                    key = (found.tenant, found.request_id)
                    changes[key] = found.after(changes.get(key))
            await self._move(db, records)
        self._context.feed_state.turned()  # what follows only tells of what can be read already
        for record, reason in rejected:
            self._reject(record, reason)
        for record in records:
            self._context.metrics.feed_records.labels(self._topics[record.topic].name).inc()
        for change in changes.values():
            await tell(self._context, self._told, change)

    async def _move(self, db: AsyncConnection, records: Sequence[Record]) -> None:
        ends = {(record.topic, record.partition): record.offset + 1 for record in records}
        for (topic, partition), end in ends.items():
            await move_position(db, self._reader.cluster, topic, partition, end)

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
        cluster = self._reader.cluster
        stored = await self._context.read_model.positions(cluster)
        for topic, partition in await self._reader.seek(stored):
            log.warning("feed.topic_recreated", topic=topic, partition=partition)
            async with self._context.read_model.writing() as db:
                await reset_position(db, cluster, topic, partition)
        log.info("feed.connected", cluster=cluster, partitions=self._reader.partitions)


async def _apply(db: AsyncConnection, topic: Topic, record: Record, at: RecordPosition) -> Change | None:
    if topic is ALERTS:
        await apply_alert(db, decode(record.value, Alert))
    elif topic is REQUESTS:
        await apply_request(db, decode(record.value, AnalysisRequest))
    elif topic is JOINED_ALERTS:
        return await _apply_joined(db, decode(record.value, JoinedAlert))
    elif topic is PROGRESS:
        progress = decode(record.value, Progress)
        moved = await apply_progress(db, progress)
        return Change(progress.tenant, progress.request_id, moved)
    elif record.value is None:
        await apply_tombstone(db, topic, *_key(record.key), at)
    elif topic is LABELLED_EXAMPLES:
        await apply_example(db, decode(record.value, LabelledExample), at)
    else:
        report = decode(record.value, Report)
        moved = await apply_report(db, report, at)
        return Change(report.tenant, report.request_id, moved, report.report_id, report.revision)
    return None


async def _apply_joined(db: AsyncConnection, joined: JoinedAlert) -> Change | None:
    """Those who follow an analysis that an alert has joined load the alert's row anew."""
    await apply_joined(db, joined)
    told = not joined.began_it and await is_known(db, joined.tenant, joined.request_id)
    return Change(joined.tenant, joined.request_id, moved=True) if told else None


def _key(key: bytes | None) -> tuple[str, str]:
    try:
        tenant, _, own = (key or b"").decode().partition("/")
    except UnicodeDecodeError as error:
        raise UndecodableError(f"A tombstone whose key is not UTF-8: {key!r}") from error
    if not tenant or not own:
        raise UndecodableError(f"A tombstone whose key is not tenant/id: {key!r}")
    return tenant, own
