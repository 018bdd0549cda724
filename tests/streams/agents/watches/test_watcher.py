"""Watched clusters: one episode and one analysis for one trouble, silence where there is none."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from patternwatch.contracts.alarm_settings import AlarmSettings
from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.errors import SourceUnavailableError
from patternwatch.contracts.instants import instant
from patternwatch.contracts.looks import Look
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.ticks import Tick
from patternwatch.contracts.topics import REQUESTS, WATCH_STATES
from patternwatch.contracts.watch_states import WatchState
from patternwatch.contracts.watches import Mute, QuietHours, Watch
from patternwatch.streams.agents.looks.later_looks import LaterLooks
from patternwatch.streams.agents.watches.alarms import Alarms
from patternwatch.streams.agents.watches.episode_keeper import EpisodeKeeper
from patternwatch.streams.agents.watches.history import WatchHistory
from patternwatch.streams.agents.watches.kept_watches import FORGOTTEN_MS, KeptWatches
from patternwatch.streams.agents.watches.live_view import LiveView
from patternwatch.streams.agents.watches.parts import WatchParts
from patternwatch.streams.agents.watches.room import WatchRoom
from patternwatch.streams.agents.watches.services import WatchServices
from patternwatch.streams.agents.watches.watcher import Watcher
from patternwatch.streams.state.watch_snapshots import Snapshot, SnapshotFolder
from patternwatch.watch.episodes.episodes import QUIET_TICKS
from patternwatch.watch.episodes.observation import EpisodePart, Observation, Opening
from tests.fakes.bank import FakeBanks
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import TENANT
from tests.fakes.source import FakeSource
from tests.fakes.state import FakeEpisodes
from tests.fakes.watch_book import FakeWatchBook
from tests.streams.agent_harness import ANALYSIS, THREADS, AgentHarness

WATCH = Watch(name="shop", tenant=TENANT, selector='{cluster="shop"}', interval_s=60, history_days=0.1)
TICK_MS = NOW_MS - NOW_MS % 60_000
MINUTE = 60_000
ALARMS = AlarmSettings(alertmanager_url="http://alertmanager:9093/prefix/", labels={"team": "shop"})
AWAY = SourceUnavailableError("Cortex is away")


class WatcherHarness:
    """One worker's watcher; `before` is another worker over the same Kafka and disk."""

    def __init__(
        self,
        folder: Path | None = None,
        before: "WatcherHarness | None" = None,
        source_s: float = 0.01,
        mib: int = 1000,
    ) -> None:
        self.harness = AgentHarness()
        self.episodes = FakeEpisodes()
        if before is not None:
            self.harness.publisher.sent = before.harness.publisher.sent
            self.harness.looks.looks = before.harness.looks.looks
            self.harness.clock = before.harness.clock
            self.harness.now_ms = before.harness.clock.now_ms
            self.episodes.kept = before.episodes.kept
        self.source, self.banks = FakeSource(), FakeBanks()
        services = WatchServices(
            source=self.source,
            turn=asyncio.Semaphore(1),
            history=WatchHistory(self.source, asyncio.Semaphore(1), lambda: False, source_s),
            threads=THREADS,
            snapshots=None if folder is None else SnapshotFolder(folder, "http://prometheus:9090"),
            settings=ANALYSIS,
            banks=self.banks.banks,
            room=WatchRoom(mib),
        )
        self.book, self.alarmed = FakeWatchBook([WATCH]), list[dict[str, Any]]()
        self.alarms = Alarms(ALARMS, self.harness.metrics, httpx.MockTransport(self._alarmed))
        self.watcher = Watcher(
            episodes=EpisodeKeeper(
                self.harness.publisher, self.harness.later_looks, self.episodes, ANALYSIS, self.alarms
            ),
            metrics=self.harness.metrics,
            watches=self.book,
            kept=KeptWatches(services),
            parts=WatchParts(self.source, self.harness.publisher, self.book, ANALYSIS.step_ms),
            owns=lambda _: True,
            view=LiveView(self.harness.publisher),
            now_ms=self.harness.now_ms,
        )

    def _alarmed(self, request: httpx.Request) -> httpx.Response:
        self.alarmed += json.loads(request.content)
        return httpx.Response(200)

    async def tick(self, minute: int, says: Observation | None = None, watch: str = "shop") -> None:
        self.banks.say = lambda at_ms: says or Observation(at_ms)
        self.harness.clock.now = (TICK_MS + minute * MINUTE) / 1000 + 1
        await self.watcher.on_tick(Tick(tenant=TENANT, watch=watch, at_ms=TICK_MS + minute * MINUTE))

    @property
    def requests(self) -> list[AnalysisRequest]:
        return self.harness.publisher.on(REQUESTS)

    @property
    def states(self) -> list[WatchState]:
        return self.harness.publisher.on(WATCH_STATES)

    @property
    def episode(self) -> Episode:
        (episode,) = self.episodes.kept.values()
        return episode

    def skipped(self, reason: str) -> float:
        return self.value("ticks_skipped_total", reason=reason)

    def value(self, metric: str, **labels: str) -> float:
        return self.harness.metrics.registry.get_sample_value(f"patternwatch_{metric}", labels) or 0.0


