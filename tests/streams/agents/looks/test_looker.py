"""A report is looked at again as samples arrive, a failed analysis is tried again, nothing is done twice."""

import asyncio
import gc
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from patternwatch.analysis.report.looks import next_look_ms
from patternwatch.analysis.report.watched_episode import request_for_episode
from patternwatch.analysis.samples.freshness import Freshness
from patternwatch.analysis.verdict import clock
from patternwatch.contracts.codec import encode
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.errors import BrokerUnavailableError, SourceUnavailableError
from patternwatch.contracts.looks import Look
from patternwatch.contracts.progress import TERMINAL_STAGES
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.shards import Shard
from patternwatch.contracts.topics import PROGRESS, REPORTS, REQUESTS, SHARDS, Topic
from patternwatch.contracts.watches import Watch
from patternwatch.kafka.producer import RecordPosition
from patternwatch.streams.agents.looks.clock import LookClock
from patternwatch.streams.agents.looks.outcomes import FIRST_RETRY_MS, MAX_RETRIES
from patternwatch.streams.state.ended_looks import KEPT_MS
from patternwatch.streams.state.looks import Looks, key_of
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import STEP_MS, TENANT, a_request, a_result, an_alert
from tests.fakes.source import FakeSource
from tests.streams.agent_harness import AgentHarness
from tests.streams.agents.reports.test_collector import CollectorHarness, concluded

AWAY = SourceUnavailableError("Cortex is away")


def fired_now() -> dict[str, object]:
    return {"starts_at_ms": NOW_MS - 12_000, "received_at_ms": NOW_MS}


def concluded_growing(request: AnalysisRequest, *rest: Any) -> Report:
    """As `concluded`; it says when the next look is, as the real `conclude` does."""
    next_ms = next_look_ms(request, Freshness(10, 10, 0))
    return concluded(request, *rest).model_copy(update={"next_look_ms": next_ms, "look": request.look})


class Worker:
    """Planner, collector and clock of one worker process; several may share looks and publisher."""

    def __init__(
        self,
        source: FakeSource | None = None,
        before: "Worker | None" = None,
        conclude: Callable[..., Report] = concluded_growing,
    ) -> None:
        self.collecting = CollectorHarness(conclude)
        self.harness: AgentHarness = self.collecting.harness
        if before is not None:  # the process is another one, Kafka is the same
            self.harness.publisher.sent = before.harness.publisher.sent
            self.harness.looks.looks = before.harness.looks.looks
            self.harness.joined_alerts.alerts = before.harness.joined_alerts.alerts
            self.harness.clock.now = before.harness.clock.now
        self.planner = self.harness.planner(source or FakeSource(services=2))
        self.owns = True
        self.look_clock = LookClock(
            self.harness.publisher,
            self.harness.looks,
            self.harness.reports,
            self.harness.limits,
            lambda _: self.owns,
            self.harness.now_ms,
        )
        self._taken = len(self.harness.publisher.on(REQUESTS))

    async def work(self) -> None:
        """Plan every request that is new, and answer each shard with a good result."""
        requests = self.harness.publisher.on(REQUESTS)
        fresh, self._taken = requests[self._taken :], len(requests)
        for request in fresh:
            await self.plan(request)

    async def plan(self, request: AnalysisRequest) -> None:
        before = len(self.harness.publisher.on(SHARDS))
        lone = await self.planner.on_request(request)
        if lone is not None:
            await self.scan(lone)
        for shard in self.harness.publisher.on(SHARDS)[before:]:
            await self.collecting.give(good(shard.request, shard.number, shard.of))

    async def scan(self, lone: Shard) -> None:
        """Do a part that is alone in its request, with a good result."""
        analyst = self.harness.analyst(FakeSource(), lambda shard, *_: good(shard.request))
        await self.collecting.scan(lone, analyst)

    async def later(self, seconds: float) -> None:
        """So much time passes, and whatever is due is done."""
        self.harness.clock.now += seconds
        await self.look_clock.turn()
        await self.work()

    async def half_minutes(self, number: int) -> None:
        """So many pass, one after the other."""
        for _ in range(number):
            await self.later(30)

    async def repeat(self, **changes: object) -> None:
        await self.planner.on_alert(an_alert(**fired_now() | changes))
        await self.work()

    @property
    def reports(self) -> list[Report]:
        return self.harness.publisher.on(REPORTS)

    @property
    def revisions(self) -> list[int]:
        return [report.revision for report in self.reports]

    @property
    def kept(self) -> list[Look]:
        looks = self.harness.looks.looks
        return [*looks.under_way.values(), *looks.ended.expired(now_ms=10**15, since_ms=0)]


