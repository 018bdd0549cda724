"""Who waits longest: nobody for a storm of others."""

import asyncio
import random
from collections import Counter, deque
from itertools import pairwise

import pytest

from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.codec import encode
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.topics import ALERTS, DEAD_LETTERS, REQUESTS
from patternwatch.streams.agents.admission import MAX_CONCURRENT_ALERTS, place_of_alert, place_of_result
from patternwatch.streams.agents.declarations import COLLECTOR, DECLARATIONS, PLANNER
from patternwatch.streams.consumer.fair_queue import FairQueue, Place, place_of
from patternwatch.streams.consumer.records import Record
from patternwatch.streams.consumer.topic_consumer import TopicConsumer
from tests.fakes.messages import a_request, a_result, an_alert
from tests.streams.agent_harness import AgentHarness


def taken(queue: FairQueue[str]) -> list[str]:
    return [queue.take() for _ in range(len(queue))]


def test_people_go_before_alerts_and_these_before_watches() -> None:
    queue: FairQueue[str] = FairQueue()
    for trigger in ("watch", "alert", "manual"):
        for n in range(2):
            request = a_request(f"{trigger}{n}", trigger=trigger)
            queue.put(request.request_id, place_of(request))
    assert taken(queue) == ["manual0", "manual1", "alert0", "alert1", "watch0", "watch1"]


def test_what_is_looked_at_again_lets_go_first_whoever_has_no_report_yet() -> None:
    queue: FairQueue[str] = FairQueue()
    for name, trigger, look in (
        ("tick", "watch", 0),
        ("grows", "manual", 1),
        ("tried again", "alert", 2),
        ("an alert's", "alert", 0),
        ("a person's", "manual", 0),
    ):
        queue.put(name, place_of(a_request(name, trigger=trigger, look=look)))
    assert taken(queue) == ["a person's", "an alert's", "grows", "tried again", "tick"]


def test_tenants_and_analyses_take_turns() -> None:
    queue: FairQueue[str] = FairQueue()
    for analysis in ("x", "y"):
        for n in range(3):
            queue.put(f"a {analysis}{n}", Place(1, "a", analysis))
    for n in range(2):
        queue.put(f"b z{n}", Place(1, "b", "z"))
    assert taken(queue) == ["a x0", "b z0", "a y0", "b z1", "a x1", "a y1", "a x2", "a y2"]
    with pytest.raises(IndexError):
        queue.take()


def test_results_of_a_tenant_keep_their_order_so_that_reports_are_whole_one_after_the_other() -> None:
    queue: FairQueue[str] = FairQueue()
    for analysis in ("x", "y"):
        for n in range(2):
            result = a_result(a_request(analysis), n, 2)
            queue.put(f"{analysis}{n}", place_of_result(result))
    other = a_result(a_request("z", tenant="b"), 0, 1)
    queue.put("z0", place_of_result(other))
    assert taken(queue) == ["x0", "z0", "x1", "y0", "y1"]
    (subscription,) = COLLECTOR.subscriptions
    assert subscription.place_of is place_of_result


def test_one_tenants_storm_delays_another_by_one_record_a_turn_whatever_comes_meanwhile() -> None:
    rng, queue = random.Random(0), FairQueue[tuple[str, str, int]]()
    waiting: dict[tuple[str, str], deque[int]] = {}
    number: Counter[tuple[str, str]] = Counter()
    turns_of_b = []
    for _ in range(5000):
        tenant = rng.choice("aaaaaaaab")
        own = (tenant, rng.choice("xyz"))
        if rng.random() < 0.6 or not len(queue):
            queue.put((*own, number[own]), Place(1, *own))
            waiting.setdefault(own, deque()).append(number[own])
            number[own] += 1
        else:
            waited_b = any(tenant == "b" and items for (tenant, _), items in waiting.items())
            tenant, analysis, n = queue.take()
            assert waiting[tenant, analysis].popleft() == n, "of one analysis in order, each once"
            turns_of_b.append((waited_b, tenant))
    assert len(queue) == sum(map(len, waiting.values()))
    for (waited, first), (_, second) in pairwise(turns_of_b):
        assert not waited or "b" in (first, second)
    queue.clear()
    assert len(queue) == 0


def a_record(offset: int, request: AnalysisRequest, acked: list[int]) -> Record:
    return Record("p.requests", 0, offset, b"key", encode(request), ack=lambda: acked.append(offset))