def opens(entity: str = "cart") -> Observation:
    return Observation(0, opening=Opening(entity, TICK_MS - 4 * MINUTE, 9.0, "errors rise"))


GOES_ON, OVER = Observation(0, open_goes_on=True), Observation(0, over=("cart",))


async def test_all_quiet_publishes_nothing() -> None:
    harness = WatcherHarness()
    for minute in range(5):
        await harness.tick(minute)
    assert harness.harness.publisher.on(REQUESTS) == []
    assert harness.episodes.kept == {}
    assert {state.condition for state in harness.states} == {"quiet"}
    assert harness.value("watched_series") == 30


async def test_a_tick_reads_what_is_new_and_judges_it_once() -> None:
    harness = WatcherHarness()
    for minute in (0, 1, 1, 2):
        await harness.tick(minute)
    times = harness.banks.last.times
    assert times == sorted(set(times))
    assert times[-1] == TICK_MS + 2 * MINUTE - 30_000
    assert len(harness.banks.made) == 1


async def test_it_begins_with_what_the_source_holds() -> None:
    harness = WatcherHarness()
    await harness.tick(0)
    bank = harness.banks.last
    assert bank.learned[0] == pytest.approx(TICK_MS - 0.1 * 86_400_000, abs=60_000)
    rows = bank.learned + bank.times
    assert {b - a for a, b in pairwise(rows)} == {ANALYSIS.step_ms}, "no row twice, none left out"


async def test_an_opening_is_an_episode_and_one_analysis_a_tick_later() -> None:
    harness = WatcherHarness()
    await harness.tick(0)
    await harness.tick(1, opens())
    assert harness.requests == []
    assert (harness.episode.cause, harness.episode.open, harness.episode.asked) == ("cart", True, False)
    for minute in range(2, 6):
        await harness.tick(minute, GOES_ON)
    (request,) = harness.requests
    assert (request.request_id, request.watch) == (harness.episode.report_id, "shop")
    assert (request.window.end_ms - request.window.split_ms) // ANALYSIS.step_ms == 12
    assert harness.value("open_episodes") == 1


async def test_a_tick_delivered_again_asks_for_nothing_more() -> None:
    harness = WatcherHarness()
    await harness.tick(0)
    for minute, says in ((1, opens()), (1, opens()), (2, GOES_ON), (2, GOES_ON), (1, opens())):
        await harness.tick(minute, says)
    assert len(harness.requests) == 1
    assert len(harness.episodes.kept) == 1