def good(request: AnalysisRequest, number: int = 0, of: int = 1) -> ShardResult:
    return a_result(request, number, of, newest=[10] + [0] * 20)


async def test_a_report_grows_until_the_current_part_is_whole() -> None:
    worker = Worker()
    await worker.repeat()
    await worker.half_minutes(80)
    assert len({report.report_id for report in worker.reports}) == 1
    assert [report.look for report in worker.reports] == [0, 1, 2, 3, 4]
    assert worker.revisions == sorted(set(worker.revisions)), "each revision once, each higher"
    ends = [report.window.end_ms for report in worker.reports]
    assert ends == sorted(set(ends))
    assert ends[-1] - (NOW_MS - 12_000) == pytest.approx(60 * STEP_MS, abs=STEP_MS)
    assert [report.next_look_ms is None for report in worker.reports] == [False] * 4 + [True]
    assert [report.changes for report in worker.reports] == [[], *[["nothing changed"]] * 4]
    (look,) = worker.kept
    assert (look.is_over, look.due_ms) == (True, None)


async def test_only_the_owner_of_the_partition_asks_and_only_once() -> None:
    worker = Worker()
    await worker.repeat()
    worker.owns = False
    await worker.later(200)
    assert len(worker.harness.publisher.on(REQUESTS)) == 1
    worker.owns = True
    worker.harness.clock.now += 1
    for _ in range(3):
        await worker.look_clock.turn()
    assert len(worker.harness.publisher.on(REQUESTS)) == 2


async def test_a_restarted_worker_repeats_nothing_that_is_done() -> None:
    worker = Worker()
    await worker.repeat()
    again = Worker(before=worker)
    await again.repeat(received_at_ms=NOW_MS + 60_000)
    assert len(again.harness.publisher.on(REQUESTS)) == 1
    assert len(again.reports) == 1
    await again.plan(again.harness.publisher.on(REQUESTS)[0])
    assert len(again.reports) == 1, "a second delivery of the request"


async def test_a_restarted_collector_publishes_no_equal_revision() -> None:
    worker = Worker(FakeSource(services=4))
    await worker.repeat()
    shards = worker.harness.publisher.on(SHARDS)
    assert len(shards) > 1
    again = Worker(before=worker)
    await again.collecting.give(*(good(s.request, s.number, s.of) for s in shards))
    assert again.revisions == worker.revisions == [len(shards)]


async def test_a_look_that_was_due_when_its_worker_died_is_asked_for_by_the_next_one() -> None:
    worker = Worker()
    await worker.repeat()
    again = Worker(before=worker)
    await again.later(200)
    assert [report.look for report in again.reports] == [0, 1]


async def test_two_workers_that_ask_for_the_same_look_make_one_revision() -> None:
    one = Worker()
    await one.repeat()
    two = Worker(before=one)
    for worker in (one, two):
        worker.harness.clock.now += 200
        await worker.look_clock.turn()
    await one.work()
    two._taken -= 1
    await two.work()
    assert [report.look for report in two.reports] == [0, 1]


