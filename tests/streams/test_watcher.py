"""Watched clusters: ticks at known times, one report for one trouble, silence where there is none."""

import pytest

from patternwatch.analysis.conclude import failed
from patternwatch.contracts.errors import NotFoundError
from patternwatch.contracts.messages import Tick
from patternwatch.contracts.report import EntityRank, Report
from patternwatch.contracts.settings import WatchSettings
from patternwatch.contracts.topics import PROGRESS, REPORTS, REQUESTS, TICKS, record_key
from patternwatch.kafka.topics import partition_of
from patternwatch.streams.agents.watcher import Ticker, Watcher, watches_by_name
from tests.fakes.clock import NOW_MS, standing_clock
from tests.fakes.messages import TENANT, a_request
from tests.fakes.state import FakeEpisodes
from tests.streams.agent_harness import ANALYSIS, AgentHarness

WATCH = WatchSettings(name="shop", tenant=TENANT, selector='{cluster="shop"}', interval_s=60)
TICK_MS = NOW_MS - NOW_MS % 60_000


class WatcherHarness:
    def __init__(self) -> None:
        self.harness = AgentHarness()
        self.episodes = FakeEpisodes()
        self.watcher = Watcher(
            publisher=self.harness.publisher,
            progress=self.harness.progress,
            reports=self.harness.reports,
            episodes=self.episodes,
            metrics=self.harness.metrics,
            watches=watches_by_name([WATCH]),
            settings=ANALYSIS,
            now_ms=self.harness.now_ms,
        )

    async def look(self, number: int, score: float) -> None:
        at_ms = TICK_MS + number * 60_000
        request = a_request(f"w{number}", trigger="watch", watch="shop", requested_at_ms=at_ms)
        await self.watcher.conclude(request, a_report(score, at_ms, request.request_id), 1, 1)

    @property
    def reports(self) -> list[tuple[str, int]]:
        return [(r.report_id, r.revision) for r in self.harness.publisher.on(REPORTS)]

    @property
    def stages(self) -> list[str]:
        return [p.stage for p in self.harness.publisher.on(PROGRESS)]


def a_report(score: float, at_ms: int, request_id: str) -> Report:
    request = a_request(request_id, trigger="watch", watch="shop", requested_at_ms=at_ms)
    entity = EntityRank(rank=1, entity="cart", label="service", score=score, series=3, top_findings=[])
    return failed(request, "").model_copy(update={"status": "complete", "entities": [entity]})


async def test_a_tick_asks_for_the_same_analysis_every_time() -> None:
    harness = WatcherHarness()
    for _ in range(2):
        await harness.watcher.on_tick(Tick(tenant=TENANT, watch="shop", at_ms=TICK_MS))
    one, two = harness.harness.publisher.on(REQUESTS)
    assert one == two
    assert (one.trigger, one.watch, one.requested_at_ms) == ("watch", "shop", TICK_MS)


async def test_an_old_tick_is_skipped() -> None:
    harness = WatcherHarness()
    await harness.watcher.on_tick(Tick(tenant=TENANT, watch="shop", at_ms=TICK_MS - 120_000))
    assert harness.harness.publisher.sent == []
    assert harness.harness.metrics.registry.get_sample_value("patternwatch_ticks_skipped_total") == 1


async def test_a_tick_or_a_report_of_no_watch_of_ours_is_an_error() -> None:
    harness = WatcherHarness()
    with pytest.raises(NotFoundError):
        await harness.watcher.on_tick(Tick(tenant=TENANT, watch="other", at_ms=TICK_MS))
    request = a_request(trigger="watch", watch="other")
    with pytest.raises(NotFoundError):
        await harness.watcher.conclude(request, failed(request, ""), 1, 1)


async def test_all_quiet_publishes_nothing() -> None:
    harness = WatcherHarness()
    await harness.look(0, score=0.5)
    assert (harness.reports, harness.stages) == ([], ["quiet"])
    assert harness.episodes.kept == {}


async def test_one_trouble_is_one_report_as_long_as_it_lasts() -> None:
    harness = WatcherHarness()
    for number in range(3):
        await harness.look(number, score=9.0)
    ids = {report_id for report_id, _ in harness.reports}
    assert len(ids) == 1
    assert [revision for _, revision in harness.reports] == [1, 2, 3]
    assert harness.stages == ["concluded"] * 3
    for number in range(3, 8):
        await harness.look(number, score=0.1)
    assert not harness.episodes.kept["cart"].open
    await harness.look(8, score=9.0)
    assert len({report_id for report_id, _ in harness.reports}) == 2


@pytest.mark.parametrize("owner", [True, False])
async def test_only_the_owner_ticks_and_at_multiples_of_the_interval(owner: bool) -> None:
    harness, clock = AgentHarness(), standing_clock()

    async def sleep(seconds: float) -> None:
        if len(clock.slept) == 5:
            raise NotFoundError("enough")
        await clock.sleep(seconds)

    ticker = Ticker(harness.publisher, (WATCH,), lambda _: owner, lambda: round(clock.now * 1000), sleep)
    with pytest.raises(ExceptionGroup):
        await ticker.run()
    ticks = [tick.at_ms for tick in harness.publisher.on(TICKS)]
    assert ticks == [TICK_MS + n * 60_000 for n in range(1, 6)] * owner


def test_watches_are_spread_over_the_partitions() -> None:
    watches = [WATCH.model_copy(update={"name": f"w{n}"}) for n in range(40)]
    assert {partition_of(record_key(watch.tenant, watch.name), 4) for watch in watches} == {0, 1, 2, 3}