async def test_its_end_is_told_to_its_analysis_and_told_again_where_that_was_lost() -> None:
    harness = WatcherHarness()
    await harness.tick(0)
    await harness.tick(1, opens())
    await harness.tick(2, GOES_ON)
    (request,) = harness.requests
    await harness.tick(3, OVER)
    assert not harness.episode.open
    await harness.harness.looks.put(Look(request=request, look=1, due_ms=None, is_over=True, changed_ms=0))
    await harness.tick(4)
    look = await harness.harness.looks.of(request.tenant, request.request_id)
    assert look is not None
    assert (look.has_resolved, look.is_over, look.due_ms is None) == (True, False, False)
    assert look.request.episode is not None
    assert look.request.episode.ended_ms == TICK_MS + 2 * MINUTE
    assert harness.value("open_episodes") == 0


async def test_an_owner_that_dies_in_the_middle_leaves_one_episode(tmp_path: Path) -> None:
    first = WatcherHarness(tmp_path)
    await first.tick(0)
    await first.tick(1, opens())
    await first.tick(2, GOES_ON)
    second = WatcherHarness(tmp_path, before=first)
    await second.tick(3, opens("orders"))
    await second.tick(4, GOES_ON)
    await second.tick(5, OVER)
    assert len(second.requests) == 1
    assert (second.episode.cause, second.episode.open, second.episode.last_seen_ms) == (
        "cart", False, TICK_MS + 4 * MINUTE,
    )  # fmt: skip


async def test_a_new_owner_learns_nothing_of_the_trouble_as_normal() -> None:
    first = WatcherHarness()
    await first.tick(0)
    await first.tick(1, opens())
    second = WatcherHarness(before=first)
    await second.tick(20, GOES_ON)
    began_ms = first.episode.began_ms
    assert max(second.banks.last.learned) <= began_ms
    assert min(second.banks.last.times) <= began_ms + ANALYSIS.step_ms, "the rows since are judged"


async def test_an_owner_that_dies_before_it_asked_leaves_that_to_the_next() -> None:
    first = WatcherHarness()
    await first.tick(0)
    await first.tick(1, opens())
    second = WatcherHarness(before=first)
    await second.tick(2)
    assert [request.request_id for request in second.requests] == [first.episode.report_id]


async def test_what_a_new_owner_does_not_see_is_over_after_a_while() -> None:
    first = WatcherHarness()
    await first.tick(0)
    await first.tick(1, opens())
    second = WatcherHarness(before=first)
    for minute in range(2, 2 + QUIET_TICKS):
        await second.tick(minute)
        assert second.episode.open
    await second.tick(2 + QUIET_TICKS)
    assert not second.episode.open


async def test_an_opening_that_could_not_be_stored_is_stored_at_the_next_tick() -> None:
    harness = WatcherHarness()
    await harness.tick(0)
    put = harness.episodes.put
    harness.episodes.put = _fails  # type: ignore[method-assign,assignment]
    with pytest.raises(OSError, match="full"):
        await harness.tick(1, opens())
    harness.episodes.put = put  # type: ignore[method-assign]
    await harness.tick(2, GOES_ON)
    assert harness.episode.cause == "cart"


async def _fails(_: Episode) -> None:
    raise OSError("full")


async def test_a_snapshot_never_swallows_what_is_not_stored(tmp_path: Path) -> None:
    harness = WatcherHarness(tmp_path)
    await harness.tick(0)
    harness.episodes.put = _fails  # type: ignore[method-assign,assignment]
    with pytest.raises(OSError, match="full"):
        await harness.tick(1, opens())
    await harness.watcher.kept.close()
    assert list(tmp_path.iterdir()) == []


async def test_a_worker_that_stops_and_starts_goes_on_where_it_was(tmp_path: Path) -> None:
    first = WatcherHarness(tmp_path)
    await first.tick(0)
    await first.watcher.kept.close()
    second = WatcherHarness(tmp_path, before=first)
    await second.tick(2)
    (bank,) = second.banks.restored
    assert second.banks.made == []
    assert bank.learned == first.banks.last.learned
    assert bank.times[-1] == TICK_MS + 2 * MINUTE - 30_000
    assert bank.times == sorted(set(bank.times))