async def test_a_failed_analysis_is_tried_again_after_a_minute_then_less_often_and_not_for_ever() -> None:
    source = FakeSource(services=2, errors=[AWAY] * 99_999)
    worker = Worker(source)
    await worker.repeat()
    assert worker.reports[0].next_look_ms == worker.kept[0].due_ms == NOW_MS + FIRST_RETRY_MS
    tries = []
    for second in range(0, 7200, 30):
        before = worker.kept[0].look
        await worker.later(30)
        if worker.kept[0].look > before:
            tries.append(second + 30)
    assert tries[0] == 60
    assert len(tries) == MAX_RETRIES
    assert [late - early for early, late in pairwise(tries)] == [120, 240, 480, 960]
    assert worker.revisions == [0], "the same failure is not told again and again"
    source.errors.clear()
    await worker.repeat()
    await worker.later(1)
    assert worker.reports[-1].status == "complete", "but the alert's next repeat tries again"


async def test_an_analysis_that_failed_succeeds_when_the_source_is_back() -> None:
    source = FakeSource(services=2, errors=[AWAY] * 99)
    worker = Worker(source)
    await worker.repeat()
    source.errors.clear()
    await worker.later(30)
    assert worker.revisions == [0]
    await worker.later(31)
    assert [(r.status, r.revision) for r in worker.reports] == [("failed", 0), ("complete", 1)]
    assert worker.kept[0].failures == 0


async def test_a_failed_analysis_is_tried_again_at_the_next_repeat_of_its_alert() -> None:
    source = FakeSource(services=2, errors=[AWAY] * 99)
    worker = Worker(source)
    await worker.repeat()
    source.errors.clear()
    await worker.repeat(received_at_ms=NOW_MS + 20_000)
    await worker.later(1)
    assert [report.status for report in worker.reports] == ["failed", "complete"]


async def test_a_later_look_that_fails_leaves_the_report_as_it_is() -> None:
    source = FakeSource(services=4)  # two parts, which each look counts
    worker = Worker(source)
    await worker.repeat()
    source.errors += [AWAY] * 99
    await worker.later(200)
    assert [report.status for report in worker.reports] == ["complete"]
    source.errors.clear()
    await worker.later(61)
    assert [report.status for report in worker.reports] == ["complete"] * 2
    assert worker.revisions == [3, 6]


async def test_a_later_look_that_misses_more_parts_does_not_replace_the_report() -> None:
    worker = Worker(FakeSource(services=4))
    await worker.repeat()
    worker.harness.clock.now += 200
    await worker.look_clock.turn()
    before = len(worker.harness.publisher.on(SHARDS))
    await worker.planner.on_request(worker.harness.publisher.on(REQUESTS)[-1])
    shards = worker.harness.publisher.on(SHARDS)[before:]
    assert len(shards) > 1
    results = [good(s.request, s.number, s.of) for s in shards]
    await worker.collecting.give(results[0])
    await worker.collecting.wait(60)
    assert [report.status for report in worker.reports] == ["complete"]
    assert worker.kept[0].failures == 1
    await worker.collecting.give(*results[1:])
    assert [report.status for report in worker.reports] == ["complete"] * 2, "late, but whole"
    assert worker.kept[0].failures == 0


async def test_a_request_by_hand_that_matches_nothing_is_not_tried_again() -> None:
    worker = Worker(FakeSource(services=0))
    await worker.plan(a_request())
    assert (worker.reports[0].status, worker.reports[0].next_look_ms) == ("failed", None)
    assert [look.is_over for look in worker.kept] == [True]
    await worker.later(3601)
    assert worker.kept == []
    assert len(worker.reports) == 1


async def test_only_what_alerts_asked_for_is_looked_up_among_the_alerts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = Worker()
    asked: list[str] = []
    of_request = worker.harness.joined_alerts.of_request

    async def noted(tenant: str, request_id: str) -> Any:
        asked.append(request_id)
        return await of_request(tenant, request_id)

    monkeypatch.setattr(worker.harness.joined_alerts, "of_request", noted)
    await worker.plan(a_request("by hand"))
    assert (asked, worker.reports[0].alerts_total) == ([], 0)
    await worker.repeat()
    assert len(asked) > 0
    assert worker.reports[-1].alerts_total == 1


