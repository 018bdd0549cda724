"""An analysis of what a watch of this worker holds: planned and read without the source, else by it."""

import asyncio
import dataclasses
import time
from pathlib import Path

import numpy as np
import pytest

from patternwatch.analysis.planning.requests import request_for_selector
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shards import Shard
from patternwatch.contracts.topics import REQUESTS, SHARD_RESULTS, SHARDS, Topic
from patternwatch.contracts.watches import Watch
from patternwatch.cortex.partial_answers import tell
from patternwatch.cortex.raw import RawSeries
from patternwatch.streams.agents.watches.history import WatchHistory
from patternwatch.streams.agents.watches.kept_watches import KeptWatch
from patternwatch.streams.agents.watches.room import WatchRoom
from patternwatch.streams.agents.watches.services import Banks, WatchServices
from patternwatch.streams.agents.watches.watched_cluster import WatchedCluster
from tests.fakes.live_source import STEP_MS, LiveSource
from tests.fakes.messages import TENANT, a_window
from tests.fakes.source import FakeSource
from tests.streams.agent_harness import ANALYSIS, THREADS, AgentHarness

SETTINGS = AnalysisSettings(step_ms=STEP_MS, shard_series=10)
WATCH = Watch(name="shop", tenant=TENANT, selector='{cluster="shop"}')
SELECTOR = '{cluster="shop",service=~"cart|orders"}'
NOW_MS = time.time_ns() // 1_000_000
END_MS = NOW_MS - NOW_MS % STEP_MS - 5 * STEP_MS


class Failing(LiveSource):
    """Leaves something out, or fails, for as long as it is told to."""

    left_out = ""
    broken = False

    async def samples(self, *args: object) -> RawSeries:
        if self.left_out:
            tell(self.left_out)
        if self.broken:
            raise KeyError("metric")
        return await super().samples(*args)  # type: ignore[arg-type]


@pytest.fixture
def live(tmp_path: Path) -> Failing:
    return Failing(tmp_path / "fault")


def kept_watch(source: LiveSource, watch: Watch = WATCH, room: WatchRoom | None = None) -> KeptWatch:
    room = room or WatchRoom(100)
    room.take(watch, 40)
    services = WatchServices(
        source=source,
        turn=asyncio.Semaphore(1),
        history=WatchHistory(source, asyncio.Semaphore(1), lambda: False, 1.0),
        threads=THREADS,
        snapshots=None,
        settings=SETTINGS,
        banks=Banks(),
        room=room,
    )
    return KeptWatch(WatchedCluster(watch, services))


async def filled(harness: AgentHarness, source: LiveSource, watch: Watch = WATCH) -> KeptWatch:
    kept = kept_watch(source, watch)
    await kept.cluster.tail.read(END_MS, 16)
    await kept.cluster.reach_back()
    harness.watches.append(kept)
    return kept


def a_request(selector: str = SELECTOR, behind_rows: int = 0, tenant: str = TENANT) -> AnalysisRequest:
    end_ms = END_MS + behind_rows * STEP_MS
    return request_for_selector(
        tenant, selector, end_ms - 60 * STEP_MS, end_ms, "", SETTINGS, end_ms + 60 * STEP_MS, "r1"
    )


async def planned(harness: AgentHarness, source: FakeSource, request: AnalysisRequest) -> list[Shard]:
    lone = await harness.planner(source, ANALYSIS).on_request(request)
    return [lone] if lone is not None else harness.publisher.on(SHARDS)


async def test_shards_of_a_watch_go_to_its_owner_and_need_no_source(live: Failing) -> None:
    harness, away = AgentHarness(), FakeSource(errors=[KeyError("it was asked")] * 99)
    await filled(harness, live)
    shards = await planned(harness, away, a_request())
    assert [(shard.watch, shard.expected_series) for shard in shards] == [("shop", n) for n in (8, 8, 4)]
    assert harness.publisher.placed[-3:] == [7, 7, 7]
    for shard in shards:
        await harness.analyst(away).on_shard(shard)
    results = harness.publisher.on(SHARD_RESULTS)
    assert [(result.status, result.series) for result in results] == [("ok", n) for n in (8, 8, 4)]
    assert away.calls == 0
    assert harness.metrics.registry.get_sample_value("patternwatch_shards_of_watches_total") == 3


