"""A backlog is planned as it is worked on: people first, and the rest in its order."""

import asyncio
from typing import Any

from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import SourceRefusedError
from patternwatch.contracts.looks import Look
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import SourceSettings, TenantSettings
from patternwatch.contracts.shards import Shard
from patternwatch.contracts.topics import REPORTS, REQUESTS
from patternwatch.streams.agents.declarations import ANALYST, PLANNER
from patternwatch.streams.agents.planning.parts_under_way import ROUNDS, PartsUnderWay
from patternwatch.streams.agents.planning.planner import Planner
from patternwatch.streams.consumer.fair_queue import PATIENCE_MS, FairQueue, Place, place_of
from patternwatch.streams.consumer.records import Delivery, Record
from patternwatch.streams.consumer.topic_consumer import TopicConsumer
from patternwatch.streams.services import Services
from patternwatch.streams.settings import WorkerSettings
from patternwatch.streams.wiring import build_agents
from tests.fakes.clock import NOW_MS, FakeClock
from tests.fakes.messages import TENANT, a_request
from tests.fakes.partitions import FakePartitions
from tests.fakes.shapes import FakeShapes
from tests.fakes.source import FakeSource
from tests.streams.agent_harness import AgentHarness

(SUBSCRIPTION,) = (s for s in PLANNER.subscriptions if s.topic is REQUESTS)


class Backlog:
    """The consumer of requests over a planner, with room for four parts; each request has one."""

    def __init__(self, *errors: Exception) -> None:
        self.harness = AgentHarness()
        source = FakeSource(services=1, each=5, errors=list(errors))
        self.planner: Planner = self.harness.planner(source)
        self.consumer = TopicConsumer(
            REQUESTS,
            self.planner.on_request,
            self.harness.context,
            concurrency=8,
            place_of=SUBSCRIPTION.place_of,
            gate=self.planner.under_way,
            people_leave=SUBSCRIPTION.people_leave,
        )
        self.consumer.handler.onward = self._plan
        self.planned: list[str] = []
        self.harness.looks.looks.on_state = self.planner.under_way.moved
        self._offset = 0

    async def comes(self, *requests: AnalysisRequest) -> None:
        for request in requests:
            await self.consumer.take(Record("p.requests", 0, self._offset, b"key", encode(request)))
            self._offset += 1
            await settled()

    async def ends(self, request_id: str) -> None:
        """The report of this request's first look is out."""
        known = await self.harness.looks.of(TENANT, request_id)
        assert known is not None
        await self.harness.looks.put(known.model_copy(update={"look": 1, "is_over": True}))
        await settled()

    async def _plan(self, shard: Shard, _: Delivery) -> None:
        self.planned.append(shard.request.request_id)


async def settled() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


def an_alerts(name: str, **changes: Any) -> AnalysisRequest:
    return a_request(name, trigger="alert", **changes)


async def test_no_more_is_planned_than_is_worked_on_and_the_rest_follows_in_its_order() -> None:
    backlog = Backlog()
    await backlog.comes(*(an_alerts(f"a{n}") for n in range(7)))
    assert backlog.planned == ["a0", "a1", "a2", "a3"]
    assert (backlog.consumer.waiting, backlog.consumer.busy) == (3, True)
    await backlog.ends("a1")
    assert backlog.planned[4:] == ["a4"]
    await backlog.ends("a0")
    await backlog.ends("a4")
    assert backlog.planned[5:] == ["a5", "a6"]
    assert not backlog.consumer.busy


async def test_a_person_is_planned_whatever_alerts_are_under_way_and_the_people_leave() -> None:
    backlog = Backlog()
    await backlog.comes(*(an_alerts(f"a{n}") for n in range(6)))
    await backlog.comes(*(a_request(f"p{n}") for n in range(7)))
    assert backlog.planned[4:] == ["p0", "p1", "p2", "p3"], "their own parts count"
    for ended in ("p0", "p1", "p2"):
        await backlog.ends(ended)
    assert backlog.planned[8:] == ["p6", "p5", "p4"]
    await backlog.ends("a0")
    assert backlog.planned[11:] == [], "what is more urgent counts to what is less so"
    for ended in ("p3", "p4", "p5", "p6", "a1"):
        await backlog.ends(ended)
    assert backlog.planned[11:] == ["a4", "a5"]


async def test_what_fails_takes_no_room() -> None:
    backlog = Backlog(*(SourceRefusedError("No such tenant", "Name another one") for _ in range(6)))
    await backlog.comes(*(an_alerts(f"a{n}") for n in range(6)))
    assert (backlog.planned, len(backlog.harness.publisher.on(REPORTS))) == ([], 6)
    assert backlog.consumer.waiting == 0
    assert backlog.planner.under_way.admits(Place(1, TENANT, ""))


def test_a_request_larger_than_the_bound_is_planned_and_others_wait_for_it() -> None:
    parts = PartsUnderWay(max_parts=4)
    large = an_alerts("large")
    assert parts.admits(Place(1, TENANT, ""))
    parts.planned(large, 40)
    assert not parts.admits(Place(1, TENANT, ""))
    assert not parts.admits(Place(2, TENANT, ""))
    assert parts.admits(Place(0, TENANT, ""))
    parts.moved(Look(request=large, look=0, changed_ms=NOW_MS))
    assert not parts.admits(Place(1, TENANT, "")), "its first look goes on"
    parts.moved(Look(request=large, look=1, changed_ms=NOW_MS))
    assert parts.admits(Place(1, TENANT, ""))