async def test_an_old_tick_is_skipped() -> None:
    harness = WatcherHarness()
    harness.harness.clock.now = TICK_MS / 1000 + 1
    await harness.watcher.on_tick(Tick(tenant=TENANT, watch="shop", at_ms=TICK_MS - 2 * MINUTE))
    assert (harness.skipped("old"), harness.source.calls) == (1, 0)


async def test_a_tick_from_a_clock_that_is_wrong_holds_none_of_the_right_ones_up() -> None:
    harness = WatcherHarness()
    await harness.tick(0)
    await harness.watcher.on_tick(Tick(tenant=TENANT, watch="shop", at_ms=TICK_MS + 10**15))
    assert harness.skipped("ahead") == 1
    await harness.tick(1)
    assert harness.banks.last.times[-1] == TICK_MS + MINUTE - 30_000


async def test_a_watch_that_does_not_fit_is_refused_and_says_why() -> None:
    harness = WatcherHarness(mib=1)
    harness.source.each = 1000
    await harness.tick(0)
    assert harness.banks.made == []
    (state,) = harness.states
    assert state.condition == "blind"
    assert "Watch shop needs 46.9 MiB for 6,000 series, and 1 MiB of 1 MiB are left" in state.reason
    harness.source.each = 1
    await harness.tick(1)
    assert harness.states[-1].condition == "quiet"


async def test_a_watch_that_has_ended_leaves_its_room_to_others() -> None:
    harness = WatcherHarness(mib=1)
    harness.source.each = 20
    await harness.tick(0)
    harness.book.watches.clear()
    harness.book.put(WATCH.model_copy(update={"name": "other"}))
    await harness.watcher.turn()
    await harness.tick(1, watch="other")
    assert harness.states[-1].condition == "quiet"


async def test_a_source_that_is_away_is_said_and_nothing_is_judged() -> None:
    harness = WatcherHarness()
    await harness.tick(0)
    harness.source.errors = [AWAY] * 2
    await harness.tick(1, opens())
    await harness.tick(2, opens())
    assert (harness.skipped("source"), harness.episodes.kept) == (2, {})
    await harness.tick(3)
    times = harness.banks.last.times
    assert {b - a for a, b in pairwise(times)} == {ANALYSIS.step_ms}, "the rows between too"


async def test_what_skips_tick_after_tick_is_logged_once_and_counted_each_time() -> None:
    """Of 200 clusters without a history yet each said so once a minute."""
    harness = WatcherHarness()
    await harness.tick(0)
    with capture_logs() as logs:
        for minute in range(1, 4):
            harness.source.errors = [AWAY]
            await harness.tick(minute)
        assert [line["reason"] for line in logs if line["event"] == "tick.skipped"] == ["source"]
        assert harness.skipped("source") == 3
        harness.source.errors = []
        await harness.tick(4)
        harness.source.errors = [AWAY]
        await harness.tick(5)
    assert [line["reason"] for line in logs if line["event"] == "tick.skipped"] == ["source"] * 2


async def test_history_that_cannot_be_read_is_read_at_the_next_tick() -> None:
    harness = WatcherHarness()
    harness.source.errors = [AWAY] * 3
    await harness.tick(0)
    assert harness.skipped("source") == 1
    harness.source.errors = []
    await harness.tick(1)
    assert harness.banks.last.times


