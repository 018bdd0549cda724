"""The feed: one task that carries records from Kafka into the read model and to the event streams.

No consumer group: the place to go on from is stored with what was read, in one transaction, so a
restart neither loses a record nor depends on what Kafka remembers of us.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeAlias

import structlog
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from patternwatch.api.context import AppContext
from patternwatch.api.feed_events import Changes
from patternwatch.api.feed_pace import FeedPace
from patternwatch.api.feed_records import Decoded, apply_decoded, decode_records
from patternwatch.api.read_model.database_errors import in_words, refuses_value
from patternwatch.api.read_model.leadership import Writing
from patternwatch.api.read_model.positions import move_positions, reset_position
from patternwatch.api.read_model.stored_events import store_events
from patternwatch.api.role import API_ROLE
from patternwatch.contracts.errors import BrokerUnavailableError, MessageError
from patternwatch.kafka.topic_reader import MAX_RECORDS, Record, TopicReader
from patternwatch.kafka.topics import topic_name

log = structlog.get_logger(__name__)

_LONGEST_PAUSE_S = 30.0
_CLIENT_ID = "patternwatch-api"


Beside: TypeAlias = Callable[[AppContext], Coroutine[Any, Any, None]]


async def run_feed(context: AppContext, *beside: Beside) -> None:
    """Feed the read model until cancelled; start again with a growing pause whenever it dies.

    Of several processes on one database one feeds it at a time, and the others wait for its end.

    beside  what this one does for all of them meanwhile
    """
    pause_s = context.settings.feed_retry_s
    while True:
        began_s = time.monotonic()
        try:
            async with context.read_model.leading(context.feed_state.turned) as leadership:
                feed = await Feed.connect(context, leadership.writing)
                context.metrics.feeding.set(1)
                try:
                    await _until_one_ends(feed.run(), leadership.keep(), *(each(context) for each in beside))
                finally:
                    context.metrics.feeding.set(0)
                    context.metrics.feed_lag.clear()
                    await feed.close()
        except Exception as error:
            if time.monotonic() - began_s > _LONGEST_PAUSE_S:  # else what ended it may do so at once again
                pause_s = context.settings.feed_retry_s
            _died(context, error, pause_s)
            if not isinstance(error, BrokerUnavailableError | SQLAlchemyError | OSError):
                log.exception("feed.fault")  # of ours: it must show, and must not end the feed for good
        else:
            pause_s = context.settings.feed_retry_s
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)


def _died(context: AppContext, error: Exception, pause_s: float) -> None:
    reason = in_words(error)
    context.feed_state.failed(f"{type(error).__name__}: {reason}")
    context.metrics.feed_restarts.inc()
    log.warning("feed.died", error=type(error).__name__, reason=reason, again_in_s=pause_s)


async def _until_one_ends(*each: Coroutine[Any, Any, None]) -> None:
    """Run these side by side until one ends, then cancel the others; raises what that one raises."""
    tasks = [asyncio.create_task(one) for one in each]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


class Feed:
    """One connection of the feed, from the stored positions on."""

    def __init__(self, context: AppContext, reader: TopicReader, writing: Writing) -> None:
        self._context = context
        self._reader = reader
        self._writing = writing
        self._topics = {topic_name(context.settings.kafka, topic): topic for topic in API_ROLE.consumes}

    @classmethod
    async def connect(cls, context: AppContext, writing: Writing) -> "Feed":
        """Find the topics and go to the stored positions; raises BrokerUnavailableError.

        writing  begins a transaction of the read model, for everything that this feed writes
        """
        await context.event_reader.begin()
        reader = await TopicReader.connect(context.settings.kafka, _CLIENT_ID, API_ROLE.consumes)
        feed = cls(context, reader, writing)
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
        is_behind, pace = True, FeedPace(time.monotonic)
        while not self._reader.has_grown():
            if is_behind:
                is_behind = await self._is_behind()
            if records := await self._reader.read():
                await self.carry(records)
                if not is_behind:
                    await asyncio.sleep(pace.pause_s(len(records)))
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
        # A large report takes tens of ms to read: requests are answered meanwhile.
        read = await asyncio.to_thread(decode_records, records, self._topics)
        await self._carry(read)
        self._context.feed_state.turned()  # what follows only tells of what can be read already
        await self._context.event_reader.catch_up()

    async def _carry(self, read: Sequence[Decoded]) -> None:
        try:
            await self._store(read)
        except (DBAPIError, OverflowError) as error:
            if not refuses_value(error):
                raise
            # Find the record that holds the value, and let the others through.
            if len(read) > 1:
                for one in read:
                    await self._carry([one])
                return
            self._reject(read[0].record, error)
            async with self._writing() as db:
                await self._move(db, read)
            return
        for one in read:
            if isinstance(one.message, MessageError):
                self._reject(one.record, one.message)
            self._context.metrics.feed_records.labels(one.topic.name).inc()

    async def _store(self, read: Sequence[Decoded]) -> None:
        async with self._writing() as db:
            changes = Changes()
            await apply_decoded(db, self._reader.cluster, read, changes)
            await store_events(db, await changes.events(db), self._context.clock())
            await self._move(db, read)

    async def _move(self, db: AsyncConnection, read: Sequence[Decoded]) -> None:
        ends = {(one.record.topic, one.record.partition): one.record.offset + 1 for one in read}
        await move_positions(db, self._reader.cluster, ends)

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
            async with self._writing() as db:
                await reset_position(db, cluster, topic, partition)
        log.info("feed.connected", cluster=cluster, partitions=self._reader.partitions)