async def test_what_was_asked_for_by_hand_is_tried_again_and_forgotten_when_done() -> None:
    source = FakeSource(services=2, errors=[AWAY] * 99)
    worker = Worker(source)
    await worker.plan(a_request())
    source.errors.clear()
    await worker.later(61)
    assert [report.status for report in worker.reports] == ["failed", "complete"]
    assert [look.is_over for look in worker.kept] == [True], "its records may come once more"
    await worker.later(3601)
    assert worker.kept == []


async def test_a_resolved_alert_has_a_last_look_and_is_forgotten() -> None:
    worker = Worker()
    await worker.repeat()
    await worker.later(60)
    assert len(worker.reports) == 1
    await worker.repeat(status="resolved", ends_at_ms=NOW_MS + 60_000)
    await worker.later(1)
    assert [report.look for report in worker.reports] == [0, 1]
    last = worker.reports[-1]
    assert last.next_look_ms is None
    assert last.alert is not None
    assert last.alert.status == "resolved"
    assert [look.is_over for look in worker.kept] == [True], "others may join it for a while"
    await worker.later(10_000)
    assert len(worker.reports) == 2
    assert worker.kept == []


async def test_an_alert_that_resolves_during_its_first_look_has_a_last_look_after_it() -> None:
    worker = Worker()
    await worker.planner.on_alert(an_alert(**fired_now()))
    (request,) = worker.harness.publisher.on(REQUESTS)
    lone = await worker.planner.on_request(request)
    await worker.planner.on_alert(an_alert(**fired_now() | {"status": "resolved"}))
    assert lone is not None
    await worker.scan(lone)
    worker._taken = 1
    await worker.later(1)
    assert [report.look for report in worker.reports] == [0, 1]
    await worker.later(3601)
    assert worker.kept == []


async def test_an_alert_that_resolves_before_its_request_is_planned_has_a_last_look_too() -> None:
    worker = Worker()
    await worker.planner.on_alert(an_alert(**fired_now()))
    await worker.planner.on_alert(an_alert(**fired_now() | {"status": "resolved"}))
    await worker.work()
    await worker.later(1)
    assert worker.reports[-1].next_look_ms is None
    await worker.later(3601)
    assert worker.kept == []


async def test_a_worker_that_died_before_the_request_was_out_leaves_no_alert_without_one() -> None:
    worker = Worker()
    worker.harness.publisher.broken = True
    with pytest.raises(BrokerUnavailableError):
        await worker.planner.on_alert(an_alert(**fired_now()))
    assert len(worker.kept) == 1
    again = Worker(before=worker)
    await again.repeat()
    assert [report.status for report in again.reports] == ["complete"]


async def test_a_resolved_alert_whose_report_has_grown_up_is_forgotten_after_an_hour() -> None:
    worker = Worker()
    old = {"starts_at_ms": NOW_MS - 3_600_000}
    await worker.repeat(**old)
    assert [look.is_over for look in worker.kept] == [True]
    await worker.repeat(**old | {"status": "resolved"})
    await worker.later(3600)
    assert len(worker.kept) == 1, "others may join it"
    await worker.later(1)
    assert worker.kept == []
    assert len(worker.reports) == 1


async def test_an_analysis_by_hand_that_is_over_is_forgotten_after_ten_minutes() -> None:
    worker = Worker()
    request = a_request(trigger="manual")
    await worker.plan(request)
    await worker.collecting.give(good(request, 0, 1))
    assert [look.is_over for look in worker.kept] == [True]
    await worker.later(600)
    assert len(worker.kept) == 1, "a crash may bring its records again"
    await worker.later(1)
    assert worker.kept == []