async def test_ticks_are_skipped_while_a_watch_learns() -> None:
    harness = WatcherHarness(source_s=30)
    gate = asyncio.Event()
    count = harness.source.count

    async def slow(*args: object) -> dict[str, int]:
        await gate.wait()
        return await count(*args)  # type: ignore[arg-type]

    harness.source.count = slow  # type: ignore[method-assign,assignment]
    watch = WATCH.model_copy(update={"interval_s": 0.1})
    harness.watcher.kept.of(watch)  # nothing of it is kept: the settings say another interval
    kept = harness.watcher.kept.of(watch)
    assert await kept.why_not_begun(TICK_MS) == "Its history is being read"
    gate.set()
    async with asyncio.timeout(60):
        while why := await kept.why_not_begun(TICK_MS + MINUTE):  # waits for a part of the interval
            assert why == "Its history is being read"


async def test_a_watch_without_ticks_is_let_go() -> None:
    harness = WatcherHarness()
    await harness.tick(0)
    assert harness.watcher.kept.silent(TICK_MS + FORGOTTEN_MS) == []
    assert harness.watcher.kept.silent(TICK_MS + FORGOTTEN_MS + 1) == [WATCH]
    other = WATCH.model_copy(update={"name": "other"})
    harness.book.put(other)
    at_ms = TICK_MS + 2 * FORGOTTEN_MS
    harness.harness.clock.now = at_ms / 1000 + 1
    await harness.watcher.on_tick(Tick(tenant=TENANT, watch="other", at_ms=at_ms))
    assert [kept.cluster.watch for kept in harness.watcher.kept] == [other]


async def test_a_watch_that_ends_ends_its_episode() -> None:
    harness = WatcherHarness()
    await harness.tick(0)
    await harness.tick(1, opens())
    await harness.watcher.turn()
    assert harness.episode.open
    del harness.book.watches[TENANT, "shop"]
    await harness.watcher.turn()
    assert not harness.episode.open
    assert list(harness.watcher.kept) == []
    assert harness.value("watch_observed_timestamp_seconds", tenant=TENANT, watch="shop") == 0


async def test_a_watch_that_ended_while_no_worker_had_it_ends_its_episode_later() -> None:
    first = WatcherHarness()
    await first.tick(0)
    await first.tick(1, opens())
    second = WatcherHarness(before=first)
    second.harness.clock.now += 3600
    await second.watcher.close_left()
    assert second.episode.open  # its watch is there, and may come back
    del second.book.watches[TENANT, "shop"]
    second.book.tenants = frozenset({"another"})
    await second.watcher.close_left()
    assert second.episode.open  # a worker of other tenants knows none of this one's watches
    second.book.tenants = frozenset({TENANT})
    second.harness.clock.now -= 3600
    await second.watcher.close_left()
    assert second.episode.open  # just seen: whoever has it sees to its end
    second.harness.clock.now += 3600
    await second.watcher.close_left()
    assert not second.episode.open


async def test_a_paused_watch_ends_its_episode_and_opens_it_again_if_it_goes_on() -> None:
    harness = WatcherHarness()
    await harness.tick(0)
    await harness.tick(1, opens())
    harness.book.put(WATCH.model_copy(update={"paused": True}))
    await harness.watcher.turn()
    assert not harness.episode.open
    harness.book.put(WATCH)
    await harness.tick(2, GOES_ON)
    assert (harness.episode.cause, harness.episode.open) == ("cart", True)
    harness.book.put(WATCH.model_copy(update={"paused": True}))
    await harness.watcher.turn()
    harness.book.put(WATCH)
    await harness.tick(3, Observation(0))
    assert not harness.episode.open


async def test_its_categories_reach_the_bank_that_begins_and_the_one_that_goes_on(tmp_path: Path) -> None:
    first = WatcherHarness(tmp_path)
    first.book.put(WATCH.model_copy(update={"categories": ("error",)}))
    await first.tick(0)
    await first.watcher.kept.close()
    second = WatcherHarness(tmp_path, before=first)
    second.book.put(WATCH.model_copy(update={"categories": ("error",)}))
    await second.tick(1)
    assert [first.banks.last.categories, second.banks.last.categories] == [("error",), ("error",)]
    assert len(second.banks.restored) == 1