def test_a_watch_takes_no_room() -> None:
    parts = PartsUnderWay(max_parts=1)
    parts.planned(a_request("tick", trigger="watch", watch="shop"), 10)
    assert parts.admits(Place(3, TENANT, ""))


def test_parts_of_which_nothing_is_heard_make_room_after_the_deadline() -> None:
    clock, told = FakeClock(), list[int]()
    parts = PartsUnderWay(1, expires_s=60.0, clock=clock)
    parts.listen(lambda: told.append(1))
    parts.planned(an_alerts("lost"), 1)
    clock.now += 59.0
    parts.sweep()
    assert (parts.admits(Place(1, TENANT, "")), told) == (False, [])
    clock.now += 1.0
    parts.sweep()
    assert (parts.admits(Place(1, TENANT, "")), told) == (True, [1])
    parts.moved(Look(request=an_alerts("lost"), look=1, changed_ms=NOW_MS))
    assert told == [1]


def test_of_a_tenants_people_the_newest_goes_first_and_alerts_keep_their_order() -> None:
    queue: FairQueue[str] = FairQueue(people_leave=True)
    for n in range(3):
        queue.put(f"alert{n}", Place(1, "a", f"alert{n}"))
        queue.put(f"person{n}", Place(0, "a", f"person{n}"))
    queue.put("another's", Place(0, "b", "x"))
    assert queue.first == Place(0, "a", "")
    taken = [queue.take() for _ in range(len(queue))]
    assert taken == ["person2", "another's", "person1", "person0", "alert0", "alert1", "alert2"]


def test_people_who_are_still_there_go_in_their_order_and_before_those_who_have_gone() -> None:
    queue: FairQueue[str] = FairQueue(people_leave=True, now_ms=lambda: NOW_MS)
    asked_ms = (NOW_MS - 3 * PATIENCE_MS, NOW_MS - 2 * PATIENCE_MS, NOW_MS - PATIENCE_MS, NOW_MS - 10, NOW_MS)
    for n, at_ms in enumerate(asked_ms):
        queue.put(f"person{n}", place_of(a_request(f"person{n}", requested_at_ms=at_ms)))
    assert [queue.take() for _ in range(len(queue))] == [
        "person2",
        "person3",
        "person4",
        "person1",
        "person0",
    ]


def test_under_a_load_that_leaves_some_waiting_nobody_waits_for_its_end() -> None:
    queue: FairQueue[int] = FairQueue(people_leave=True, now_ms=lambda: NOW_MS)
    waited = list[int]()
    for n in range(100):
        queue.put(n, place_of(a_request(f"person{n}", requested_at_ms=NOW_MS)))
        if n >= 16:
            waited.append(n - queue.take())
    assert max(waited) == 16


async def test_the_worker_wires_its_looks_to_the_requests_that_wait() -> None:
    settings = WorkerSettings(tenants=(TenantSettings(id=TENANT),), source=SourceSettings(concurrency=3))
    services = Services(settings, FakeSource(), FakeShapes())
    agents = build_agents(settings, services, FakePartitions(ours=False))
    under_way = agents.planner.under_way
    assert under_way.max_parts == 3 * ROUNDS
    request = an_alerts("r1")
    under_way.planned(request, 100)
    assert not agents.planner.under_way.admits(Place(1, TENANT, ""))
    services.looks.looks.apply(None, encode(Look(request=request, look=1, changed_ms=NOW_MS)), 0)
    assert agents.planner.under_way.admits(Place(1, TENANT, ""))
    assert SUBSCRIPTION.gate is not None
    assert SUBSCRIPTION.gate(agents.planner) is under_way


async def test_a_person_waits_for_no_slot_that_alerts_have_taken() -> None:
    """Their plans may wait for a slow source for half a minute."""
    harness, begun, goes_on = AgentHarness(), list[str](), asyncio.Event()

    async def plan(request: AnalysisRequest) -> None:
        begun.append(request.request_id)
        await goes_on.wait()

    consumer = TopicConsumer(
        REQUESTS, plan, harness.context, concurrency=2, place_of=SUBSCRIPTION.place_of, people_slots=1
    )
    names = ["alert 0", "alert 1", "alert 2", "person 0", "person 1"]
    for offset, name in enumerate(names):
        request = a_request(name, trigger="alert" if name.startswith("alert") else "manual")
        await consumer.take(Record("p.requests", 0, offset, b"key", encode(request)))
        await settled()
    assert begun == ["alert 0", "alert 1", "person 0"]
    goes_on.set()
    await settled()
    assert begun == ["alert 0", "alert 1", "person 0", "person 1", "alert 2"]
    assert SUBSCRIPTION.people_slots


async def test_a_person_waits_from_the_plan_to_the_report() -> None:
    backlog = Backlog()
    under_way = backlog.planner.under_way
    await backlog.comes(a_request("alert", trigger="alert"))
    assert not under_way.people_wait
    await backlog.comes(a_request("by hand", trigger="manual"))
    assert under_way.people_wait
    await backlog.ends("alert")
    assert under_way.people_wait
    await backlog.ends("by hand")
    assert not under_way.people_wait


def test_parts_of_people_are_fetched_beside_those_of_others() -> None:
    (shards,) = ANALYST.subscriptions
    assert shards.people_slots
