"""The watchdog ends a process whose consumer stands still, and no other."""

import asyncio

import pytest
from structlog.testing import capture_logs

from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.ticks import Tick
from patternwatch.contracts.topics import TICKS
from patternwatch.kafka.offsets import Partition
from patternwatch.streams.consumer.awake_clock import AwakeClock
from patternwatch.streams.consumer.membership import Membership
from patternwatch.streams.consumer.records import Record
from patternwatch.streams.consumer.topic_consumer import TopicConsumer
from patternwatch.streams.consumer.watchdog import BLIND_S, StalledError, Watchdog
from tests.fakes.clock import FakeClock
from tests.fakes.state import FakeOffsets
from tests.streams.agent_harness import AgentHarness

OURS: Partition = ("patternwatch.ticks", 0)
STALL_S = 100.0


class WatchdogHarness:
    def __init__(self) -> None:
        async def work(_: Tick) -> None:
            return

        self.harness, self.clock, self.offsets = AgentHarness(), FakeClock(), FakeOffsets()
        self.consumer = TopicConsumer(TICKS, work, self.harness.context)
        self.dog = Watchdog(
            self.offsets,
            self.harness.context.tracker,
            [self.consumer],
            KafkaSettings(),
            self.harness.metrics,
            STALL_S,
            self.clock,
            self.does_answer,
        )
        self.answers = False

    async def does_answer(self) -> bool:
        return self.answers

    async def after(self, seconds: float, end: int | None) -> None:
        self.clock.now += seconds
        self.offsets.end = end
        await self.dog.check([OURS, ("patternwatch.other", 0)])

    def take(self, offset: int) -> None:
        self.harness.context.tracker.track(Record(*OURS, offset, None, None))


async def test_no_records_are_no_stall() -> None:
    harness = WatchdogHarness()
    for _ in range(5):
        await harness.after(STALL_S, end=0)


async def test_records_that_nobody_takes_end_the_process() -> None:
    harness = WatchdogHarness()
    await harness.after(1, end=5)
    await harness.after(STALL_S, end=6)
    lag = harness.harness.metrics.registry.get_sample_value(
        "patternwatch_consumer_lag", {"topic": "ticks", "partition": "0"}
    )
    assert lag == 6
    with pytest.raises(StalledError) as stalled:
        await harness.after(1, end=7)
    assert str(stalled.value) == (
        "patternwatch.ticks partition 0 has 7 records but made no progress for 101 s"
    )


async def test_taking_records_is_progress() -> None:
    harness = WatchdogHarness()
    for offset in range(5):
        harness.take(offset)
        await harness.after(STALL_S - 1, end=1000)


async def test_a_consumer_that_is_full_makes_progress_by_completing() -> None:
    harness = WatchdogHarness()
    harness.consumer._start(asyncio.sleep(3600))
    for _ in range(5):
        harness.consumer.completed += 1
        await harness.after(STALL_S - 1, end=1000)
    await harness.after(STALL_S, end=1000)
    with pytest.raises(StalledError):
        await harness.after(1, end=1000)
    await harness.consumer.cancel()


async def test_a_consumer_with_a_free_slot_makes_none_by_completing_what_it_took_elsewhere() -> None:
    harness = WatchdogHarness()
    await harness.after(1, end=5)
    harness.consumer.completed += 1
    await harness.after(STALL_S, end=5)
    harness.consumer.completed += 1
    with pytest.raises(StalledError):
        await harness.after(1, end=5)


async def test_a_broker_that_is_away_is_no_stall() -> None:
    harness = WatchdogHarness()
    await harness.after(1, end=5)
    with capture_logs() as logged:
        await harness.after(STALL_S - 1, end=None)
    assert logged == [{"event": "watchdog.blind", "log_level": "warning", "reason": "away"}]
    await harness.after(STALL_S - 1, end=5)


async def test_brokers_that_are_back_elsewhere_end_the_process() -> None:
    harness = WatchdogHarness()
    await harness.after(1, end=5)
    harness.answers = False
    for _ in range(20):
        await harness.after(BLIND_S, end=None)
    harness.answers = True
    await harness.after(5, end=None)
    harness.answers = False
    await harness.after(5, end=None)
    harness.answers = True
    await harness.after(5, end=None)
    with pytest.raises(StalledError, match="other addresses"):
        await harness.after(5, end=None)


async def test_brokers_that_are_away_for_a_moment_end_nothing() -> None:
    harness = WatchdogHarness()
    harness.answers = True
    for _ in range(4):
        await harness.after(BLIND_S - 1, end=None)
        await harness.after(1, end=0)


async def test_a_topic_that_was_made_again_ends_the_process() -> None:
    harness = WatchdogHarness()
    harness.offsets.recreated = True
    await harness.after(5, end=3)
    harness.offsets.recreated = False
    await harness.after(5, end=3)
    harness.offsets.recreated = True
    await harness.after(5, end=3)
    with pytest.raises(StalledError, match="made again; a new process begins at its beginning"):
        await harness.after(5, end=3)


async def test_a_process_that_was_frozen_is_not_stalled_when_it_wakes() -> None:
    asleep, harness = FakeClock(), WatchdogHarness()
    awake = AwakeClock(STALL_S / 4, asleep)
    harness.dog._clock = awake
    membership = Membership(STALL_S, awake)
    await harness.after(0, end=1)
    asleep.now += 100 * STALL_S
    await harness.after(0, end=1)
    membership.check(brokers_answer=True)
    for _ in range(3):
        asleep.now += STALL_S / 5
        await harness.after(0, end=1)
    asleep.now += STALL_S / 4
    with pytest.raises(StalledError, match="1 records but made no progress"):
        await harness.after(0, end=1)