async def test_a_worker_that_starts_late_keeps_it_while_it_reads_again() -> None:
    worker = Worker()
    request = a_request(trigger="manual")
    await worker.plan(request)
    await worker.collecting.give(good(request, 0, 1))
    worker.harness.clock.now += 3600
    began_ms = worker.harness.now_ms()
    worker.look_clock = replace(worker.look_clock, began_ms=began_ms)
    await worker.later(600)
    assert len(worker.kept) == 1
    await worker.later(1)
    assert worker.kept == []


async def test_an_alert_that_never_resolves_is_forgotten_after_a_week() -> None:
    worker = Worker()
    await worker.repeat(starts_at_ms=NOW_MS - 3_600_000)
    await worker.later(KEPT_MS / 1000)
    assert len(worker.kept) == 1
    await worker.later(1)
    assert worker.kept == []


async def test_late_shards_revise_the_look_that_they_belong_to() -> None:
    worker = Worker()
    await worker.planner.on_alert(an_alert(**fired_now()))
    (request,) = worker.harness.publisher.on(REQUESTS)
    begun = await worker.harness.looker.begin(request)
    assert begun is not None
    await worker.collecting.give(good(begun, 0, 3))
    await worker.collecting.wait(60)
    await worker.collecting.give(good(begun, 1, 3), good(begun, 2, 3))
    assert worker.revisions == [1, 2, 3]
    assert worker.reports[-1].changes == ["no part of the series is missing any more"]
    assert worker.kept[0].look == 1


async def test_parts_that_came_too_late_to_revise_a_report_are_asked_for_again() -> None:
    worker = Worker()
    begun = await worker.harness.looker.begin(a_request())
    assert begun is not None
    await worker.collecting.give(good(begun, 0, 3))
    await worker.collecting.wait(60)
    await worker.collecting.wait(600)  # late parts are waited for no longer
    await worker.collecting.give(good(begun, 1, 3), good(begun, 2, 3))
    await worker.collecting.wait(60)
    assert [(r.status, r.revision, len(r.missing)) for r in worker.reports] == [
        ("partial", 1, 2),
        ("partial", 2, 1),
    ]
    told = [report.next_look_ms for report in worker.reports]
    assert told == [NOW_MS + FIRST_RETRY_MS] * 2, (
        "the report says that more will come, and one look is one try"
    )
    await worker.later(61)
    assert [report.status for report in worker.reports] == ["partial", "partial", "complete"]
    assert [(look.is_over, look.failures) for look in worker.kept] == [(True, 0)]


async def test_parts_that_never_come_are_asked_for_five_times_and_then_no_more() -> None:
    worker = Worker()
    looker = worker.harness.looker
    request = await looker.begin(a_request())
    assert request is not None
    pauses = []
    for look in range(MAX_RETRIES + 1):
        request = request.model_copy(update={"look": look, "revision": look})
        report = concluded(request, [good(request, 0, 2)], None, None, 2)  # type: ignore[arg-type]
        found = await looker.conclude(request, report.model_copy(update={"revision": look + 1}))
        assert found.report is not None
        assert found.look is not None
        await looker.keep(found.look)
        pauses.append(found.look.due_ms and found.look.due_ms - NOW_MS)
    assert pauses == [*(FIRST_RETRY_MS * 2**n for n in range(MAX_RETRIES)), None]
    assert [look.is_over for look in worker.kept] == [True]


async def test_late_parts_have_their_time_before_they_are_asked_for_again() -> None:
    looker = replace(Worker().harness.looker, late_ms=120_000)
    request = await looker.begin(a_request())
    assert request is not None
    found = await looker.conclude(request, concluded(request, [good(request, 0, 2)], None, None, 2))  # type: ignore[arg-type]
    assert found.look is not None
    assert found.look.due_ms == NOW_MS + 120_000 + FIRST_RETRY_MS


def test_an_unreadable_state_is_passed_over_and_a_null_value_ends_one() -> None:
    looks = Looks()
    looks.apply(b"a/r1", b"no json", 0)
    assert len(looks) == 0
    looks.apply(b"a/r1", None, 1)


