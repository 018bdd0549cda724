"""A topic whose consumer has no room keeps no other topic waiting."""

import asyncio
from typing import Any

from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import REQUESTS, SHARDS, Topic
from patternwatch.kafka.delivery import WaitForBroker
from patternwatch.kafka.producer import KafkaPublisher
from patternwatch.kafka.topics import ensure_topics
from patternwatch.streams.consumer.faust_app import add_agent, build_app
from tests.streams.kafka_test_client import worker_settings

MANY = 9000
SOON_S = 60.0


class Feed:
    """Takes the first record of its topic and, where it has no room, nothing after it."""

    def __init__(self, topic: Topic, *, has_room: bool) -> None:
        self.topic, self.has_room, self.begun = topic, has_room, asyncio.Event()

    async def __call__(self, stream: Any) -> None:
        async for _ in stream.noack().events():
            self.begun.set()
            if not self.has_room:
                await asyncio.Event().wait()


async def test_a_backlog_of_one_topic_does_not_stop_the_records_of_another(
    kafka_settings: KafkaSettings,
) -> None:
    await ensure_topics(kafka_settings)
    publisher = KafkaPublisher(kafka_settings, "test", WaitForBroker())
    await asyncio.gather(*(publisher.send(SHARDS, b"%d" % n, b"shard") for n in range(MANY)))
    app = build_app(worker_settings(kafka_settings))
    full, other = Feed(SHARDS, has_room=False), Feed(REQUESTS, has_room=True)
    for feed in (full, other):
        add_agent(app, worker_settings(kafka_settings), feed)  # type: ignore[arg-type]
    starting = asyncio.create_task(app.start())
    try:
        async with asyncio.timeout(60):
            await full.begun.wait()
        await asyncio.sleep(2)
        await publisher.send(REQUESTS, b"k", b"request")
        async with asyncio.timeout(SOON_S):
            await other.begun.wait()
    finally:
        await asyncio.wait_for(asyncio.gather(starting, return_exceptions=True), 60)
        await publisher.close()
        await app.stop()