async def test_what_is_read_is_what_the_source_would_give(live: Failing) -> None:
    harness = AgentHarness()
    await filled(harness, live)
    request = a_request('{cluster="shop",service="cart"}')
    (shard,) = await planned(harness, FakeSource(), request)
    held = await harness.analyst(FakeSource()).reader.read(shard)
    wanted = await live.fetch(TENANT, request.matchers, request.window)
    assert held.labels == wanted.labels
    np.testing.assert_array_equal(held.values, wanted.values)


@pytest.mark.parametrize(
    "request_",
    [
        a_request('{service=~"cart|orders"}'),
        a_request(behind_rows=6),
        a_request(behind_rows=-20),
    ],
    ids=["not known to be the watch's", "newer", "older"],
)
async def test_what_the_watch_does_not_hold_is_the_sources(live: Failing, request_: AnalysisRequest) -> None:
    harness = AgentHarness()
    await filled(harness, live)
    harness.publisher.placed.clear()
    await dataclasses.replace(harness.planner(FakeSource()), source=live).on_request(request_)
    shards = harness.publisher.on(SHARDS)
    assert {shard.watch for shard in shards} == {""}
    assert set(harness.publisher.placed) == {None}


async def test_where_the_watch_knows_no_such_series_the_source_has_the_word(live: Failing) -> None:
    harness = AgentHarness()
    await filled(harness, live)
    (shard,) = await planned(harness, FakeSource(), a_request('{cluster="shop",service="service-2"}'))
    assert (shard.watch, shard.expected_series) == ("", 5)


async def test_what_a_watch_holds_is_its_tenants_only(live: Failing) -> None:
    harness = AgentHarness()
    await filled(harness, live)
    (own, *_) = await planned(harness, FakeSource(), a_request())
    assert harness.watched.of_shard(own) is not None
    others = a_request(tenant="b")
    assert harness.watched.of_request(others) is None
    assert harness.watched.of_shard(own.model_copy(update={"request": others})) is None


async def test_a_shard_whose_watch_is_gone_or_holds_it_no_more_is_read_from_the_source(live: Failing) -> None:
    harness = AgentHarness()
    kept = await filled(harness, live)
    shards = await planned(harness, FakeSource(), a_request())
    await kept.cluster.tail.read(END_MS + 30 * STEP_MS, 16)  # the window's beginning has made room
    source = FakeSource()
    for n, shard in enumerate(shards):
        await harness.analyst(source).on_shard(shard)
        assert source.calls == n + 1
        harness.watches.clear()


async def test_of_two_watches_the_one_serves_that_holds_the_series(live: Failing) -> None:
    harness = AgentHarness()
    await filled(harness, live, WATCH.model_copy(update={"name": "bank", "selector": '{cluster="bank"}'}))
    await filled(harness, live)
    shards = await planned(harness, FakeSource(), a_request())
    assert {shard.watch for shard in shards} == {"shop"}
    assert len(await harness.analyst(FakeSource()).reader.read(shards[0])) == 8


async def test_an_answer_that_leaves_something_out_is_taken_in_by_no_tail(live: Failing) -> None:
    harness = AgentHarness()
    kept = await filled(harness, live)
    live.left_out = "no answer from store 2"
    await kept.cluster.take_over(END_MS, ())
    observation = await kept.cluster.observe(END_MS + 20 * STEP_MS)
    assert observation is not None
    assert observation.not_judged == "The source left something out: no answer from store 2"
    assert kept.cluster.tail.reader is not None
    assert kept.cluster.tail.reader.newest_ms == END_MS


