"""The report of a watch's episode grows while the trouble lasts, and says at last that it is over."""

from typing import Any

from patternwatch.analysis.report.watched_episode import request_for_episode
from patternwatch.analysis.verdict import clock
from patternwatch.contracts.codec import encode
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.looks import Look
from patternwatch.contracts.progress import TERMINAL_STAGES
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shards import Shard
from patternwatch.contracts.topics import PROGRESS
from patternwatch.contracts.watches import Watch
from patternwatch.streams.agents.looks.outcomes import MAX_RETRIES
from patternwatch.streams.state.looks import Looks, key_of
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import STEP_MS
from tests.fakes.source import FakeSource
from tests.streams.look_harness import AWAY, Worker, concluded_growing


class WatchedTrouble:
    """The analysis of what a watch saw, and what its looks find: entities with their scores."""

    def __init__(self, source: FakeSource | None = None) -> None:
        self.worker = Worker(source, conclude=self.concluded)
        self.found: dict[str, float] = {}
        self.episode = Episode(
            tenant="a", watch="shop", cause="cart", report_id="e1", opened_ms=NOW_MS - 60_000,
            last_seen_ms=NOW_MS, open=True, since_ms=NOW_MS - 120_000,
        )  # fmt: skip
        self.request = request_for_episode(WATCH, self.episode, STEPS, NOW_MS)

    def concluded(self, request: AnalysisRequest, *rest: Any) -> Report:
        ranks = [
            EntityRank(rank=n + 1, entity=name, label="service", score=score, series=1, top_findings=[])
            for n, (name, score) in enumerate(self.found.items())
        ]
        return concluded_growing(request, *rest).model_copy(update={"entities": ranks})

    async def end(self, after_s: float) -> None:
        last_ms = NOW_MS + round(1000 * after_s)
        await self.worker.harness.later_looks.ended(self.episode.model_copy(update={"last_seen_ms": last_ms}))

    async def grow(self, after_s: float, words: str = "queue is gone") -> str:
        return await self.worker.harness.later_looks.grew(self.episode, NOW_MS + round(1000 * after_s), words)

    @property
    def ends(self) -> list[str]:
        stages = [p.stage for p in self.worker.harness.publisher.on(PROGRESS)]
        return [stage for stage in stages if stage in TERMINAL_STAGES]


WATCH = Watch(name="shop", tenant="a", selector='{cluster="shop"}')


STEPS = AnalysisSettings(step_ms=STEP_MS)


async def test_the_report_of_a_watch_grows_and_says_at_last_that_it_is_over() -> None:
    watched = WatchedTrouble()
    worker = watched.worker
    watched.found = {"cart": 5.0}
    await worker.plan(watched.request)
    await worker.half_minutes(80)
    assert len({report.report_id for report in worker.reports}) == 1
    assert worker.revisions == sorted(set(worker.revisions))
    assert worker.reports[-1].next_look_ms is None
    assert not any(report.notes for report in worker.reports)
    before = len(worker.reports)
    await watched.end(4 * 3600)
    await worker.later(1)
    (last,) = worker.reports[before:]
    assert last.notes == [f"It is over: it lasted 4 h 2 min, until {clock(NOW_MS + 4 * 3_600_000)}."]
    assert last.revision > worker.reports[before - 1].revision
    assert last.window == worker.reports[before - 1].window, "the same window: four hours are no baseline"
    await worker.later(30)
    await watched.end(4 * 3600)
    await worker.later(30)
    assert len(worker.reports) == before + 1


async def test_what_a_watch_saw_and_no_analysis_names_is_not_published() -> None:
    watched = WatchedTrouble()
    worker = watched.worker
    watched.found = {"orders": 2.0}
    await worker.plan(watched.request)
    assert (worker.reports, watched.ends) == ([], ["quiet"])
    watched.found = {"orders": 6.0}
    await worker.half_minutes(20)
    assert worker.reports[0].entities[0].entity == "orders"
    assert worker.reports[0].revision > 0
    watched.found = {}
    await worker.half_minutes(70)
    assert worker.reports[-1].entities == [], "what is out is revised, whatever it says now"


async def test_a_trouble_that_no_look_names_ends_without_a_report() -> None:
    watched = WatchedTrouble()
    worker = watched.worker
    await worker.plan(watched.request)
    await watched.end(60)
    await worker.half_minutes(80)
    assert worker.reports == []
    assert set(watched.ends) == {"quiet"}
    (look,) = worker.kept
    assert look.is_over


async def test_one_that_ends_while_its_first_look_is_under_way_says_so_in_the_next() -> None:
    watched = WatchedTrouble()
    worker = watched.worker
    watched.found = {"cart": 5.0}
    plain = worker.scan

    async def scan(lone: Shard) -> None:
        if not worker.reports:
            await watched.end(60)
        await plain(lone)

    worker.scan = scan  # type: ignore[method-assign]
    await worker.plan(watched.request)
    await worker.later(1)
    assert [bool(report.notes) for report in worker.reports] == [False, True]


