"""A request for an endless window takes no worker's memory: it is a dead letter."""

import asyncio

import pytest

from patternwatch.contracts.base import Message
from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.errors import UndecodableError
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import MAX_WINDOW_ROWS, Window
from patternwatch.contracts.topics import DEAD_LETTERS, SHARDS
from patternwatch.streams.consumer.records import Record
from patternwatch.streams.consumer.topic_consumer import TopicConsumer
from tests.fakes.messages import a_request, a_result, a_shard
from tests.fakes.source import FakeSource
from tests.streams.agent_harness import AgentHarness

ENDLESS = Window(start_ms=0, split_ms=1, end_ms=10**9 - 1, step_ms=1)
MESSAGES = [a_request(), a_shard(), a_result()]


def endless(message: Message) -> Message:
    """The same for an endless window: made without looking at it, as a program of somebody's may."""
    request = getattr(message, "request", message).model_copy(update={"window": ENDLESS})
    return (
        request if isinstance(message, AnalysisRequest) else message.model_copy(update={"request": request})
    )


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_whatever_carries_it_cannot_be_read(message: Message) -> None:
    with pytest.raises(UndecodableError, match=r"a window of 1000000000 points; it may have 10000 at most"):
        decode(encode(endless(message)), type(message))


def test_the_longest_window_can_be_read() -> None:
    longest = a_request(window=Window(start_ms=0, split_ms=1, end_ms=MAX_WINDOW_ROWS - 1, step_ms=1))
    assert decode(encode(longest), AnalysisRequest) == longest


async def test_the_source_is_not_asked_and_the_next_shard_is_worked_on() -> None:
    harness, source = AgentHarness(), FakeSource()
    consumer = TopicConsumer(SHARDS, harness.analyst(source).on_shard, harness.context)
    for offset, shard in enumerate((endless(a_shard()), a_shard())):
        await consumer.take(Record("p.shards", 0, offset, None, encode(shard)))
    while consumer.completed < 2:
        await asyncio.sleep(0.01)
    (letter,) = harness.publisher.on(DEAD_LETTERS)
    assert (letter.offset, letter.error) == (0, "UndecodableError")
    assert source.calls == 1
