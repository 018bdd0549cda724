"""Watched clusters: ticks at known times, one report for one trouble, silence where there is none."""

import pytest

from patternwatch.analysis.conclude import failed
from patternwatch.contracts.errors import NotFoundError
from patternwatch.contracts.messages import Episode, Tick
from patternwatch.contracts.report import EntityRank, Report
from patternwatch.contracts.settings import WatchSettings
from patternwatch.contracts.topics import PROGRESS, REPORTS, REQUESTS, TICKS
from patternwatch.streams.watcher import Ticker, Watcher, partition_of, watches_by_name
from tests.streams.desk import ANALYSIS, Office, now_ms
from tests.streams.fakes import NOW_MS, FakeClock, a_request

WATCH = WatchSettings(name="shop", tenant="default", selector='{cluster="shop"}', interval_s=60)
TICK_MS = NOW_MS - NOW_MS % 60_000


class FakeEpisodes:
    """Episodes in a dict."""

    def __init__(self) -> None:
        self.kept: dict[str, Episode] = {}

    async def of(self, tenant: str, watch: str) -> list[Episode]:
        return [e for e in self.kept.values() if (e.tenant, e.watch) == (tenant, watch)]

    async def put(self, episode: Episode) -> None:
        self.kept[episode.cause] = episode


class Scene:
    def __init__(self) -> None:
        self.office = Office()
        self.episodes = FakeEpisodes()
        self.watcher = Watcher(
            publisher=self.office.publisher,
            progress=self.office.progress,
            reporter=self.office.reporter,
            episodes=self.episodes,
            metrics=self.office.metrics,
            watches=watches_by_name([WATCH]),
            settings=ANALYSIS,
            now_ms=now_ms,
        )

    async def look(self, number: int, score: float) -> None:
        at_ms = TICK_MS + number * 60_000
        request = a_request(f"w{number}", trigger="watch", watch="shop", requested_at_ms=at_ms)
        await self.watcher.conclude(request, a_report(score, at_ms, request.request_id), 1, 1)

    @property
    def reports(self) -> list[tuple[str, int]]:
        return [(r.report_id, r.revision) for r in self.office.publisher.on(REPORTS)]

    @property
    def stages(self) -> list[str]:
        return [p.stage for p in self.office.publisher.on(PROGRESS)]


def a_report(score: float, at_ms: int, request_id: str) -> Report:
    request = a_request(request_id, trigger="watch", watch="shop", requested_at_ms=at_ms)
    entity = EntityRank(rank=1, entity="cart", label="service", score=score, series=3, top_findings=[])
    return failed(request, "").model_copy(update={"status": "complete", "entities": [entity]})


async def test_a_tick_asks_for_the_same_analysis_every_time() -> None:
    scene = Scene()
    for _ in range(2):
        await scene.watcher.on_tick(Tick(tenant="default", watch="shop", at_ms=TICK_MS))
    one, two = scene.office.publisher.on(REQUESTS)
    assert one == two
    assert (one.trigger, one.watch, one.requested_at_ms) == ("watch", "shop", TICK_MS)


async def test_an_old_tick_is_skipped() -> None:
    scene = Scene()
    await scene.watcher.on_tick(Tick(tenant="default", watch="shop", at_ms=TICK_MS - 120_000))
    assert scene.office.publisher.sent == []
    assert scene.office.metrics.registry.get_sample_value("patternwatch_ticks_skipped_total") == 1


async def test_a_tick_or_a_report_of_no_watch_of_ours_is_an_error() -> None:
    scene = Scene()
    with pytest.raises(NotFoundError):
        await scene.watcher.on_tick(Tick(tenant="default", watch="other", at_ms=TICK_MS))
    request = a_request(trigger="watch", watch="other")
    with pytest.raises(NotFoundError):
        await scene.watcher.conclude(request, failed(request, ""), 1, 1)


async def test_all_quiet_publishes_nothing() -> None:
    scene = Scene()
    await scene.look(0, score=0.5)
    assert (scene.reports, scene.stages) == ([], ["quiet"])
    assert scene.episodes.kept == {}


async def test_one_trouble_is_one_report_as_long_as_it_lasts() -> None:
    scene = Scene()
    for number in range(3):
        await scene.look(number, score=9.0)
    ids = {report_id for report_id, _ in scene.reports}
    assert len(ids) == 1
    assert [revision for _, revision in scene.reports] == [1, 2, 3]
    assert scene.stages == ["concluded"] * 3
    for number in range(3, 8):
        await scene.look(number, score=0.1)
    assert not scene.episodes.kept["cart"].open
    await scene.look(8, score=9.0)
    assert len({report_id for report_id, _ in scene.reports}) == 2


@pytest.mark.parametrize("owner", [True, False])
async def test_only_the_owner_ticks_and_at_multiples_of_the_interval(owner: bool) -> None:
    office, clock = Office(), FakeClock(NOW_MS / 1000)

    async def sleep(seconds: float) -> None:
        if len(clock.slept) == 5:
            raise NotFoundError("enough")
        await clock.sleep(seconds)

    ticker = Ticker(office.publisher, (WATCH,), lambda _: owner, lambda: round(clock.now * 1000), sleep)
    with pytest.raises(ExceptionGroup):
        await ticker.run()
    ticks = [tick.at_ms for tick in office.publisher.on(TICKS)]
    assert ticks == [TICK_MS + n * 60_000 for n in range(1, 6)] * owner


def test_watches_are_spread_over_the_partitions() -> None:
    watches = [WATCH.model_copy(update={"name": f"w{n}"}) for n in range(40)]
    assert {partition_of(watch, 4) for watch in watches} == {0, 1, 2, 3}