async def test_a_failed_look_of_a_watch_is_told_as_a_report_only_when_no_try_is_left() -> None:
    watched = WatchedTrouble(FakeSource(services=2, errors=[AWAY] * 1000))
    worker = watched.worker
    await worker.plan(watched.request)
    assert (worker.reports, watched.ends) == ([], ["failed"])
    await worker.half_minutes(90)
    (report,) = worker.reports
    assert (report.status, report.revision) == ("failed", 0)
    assert watched.ends == ["failed"] * (MAX_RETRIES + 1)


async def test_what_grows_hours_later_is_a_higher_revision_that_says_so() -> None:
    watched = WatchedTrouble()
    worker = watched.worker
    watched.found = {"cart": 5.0}
    await worker.plan(watched.request)
    await worker.half_minutes(80)
    before = worker.reports[-1]
    worker.harness.clock.now += 2 * 3600
    grew_s = 80 * 30 + 2 * 3600 - 120
    watched.found = {"queue": 7.0}
    assert await watched.grow(grew_s) == "asked"
    assert await watched.grow(grew_s) == "told", "a tick that is delivered again asks for nothing more"
    await worker.later(1)
    grown = worker.reports[-1]
    assert (grown.report_id, grown.revision > before.revision) == (before.report_id, True)
    assert grown.changes[:2] == ["it grew: queue is gone", "queue is new, 1st"]
    assert not any("stands out no more" in change for change in grown.changes)
    assert grown.window.end_ms > NOW_MS + 2 * 3_600_000
    assert grown.notes[0] == f"It grew at {clock(NOW_MS + 1000 * grew_s)}: queue is gone."
    assert any("cart" in note and "goes on" in note for note in grown.notes)
    await worker.half_minutes(80)
    assert len({report.window.split_ms for report in worker.reports[worker.reports.index(grown) :]}) == 1
    assert worker.reports[-1].next_look_ms is None
    assert worker.revisions == sorted(set(worker.revisions))
    await watched.end(5 * 3600)
    await worker.later(1)
    assert any(note.startswith("It is over") for note in worker.reports[-1].notes)


async def test_what_has_grown_and_no_analysis_names_leaves_the_report_as_it_is() -> None:
    watched = WatchedTrouble()
    worker = watched.worker
    watched.found = {"cart": 5.0}
    await worker.plan(watched.request)
    await worker.half_minutes(80)
    before, window = len(worker.reports), worker.reports[-1].window
    worker.harness.clock.now += 7200
    watched.found = {"orders": 1.0}
    assert await watched.grow(80 * 30 + 7200 - 60) == "asked"
    await worker.half_minutes(20)
    assert len(worker.reports) == before
    watched.found = {"cart": 5.0}
    await watched.end(5 * 3600)
    await worker.later(1)
    (last,) = worker.reports[before:]
    assert (last.window, len(last.notes)) == (window, 1), "what it told of, and that it is over"


async def test_what_usual_looks_tell_of_soon_is_not_asked_for_besides() -> None:
    watched = WatchedTrouble()
    worker = watched.worker
    watched.found = {"cart": 5.0}
    assert await watched.grow(0) == "waits", "there is no analysis yet"
    await worker.plan(watched.request)
    assert await watched.grow(10) == "told", "its next look is due in a minute"
    await worker.half_minutes(80)
    last = worker.kept[0].changed_ms
    assert await watched.grow((last - NOW_MS) / 1000 - 600) == "told", "its last look has seen that"


async def test_a_usual_look_that_is_far_away_comes_sooner_where_it_grows() -> None:
    steps = AnalysisSettings(step_ms=60_000)
    watched = WatchedTrouble()
    worker = watched.worker
    watched.request = request_for_episode(WATCH, watched.episode, steps, NOW_MS)
    watched.found = {"cart": 5.0}
    await worker.plan(watched.request)
    while worker.kept[0].due_ms is None or worker.kept[0].due_ms - worker.harness.now_ms() < 600_000:
        await worker.later(30)
    looks, grew_s = len(worker.reports), worker.harness.clock.now - NOW_MS / 1000
    worker.harness.clock.now += 120
    assert await watched.grow(grew_s) == "asked"
    await worker.later(1)
    assert len(worker.reports) == looks + 1
    assert worker.reports[-1].window.split_ms == worker.reports[0].window.split_ms


def test_a_look_that_does_not_know_the_end_does_not_undo_it() -> None:
    """The collector and the watch's owner write without knowing of each other."""
    request = WatchedTrouble().request
    assert request.episode is not None
    over = request.model_copy(update={"episode": request.episode.model_copy(update={"ended_ms": NOW_MS})})
    told = Look(request=over, look=1, due_ms=NOW_MS, changed_ms=NOW_MS)
    later = Look(request=request, look=2, due_ms=NOW_MS + 600_000, changed_ms=NOW_MS)
    looks = Looks()
    for look in (told, later):
        looks.apply(key_of(look), encode(look), 0)
    state = looks.get(key_of(told))
    assert state is not None
    assert (state.look, state.due_ms, state.has_resolved) == (2, NOW_MS, True)
