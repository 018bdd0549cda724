"""What kills its worker twice is set aside with its reason; what was in hand beside it is not."""

import asyncio
from contextlib import suppress

import pytest

from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.topics import DEAD_LETTERS, REPORTS, SHARD_RESULTS
from patternwatch.streams.agents.shards.attempts import MAX_TRIES, Attempts, SetAsideError
from patternwatch.streams.metrics import WorkerMetrics
from tests.fakes.messages import TENANT, a_request, a_result, a_shard
from tests.fakes.source import FakeSource
from tests.fakes.state import FakeAttempts
from tests.streams.agent_harness import AgentHarness
from tests.streams.agents.reports.test_collector import CollectorHarness


class DyingStore(FakeAttempts):
    """Of a worker that dies: it never gets to the ends."""

    def end(self, tenant: str, work: str) -> None:
        pass


def counting(store: FakeAttempts) -> Attempts:
    return Attempts(store, WorkerMetrics())


async def begin(attempts: Attempts, name: str) -> None:
    async with attempts.of(a_request(), "shard", name) as begun:
        await begun.noted


async def test_what_ends_is_forgotten_however_it_ends() -> None:
    store = FakeAttempts()
    attempts = counting(store)
    await begin(attempts, "s1")
    with pytest.raises(ZeroDivisionError):
        await _fail(attempts, "s2")
    task = asyncio.create_task(_for_ever(attempts, "s3"))
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await asyncio.sleep(0)
    assert store.begun == {}


async def _fail(attempts: Attempts, name: str) -> None:
    async with attempts.of(a_request(), "shard", name):
        raise ZeroDivisionError


async def _for_ever(attempts: Attempts, name: str) -> None:
    async with attempts.of(a_request(), "shard", name):
        await asyncio.sleep(3600)


async def test_it_is_noted_before_it_ends_and_set_aside_when_it_killed_twice() -> None:
    store = DyingStore()
    for tries in range(1, MAX_TRIES + 1):
        await begin(counting(store), "s1")
        assert store.begun == {(TENANT, "shard/s1"): tries}
    with pytest.raises(SetAsideError, match=r"begun 2 times.* its worker died"):
        await begin(counting(store), "s1")
    await begin(counting(store), "s2")


async def test_what_was_in_hand_at_a_death_is_begun_alone() -> None:
    store = FakeAttempts()
    store.begun[TENANT, "shard/suspect"] = 1
    attempts = counting(store)
    told: list[str] = []

    async def run(name: str) -> None:
        async with attempts.of(a_request(), "shard", name):
            told.append(f"{name} begins")
            await asyncio.sleep(0.01)
            told.append(f"{name} ends")

    await asyncio.gather(*(run(name) for name in ("a", "suspect", "b")))
    alone = told.index("suspect begins")
    assert told[alone + 1] == "suspect ends"
    assert told.index("a ends") < alone < told.index("b begins")


async def test_a_shard_that_killed_twice_is_a_failed_result() -> None:
    harness = AgentHarness()
    harness.attempt_store.begun[TENANT, "shard/r1-1"] = MAX_TRIES
    await harness.analyst(FakeSource()).on_shard(a_shard(number=1, of=3))
    (result,) = harness.publisher.on(SHARD_RESULTS)
    assert (result.status, result.number) == ("failed", 1)
    assert "its worker died before the end: it is set aside" in result.reason
    assert harness.metrics.registry.get_sample_value("patternwatch_set_aside_total", {"kind": "shard"}) == 1
    assert harness.attempt_store.begun, "a record that comes again is set aside at once"


async def test_a_later_look_tries_once_more_what_two_workers_died_with() -> None:
    """Both may have died of something else: its report would stay partial for as long as it grows."""
    store = DyingStore()
    store.begun[TENANT, "shard/s1"] = MAX_TRIES
    later = a_request(look=1)
    async with counting(store).of(later, "shard", "s1") as begun:
        await begun.noted
    assert store.begun == {(TENANT, "shard/s1"): MAX_TRIES + 1}
    for request in (later, a_request(look=2)):
        with pytest.raises(SetAsideError, match="begun 3 times"):
            async with counting(store).of(request, "shard", "s1"):
                pass


async def test_a_beginning_is_noted_before_the_scan() -> None:
    seen = []
    harness = AgentHarness()

    def scan(shard: object, batch: SeriesBatch, *_: object) -> ShardResult:
        seen.append(dict(harness.attempt_store.begun))
        return a_result()

    await harness.analyst(FakeSource(), scan=scan).on_shard(a_shard())
    await asyncio.sleep(0)
    assert seen == [{(TENANT, "shard/r1-0"): 1}]
    assert harness.attempt_store.begun == {}


async def test_what_cannot_be_counted_is_a_failed_result_too() -> None:
    class Broken(FakeAttempts):
        async def tries(self, tenant: str, work: str) -> int:
            raise ZeroDivisionError("oh")

    harness = AgentHarness()
    harness.attempts = counting(Broken())
    with pytest.raises(ZeroDivisionError):
        await harness.analyst(FakeSource()).on_shard(a_shard())
    (result,) = harness.publisher.on(SHARD_RESULTS)
    assert result.reason == "It could not be begun: ZeroDivisionError: oh"


async def test_a_report_whose_making_killed_twice_is_a_failed_report_and_dead_letters() -> None:
    harness = CollectorHarness()
    harness.harness.attempt_store.begun[TENANT, "report/r1"] = MAX_TRIES
    await harness.give(a_result(number=0, of=2), a_result(number=1, of=2))
    (report,) = harness.harness.publisher.on(REPORTS)
    assert report.status == "failed"
    assert "it is set aside" in report.reason
    assert len(harness.harness.publisher.on(DEAD_LETTERS)) == 2
    assert harness.acked == [0, 1]