class Slow:
    """Work that lasts until it is let go on, one at a time."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self._go = asyncio.Semaphore(0)

    async def work(self, request: AnalysisRequest) -> None:
        self.began.append(request.request_id)
        await self._go.acquire()

    async def end(self, count: int = 1) -> None:
        for _ in range(count):
            self._go.release()
            for _ in range(5):
                await asyncio.sleep(0)


async def test_a_person_waits_for_what_runs_and_not_for_what_waits() -> None:
    harness, slow, acked = AgentHarness(), Slow(), list[int]()
    consumer = TopicConsumer(REQUESTS, slow.work, harness.context, place_of=place_of)
    for n in range(50):
        await consumer.take(a_record(n, a_request(f"storm{n}", trigger="alert"), acked))
    await consumer.take(a_record(50, a_request("person"), acked))
    await asyncio.sleep(0)
    assert (slow.began, consumer.busy, consumer.waiting) == (["storm0"], True, 50)
    await slow.end()
    assert slow.began == ["storm0", "person"]
    assert acked == [0]
    await slow.end()
    assert acked == [0], "what came before it on its partition is not done"
    await slow.end(50)
    assert (consumer.waiting, acked) == (0, list(range(51)))


async def test_what_waits_is_bounded_and_what_cannot_be_read_does_not_wait() -> None:
    harness, slow, acked = AgentHarness(), Slow(), list[int]()
    consumer = TopicConsumer(REQUESTS, slow.work, harness.context, place_of=place_of, max_waiting=3)
    for n in range(2):
        await consumer.take(a_record(n, a_request(f"r{n}"), acked))
    broken = Record("p.requests", 0, 2, b"key", b"no request", ack=lambda: acked.append(2))
    await consumer.take(broken)
    async with asyncio.timeout(60):
        while not harness.publisher.on(DEAD_LETTERS):
            await asyncio.sleep(0)
    await consumer.take(a_record(3, a_request("r3"), acked))
    further = asyncio.create_task(consumer.take(a_record(4, a_request("r4"), acked)))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not further.done()
    await slow.end(1)
    assert further.done()
    await slow.end(3)
    assert acked == [0, 1, 2, 3, 4]


async def test_what_waits_is_forgotten_when_partitions_are_assigned_anew() -> None:
    harness, slow, acked = AgentHarness(), Slow(), list[int]()
    consumer = TopicConsumer(REQUESTS, slow.work, harness.context, place_of=place_of, max_waiting=3)
    for n in range(3):
        await consumer.take(a_record(n, a_request(f"r{n}"), acked))
    harness.context.tracker.revoke()
    consumer.forget_waiting()
    assert consumer.waiting == 0
    for n in range(2):  # there is room again
        await consumer.take(a_record(n, a_request(f"r{n}"), acked))
    await slow.end(3)
    assert slow.began == ["r0", "r0", "r1"]
    await consumer.cancel()


async def test_what_waited_for_room_in_a_rebalance_does_not_stand_for_those_before_it() -> None:
    harness, slow, acked = AgentHarness(), Slow(), list[int]()
    consumer = TopicConsumer(REQUESTS, slow.work, harness.context, place_of=place_of, max_waiting=2)
    for n in range(2):
        await consumer.take(a_record(n, a_request(f"r{n}"), acked))
    further = asyncio.create_task(consumer.take(a_record(2, a_request("r2"), acked)))
    await asyncio.sleep(0)
    harness.context.tracker.revoke()
    consumer.forget_waiting()
    await asyncio.wait_for(further, 60)
    assert harness.context.tracker.taken() == {}
    await slow.end()
    for n in range(2):
        await consumer.take(a_record(n, a_request(f"r{n}"), acked))
    await slow.end(2)
    assert (slow.began, acked) == (["r0", "r0", "r1"], [0, 1])
    await consumer.cancel()


def test_alerts_of_a_tenant_keep_their_order_and_another_tenant_has_its_turn() -> None:
    queue: FairQueue[str] = FairQueue()
    for tenant, n in (("a", 0), ("a", 1), ("a", 2), ("b", 0)):
        queue.put(f"{tenant}{n}", place_of_alert(an_alert(tenant=tenant, fingerprint=f"{tenant}{n}")))
    assert taken(queue) == ["a0", "b0", "a1", "a2"]


async def test_a_storm_of_alerts_leaves_faust_free_to_read_other_topics() -> None:
    """It takes the records of all topics one after the other: it must not wait for room among the alerts."""
    (alerts,) = (s for s in PLANNER.subscriptions if s.topic is ALERTS)
    harness = AgentHarness()

    async def never_ends(_: Alert) -> None:
        await asyncio.Event().wait()

    consumer = TopicConsumer(
        ALERTS,
        never_ends,
        harness.context,
        concurrency=1,
        place_of=alerts.place_of,
        max_waiting=alerts.max_waiting,
    )
    async with asyncio.timeout(60):
        for n in range(MAX_CONCURRENT_ALERTS * 4):
            record = Record("alerts", 0, n, None, encode(an_alert(fingerprint=f"f{n}")))
            await consumer.take(record)
    assert consumer.waiting == MAX_CONCURRENT_ALERTS * 4 - 1
    await consumer.cancel()


def test_alerts_and_requests_and_their_parts_are_taken_by_their_place() -> None:
    placed = {s.topic.name for d in DECLARATIONS for s in d.subscriptions if s.place_of is not None}
    assert placed == {"alerts", "requests", "shards", "shard-results"}