async def test_a_tick_between_two_rows_is_no_gap_of_the_source() -> None:
    harness = WatcherHarness()
    harness.book.put(WATCH.model_copy(update={"interval_s": 10}))
    for after_ms in (0, 10_000, 20_000, 30_000, 40_000):
        harness.harness.clock.now = (TICK_MS + after_ms) / 1000 + 1
        await harness.watcher.on_tick(Tick(tenant=TENANT, watch="shop", at_ms=TICK_MS + after_ms))
    assert harness.skipped("no new samples") == 0
    assert {state.condition for state in harness.states} == {"quiet"}


async def test_a_snapshot_waits_for_what_may_not_be_opened_yet(tmp_path: Path) -> None:
    """The next owner sees it open again from the snapshot before, once the quiet hours are over."""
    harness = WatcherHarness(tmp_path)
    await harness.tick(0)
    always = QuietHours(begins="00:00", ends="00:00", time_zone="UTC")
    harness.book.put(WATCH.model_copy(update={"quiet_hours": (always,)}))
    await harness.tick(1, opens())
    await harness.watcher.kept.close()
    assert list(tmp_path.iterdir()) == []


async def test_a_watch_that_was_ended_or_paused_meanwhile_is_not_looked_at() -> None:
    harness = WatcherHarness()
    await harness.watcher.on_tick(Tick(tenant=TENANT, watch="stranger", at_ms=TICK_MS))
    harness.book.put(WATCH.model_copy(update={"paused": True}))
    await harness.tick(1)
    assert (harness.skipped("not watched"), harness.banks.made, harness.states) == (2.0, [], [])


async def test_what_is_muted_or_shown_otherwise_does_not_make_a_watch_learn_again() -> None:
    harness = WatcherHarness()
    await harness.tick(0)
    harness.book.put(WATCH.model_copy(update={"mutes": (Mute(kind="metric", value="up"),)}))
    await harness.tick(1)
    assert len(harness.banks.made) == 1
    harness.book.put(WATCH.model_copy(update={"selector": "up"}))
    await harness.tick(2)
    assert len(harness.banks.made) == 2


async def test_in_quiet_hours_nothing_opens_and_what_lasts_opens_when_they_end() -> None:
    harness = WatcherHarness()
    hour = QuietHours(begins=f"{_utc(0):%H:%M}", ends=f"{_utc(3):%H:%M}", time_zone="UTC")
    harness.book.put(WATCH.model_copy(update={"quiet_hours": (hour,)}))
    await harness.tick(0)
    await harness.tick(1, opens())
    await harness.tick(2, GOES_ON)
    assert harness.episodes.kept == {}
    await harness.tick(3, GOES_ON)
    assert (harness.episode.cause, harness.episode.open) == ("cart", True)


async def test_what_is_over_within_quiet_hours_never_opens() -> None:
    harness = WatcherHarness()
    hour = QuietHours(begins=f"{_utc(0):%H:%M}", ends=f"{_utc(3):%H:%M}", time_zone="UTC")
    harness.book.put(WATCH.model_copy(update={"quiet_hours": (hour,)}))
    await harness.tick(1, opens())
    await harness.tick(2, OVER)
    await harness.tick(4)
    assert harness.episodes.kept == {}


async def test_a_muted_entity_opens_nothing_until_its_mute_ends() -> None:
    harness = WatcherHarness()
    mute = Mute(kind="entity", value="cart", until_ms=TICK_MS + 2 * MINUTE)
    harness.book.put(WATCH.model_copy(update={"mutes": (mute,)}))
    await harness.tick(0)
    await harness.tick(1, opens())
    assert harness.episodes.kept == {}
    await harness.tick(2, GOES_ON)
    assert harness.episode.cause == "cart"