async def test_a_tail_that_fails_begins_anew_and_the_tick_is_looked_at(
    live: Failing, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = await filled(AgentHarness(), live)
    batch = await kept.cluster.tail.read(END_MS - 3 * STEP_MS, 16)
    assert batch.times[-1] == END_MS - 3 * STEP_MS, "time went back"
    assert kept.cluster.tail.reader is None
    assert len((await kept.cluster.tail.read(END_MS, 16)).times) == 16


async def test_where_memory_is_short_a_watch_keeps_what_its_ticks_need(live: Failing) -> None:
    room = WatchRoom(1)
    kept, other = kept_watch(live, room=room), WATCH.model_copy(update={"name": "other"})
    tail = kept.cluster.tail
    await tail.read(END_MS, 16)
    await tail.reach_back()
    assert tail.samples == 40 * (SETTINGS.window_rows + 16 + 1)
    room.take(other, 80)
    await tail.read(END_MS, 16)
    assert tail.samples == 40 * 17
    room.leave(other)
    await tail.read(END_MS, 16)
    assert tail.samples == 40 * (SETTINGS.window_rows + 16 + 1)


def elsewhere(harness: AgentHarness, *watches: Watch, request: AnalysisRequest) -> int | None:
    harness.book.watches = {(watch.tenant, watch.name): watch for watch in watches}
    harness.partitions.ours = False
    watched = dataclasses.replace(harness.watched, settings=SETTINGS, now_ms=lambda: END_MS)
    return watched.elsewhere(request)


async def test_a_request_of_what_another_worker_watches_goes_on_to_that_one(live: Failing) -> None:
    harness, source = AgentHarness(), FakeSource()
    request = a_request().model_copy(update={"window": a_window()})
    harness.book.put(WATCH)
    harness.partitions.ours = False
    planner = harness.planner(source)
    planner.under_way.begins(request)
    assert await planner.on_request(request) is None
    assert harness.publisher.on(REQUESTS) == [request]
    assert (harness.publisher.placed, source.calls) == ([7], 0)
    assert await harness.looks.of(TENANT, "r1") is None, "it is begun by whoever plans it"
    harness.partitions.ours = True  # this is the one
    await planner.on_request(request)
    assert len(harness.publisher.on(REQUESTS)) == 1
    assert source.calls > 0


@pytest.mark.parametrize(
    ("watch", "request_", "goes_on"),
    [
        ({}, a_request(), True),
        ({"tenant": "b"}, a_request(), False),
        ({"paused": True}, a_request(), False),
        ({"each": "service"}, a_request(), False),
        ({"selector": '{cluster="shop",service="cart"}'}, a_request(), False),
        ({}, a_request(behind_rows=-18), False),
    ],
    ids=["covered", "another tenant", "paused", "each", "narrower", "too old"],
)
def test_it_goes_on_where_the_owner_may_hold_its_series(
    watch: dict[str, object], request_: AnalysisRequest, *, goes_on: bool
) -> None:
    found = elsewhere(AgentHarness(), WATCH.model_copy(update=watch), request=request_)
    assert found == (7 if goes_on else None)


def test_of_several_watches_every_worker_takes_the_same() -> None:
    harness, asked = AgentHarness(), list[tuple[str, ...]]()

    def beside(_topic: Topic, _other: Topic, *key: str) -> int:
        asked.append(key)
        return 3

    harness.partitions.beside = beside  # type: ignore[assignment, method-assign]
    narrow = WATCH.model_copy(update={"name": "z", "selector": SELECTOR})
    other = WATCH.model_copy(update={"name": "a"})
    for watches in ((WATCH, narrow, other), (other, WATCH, narrow), (WATCH, other), (other, WATCH)):
        assert elsewhere(harness, *watches, request=a_request()) == 3
    assert asked == [(TENANT, "z")] * 2 + [(TENANT, "a")] * 2
