"""The watchdog ends a process whose consumer stands still, and no other."""

from collections.abc import Mapping

import pytest
from aiokafka.errors import KafkaConnectionError

from patternwatch.contracts.messages import Tick
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import TICKS
from patternwatch.streams.intake import Intake
from patternwatch.streams.records import Partition, Receipt, Record
from patternwatch.streams.watchdog import StalledError, Watchdog
from tests.streams.desk import Office
from tests.streams.fakes import FakeClock

OURS: Partition = ("patternwatch.ticks", 0)
STALL_S = 100.0


class FakeOffsets:
    def __init__(self) -> None:
        self.end: int | None = 0

    async def remaining(self, taken: Mapping[Partition, int | None]) -> dict[Partition, int]:
        if self.end is None:
            raise KafkaConnectionError("away")
        return {p: self.end - (last + 1 if last is not None else 0) for p, last in taken.items()}


class Scene:
    def __init__(self) -> None:
        async def work(_: Tick, __: Receipt) -> None:
            return

        self.office, self.clock, self.offsets = Office(), FakeClock(), FakeOffsets()
        self.intake = Intake(TICKS, Tick, work, self.office.desk)
        self.dog = Watchdog(
            self.offsets,
            self.office.desk.acks,
            [self.intake],
            KafkaSettings(),
            self.office.metrics,
            STALL_S,
            self.clock,
        )

    async def after(self, seconds: float, end: int | None) -> None:
        self.clock.now += seconds
        self.offsets.end = end
        await self.dog.check([OURS, ("patternwatch.other", 0)])

    def take(self, offset: int) -> None:
        self.office.desk.acks.hold(Record(*OURS, offset, None, None))


async def test_no_records_are_no_stall() -> None:
    scene = Scene()
    for _ in range(5):
        await scene.after(STALL_S, end=0)


async def test_records_that_nobody_takes_end_the_process() -> None:
    scene = Scene()
    await scene.after(1, end=5)
    await scene.after(STALL_S, end=6)
    lag = scene.office.metrics.registry.get_sample_value(
        "patternwatch_consumer_lag", {"topic": "ticks", "partition": "0"}
    )
    assert lag == 6
    with pytest.raises(StalledError, match="7 records but made no progress for 101 s"):
        await scene.after(1, end=7)


async def test_taking_records_is_progress() -> None:
    scene = Scene()
    for offset in range(5):
        scene.take(offset)
        await scene.after(STALL_S - 1, end=1000)


async def test_an_intake_that_is_full_makes_progress_by_settling() -> None:
    scene = Scene()
    await scene.intake._slots.acquire()
    for _ in range(5):
        scene.intake.settled += 1
        await scene.after(STALL_S - 1, end=1000)
    await scene.after(STALL_S, end=1000)
    with pytest.raises(StalledError):
        await scene.after(1, end=1000)


async def test_a_broker_that_is_away_is_no_stall() -> None:
    scene = Scene()
    await scene.after(1, end=5)
    await scene.after(STALL_S - 1, end=None)
    await scene.after(STALL_S - 1, end=5)