async def test_an_episode_is_an_alert_from_its_analysis_to_its_end() -> None:
    harness = WatcherHarness()
    await harness.tick(0)
    await harness.tick(1, opens())
    assert harness.alarmed == [], "an opening that no second look confirms wakes nobody"
    for minute, says in ((2, GOES_ON), (3, GOES_ON), (4, OVER), (5, Observation(0))):
        await harness.tick(minute, says)
        await harness.alarms.flush()
    labels = {tuple(sorted(alert["labels"].items())) for alert in harness.alarmed}
    assert labels == {
        (
            ("alertname", "PatternwatchEpisode"),
            ("entity", "cart"),
            ("team", "shop"),
            ("tenant", TENANT),
            ("watch", "shop"),
        )
    }
    first, _, last = harness.alarmed
    assert first["startsAt"] == instant(TICK_MS - 4 * MINUTE)
    assert first["endsAt"] == instant(TICK_MS + 7 * MINUTE), "it ends by itself where nobody sends it again"
    assert last["endsAt"] == instant(TICK_MS + 3 * MINUTE), "when it was last seen"


async def test_the_live_view_says_what_each_look_saw() -> None:
    harness = WatcherHarness()
    await harness.tick(0, Observation(0, not_judged="no data"))
    await harness.tick(1, opens())
    first, second = harness.states
    assert (first.condition, first.reason) == ("blind", "no data")
    assert (second.condition, second.series) == ("open", 30)
    [shown] = second.open_episodes
    assert (shown.cause, shown.opened_ms) == ("cart", TICK_MS + MINUTE)
    assert shown.report_id == harness.episode.report_id


def _utc(minute: int) -> datetime:
    return datetime.fromtimestamp((TICK_MS + minute * MINUTE) / 1000, UTC)


async def test_another_cause_is_an_episode_of_its_own_and_each_is_over_by_itself() -> None:
    harness = WatcherHarness()
    beside = replace(opens("redis"), open_goes_on=True)
    first_ends = Observation(0, open_goes_on=True, over=("cart",))
    last_ends = Observation(0, over=("redis",))
    says = (Observation(0), opens(), GOES_ON, beside, GOES_ON, first_ends, GOES_ON, last_ends)
    seen = list[list[str]]()
    for minute, said in enumerate(says):
        await harness.tick(minute, said)
        await harness.alarms.flush()
        seen.append([episode.cause for episode in harness.episodes.kept.values() if episode.open])
    both, one, two = ["cart", "redis"], ["cart"], ["redis"]
    assert seen == [[], one, one, both, both, two, two, []]
    assert len({request.request_id for request in harness.requests}) == len(harness.requests) == 2
    assert [request.episode.entity for request in harness.requests if request.episode] == both
    ends = {episode.cause: episode.last_seen_ms for episode in harness.episodes.kept.values()}
    assert ends == {"cart": TICK_MS + 4 * MINUTE, "redis": TICK_MS + 6 * MINUTE}
    assert {alert["labels"]["entity"] for alert in harness.alarmed} == {"cart", "redis"}
    assert [[shown.cause for shown in state.open_episodes] for state in harness.states] == seen
    assert [shown.report_id for shown in harness.states[3].open_episodes] == [
        harness.episodes.kept[name].report_id for name in both
    ]


async def test_an_episode_that_grows_has_its_report_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = WatcherHarness()
    asked = list[tuple[int, str]]()
    answers = iter(["waits", "asked", "told"])

    async def grew(_self: LaterLooks, _episode: Episode, since_ms: int, words: str) -> str:
        asked.append((since_ms, words))
        return next(answers)

    monkeypatch.setattr(LaterLooks, "grew", grew)
    alone = EpisodePart("cart", (("cart", TICK_MS),), (), 9.0)
    queue = replace(alone, members=(*alone.members, ("queue", TICK_MS + 3 * MINUTE)), gone=("queue",))
    says = [opens(), *(replace(GOES_ON, parts=(part,)) for part in (alone, alone, queue, queue, queue))]
    for minute, said in enumerate(says):
        await harness.tick(minute, said)
    assert [words for _, words in asked] == ["queue is gone"] * 2, "again where it was too soon, then no more"
    assert harness.episode.grown_ms == [TICK_MS + 4 * MINUTE]
    assert harness.episode.told == ["cart", "queue", "gone:queue"]
    stronger = replace(GOES_ON, parts=(replace(queue, height=90.0),))
    await harness.tick(15, stronger)
    assert harness.episode.told_height == 90.0
    assert harness.episode.grown_ms == [TICK_MS + 4 * MINUTE], "its usual looks told of that"