def test_the_bytes_of_what_is_kept_are_counted() -> None:
    looks = Looks()
    first, second = (Look(request=a_request(name), look=0, changed_ms=NOW_MS) for name in ("r1", "r2"))
    later = first.model_copy(update={"look": 1, "revision": 4})
    for look in (first, second, later, later):
        looks.apply(None, encode(look), 0)
    assert looks.record_bytes == len(encode(later)) + len(encode(second))
    looks.apply(key_of(second), None, 1)
    assert looks.record_bytes == len(encode(later))
    looks.apply(key_of(first), None, 2)
    assert looks.record_bytes == 0


def test_what_has_ended_is_the_same_and_takes_a_fraction_of_the_memory() -> None:
    """It is kept for a week, by every worker."""
    looks, requests = Looks(), [a_request(f"r{n}", alert=an_alert(fingerprint=f"f{n}")) for n in range(600)]
    asked = [Look(request=request, look=0, changed_ms=NOW_MS) for request in requests]
    over = [look.model_copy(update={"look": 2, "revision": 8, "is_over": True}) for look in asked]
    tracemalloc.start()
    try:
        sizes = []
        for states in (asked, over):
            before = tracemalloc.get_traced_memory()[0]
            for look in states:
                looks.apply(None, encode(look), 0)
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0] - before)
    finally:
        tracemalloc.stop()
    assert (sizes[0] + sizes[1]) / len(over) < 200
    assert sizes[0] / len(asked) > 1500
    assert (len(looks), len(looks.under_way)) == (600, 0)
    assert looks.get(key_of(over[7])) == over[7]
    matchers = requests[0].matchers
    assert looks.of_scope(TENANT, matchers) == over
    assert looks.of_scope("b", matchers) == looks.of_scope(TENANT, ()) == []
    looks.apply(key_of(over[7]), None, 1)
    assert looks.get(key_of(over[7])) is None
    assert len(looks.of_scope(TENANT, matchers)) == 599


def test_two_writers_that_did_not_know_of_each_other_lose_nothing() -> None:
    firing, resolved = an_alert(**fired_now()), an_alert(**fired_now() | {"status": "resolved"})
    before = Look(request=a_request(alert=firing), look=1, due_ms=NOW_MS + 500, changed_ms=NOW_MS)
    moved_on = before.model_copy(update={"look": 2, "due_ms": NOW_MS + 900, "revision": 10})
    ends = before.model_copy(update={"request": a_request(alert=resolved), "due_ms": NOW_MS})
    for writes in ([moved_on, ends], [ends, moved_on]):
        looks = Looks()
        for look in (before, *writes):
            looks.apply(b"a/r1", encode(look), 0)
        state = looks.get(b"a/r1")
        assert state is not None
        assert (state.look, state.revision, state.due_ms, state.has_resolved) == (2, 10, NOW_MS, True)


async def test_a_worker_that_is_stopped_stores_the_state_of_the_report_that_it_published() -> None:
    worker = Worker()
    publisher = worker.harness.publisher
    await worker.planner.on_alert(an_alert(**fired_now()))
    begun = await worker.harness.looker.begin(publisher.on(REQUESTS)[0])
    assert begun is not None
    plain, sent = publisher.send, asyncio.Event()

    async def send(topic: Topic, key: bytes | None, value: bytes | None) -> RecordPosition:
        if topic is REPORTS:
            sent.set()
            await asyncio.sleep(0.05)
        return await plain(topic, key, value)

    publisher.send = send  # type: ignore[method-assign]
    collecting = asyncio.create_task(worker.collecting.give(good(begun, 0, 1)))
    await sent.wait()
    collecting.cancel()
    await worker.collecting.collector.flush()
    assert worker.revisions == [1]
    assert worker.kept[0].look == 1


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
        await self.worker.harness.looker.ended(self.episode.model_copy(update={"last_seen_ms": last_ms}))

    async def grow(self, after_s: float, words: str = "queue is gone") -> str:
        return await self.worker.harness.looker.grew(self.episode, NOW_MS + round(1000 * after_s), words)

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