async def test_in_quiet_hours_what_grows_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = WatcherHarness()
    quiet = QuietHours(begins=f"{_utc(3):%H:%M}", ends=f"{_utc(8):%H:%M}", time_zone="UTC")
    harness.book.put(WATCH.model_copy(update={"quiet_hours": (quiet,)}))
    asked = list[int]()

    async def grew(_self: LaterLooks, _episode: Episode, since_ms: int, _words: str) -> str:
        asked.append(since_ms)
        return "asked"

    monkeypatch.setattr(LaterLooks, "grew", grew)
    alone = EpisodePart("cart", (("cart", TICK_MS),), (), 9.0)
    grown = replace(alone, members=(*alone.members, ("queue", TICK_MS + 3 * MINUTE)))
    seen = [replace(GOES_ON, parts=(part,)) for part in (alone, alone, *[grown] * 7)]
    for minute, said in enumerate((opens(), *seen)):
        await harness.tick(minute, said)
        assert bool(asked) == (minute >= 8)


async def test_another_cause_that_is_muted_opens_once_it_counts_again() -> None:
    harness = WatcherHarness()
    mute = Mute(kind="entity", value="redis", until_ms=TICK_MS + 3 * MINUTE)
    harness.book.put(WATCH.model_copy(update={"mutes": (mute,)}))
    for minute, says in enumerate((opens(), GOES_ON, replace(opens("redis"), open_goes_on=True))):
        await harness.tick(minute, says)
    assert harness.episode.cause == "cart"
    await harness.tick(3, GOES_ON)
    assert [e.cause for e in harness.episodes.kept.values() if e.open] == ["cart", "redis"]


async def test_an_owner_that_dies_between_two_causes_leaves_one_episode_of_each() -> None:
    first, beside = WatcherHarness(), replace(opens("redis"), open_goes_on=True)
    for minute, says in enumerate((opens(), GOES_ON, beside)):
        await first.tick(minute, says)
    second = WatcherHarness(before=first)
    for minute, says in enumerate((beside, GOES_ON, Observation(0, over=("cart", "redis"))), start=3):
        await second.tick(minute, says)
    assert len(second.requests) == 2
    assert [(e.cause, e.open) for e in second.episodes.kept.values()] == [("cart", False), ("redis", False)]


async def test_the_rows_of_a_long_pause_are_learned_but_for_the_last_ones(tmp_path: Path) -> None:
    first = WatcherHarness(tmp_path)
    await first.tick(0)
    await first.watcher.kept.close()
    second = WatcherHarness(tmp_path, before=first)
    await second.tick(600)
    (bank,) = second.banks.restored
    fresh = bank.learned[len(first.banks.last.learned) :]
    assert fresh[0] == first.banks.last.times[-1] + ANALYSIS.step_ms
    assert fresh[-1] + ANALYSIS.step_ms == bank.times[len(first.banks.last.times)]


async def test_a_snapshot_that_its_bank_refuses_is_as_good_as_none(tmp_path: Path) -> None:
    SnapshotFolder(tmp_path, "http://prometheus:9090").write(
        WATCH, ANALYSIS.step_ms, Snapshot(b"x", TICK_MS - MINUTE)
    )
    harness = WatcherHarness(tmp_path)
    await harness.tick(0)
    assert (len(harness.banks.made), harness.banks.restored) == (1, [])
